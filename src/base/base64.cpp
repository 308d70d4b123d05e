#include "base/base64.h"

#include <algorithm>

namespace kanmon {

namespace {

constexpr std::string_view letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr char padding = '=';

/// 0 to 63. Without a table, so that no secret chooses an address.
std::optional<std::uint32_t> value_of(char letter) {
    if (letter >= 'A' && letter <= 'Z') return static_cast<std::uint32_t>(letter - 'A');
    if (letter >= 'a' && letter <= 'z') return static_cast<std::uint32_t>(letter - 'a' + 26);
    if (letter >= '0' && letter <= '9') return static_cast<std::uint32_t>(letter - '0' + 52);
    if (letter == '+') return 62U;
    if (letter == '/') return 63U;
    return std::nullopt;
}

}  // namespace

std::string to_base64(Bytes octets) {
    std::string text;
    text.reserve((octets.size() + 2) / 3 * 4);
    for (std::size_t at = 0; at < octets.size(); at += 3) {
        const std::size_t count = std::min<std::size_t>(3, octets.size() - at);
        std::uint32_t group = 0;
        for (std::size_t i = 0; i < 3; ++i)
            group = group << 8 | (i < count ? std::to_integer<std::uint32_t>(octets[at + i]) : 0);
        for (std::size_t i = 0; i < 4; ++i)
            text += i <= count ? letters[group >> (18 - 6 * i) & 63] : padding;
    }
    return text;
}

std::optional<Buffer> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::size_t padded = 0;
    while (padded < 2 && padded < text.size() && text[text.size() - 1 - padded] == padding)
        ++padded;
    Buffer octets;
    octets.reserve(text.size() / 4 * 3);
    std::uint32_t group = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool pads = at >= text.size() - padded;
        const auto value = pads ? std::optional(0U) : value_of(text[at]);
        if (!value) return std::nullopt;
        group = group << 6 | *value;
        if (at % 4 != 3) continue;
        for (const int shift : {16, 8, 0})
            octets.push_back(static_cast<std::byte>(group >> shift & 0xff));
        group = 0;
    }
    // What the padding leaves over is zero in the one text that means these octets.
    for (std::size_t i = 0; i < padded; ++i) {
        if (octets.back() != std::byte{0}) return std::nullopt;
        octets.pop_back();
    }
    return octets;
}

}  // namespace kanmon
