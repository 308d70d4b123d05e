// Walks hostile text that is a list of items with one separator. Borrows; allocates nothing.
//
// Limits: the caller bounds the number of items it reads.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>

namespace kanmon::wire {

class TextFields {
public:
    TextFields(std::string_view text, char separator) : rest_(text), separator_(separator) {}

    /// The next item, possibly empty; nothing after the last one.
    std::optional<std::string_view> next() {
        if (done_) return std::nullopt;
        const std::size_t end = std::min(rest_.find(separator_), rest_.size());
        const std::string_view item = rest_.substr(0, end);
        done_ = end == rest_.size();
        rest_.remove_prefix(done_ ? end : end + 1);
        return item;
    }

private:
    std::string_view rest_;
    char separator_;
    bool done_ = false;
};

inline bool has_control_character(std::string_view text) {
    return std::ranges::any_of(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace kanmon::wire
