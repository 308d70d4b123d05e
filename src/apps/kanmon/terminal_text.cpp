#include "apps/kanmon/terminal_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace kanmon::apps {
namespace {

struct Character {
    std::uint32_t point = 0;
    std::size_t octets = 1;
    bool valid = false;
};

struct Range {
    std::uint32_t first;
    std::uint32_t last;
};

// Controls, soft hyphen, zero-width and direction marks, separators, byte order mark, tags.
constexpr std::array<Range, 9> invisible{{{0x00, 0x1f},
                                          {0x7f, 0x9f},
                                          {0xad, 0xad},
                                          {0x61c, 0x61c},
                                          {0x180e, 0x180e},
                                          {0x200b, 0x200f},
                                          {0x2028, 0x202e},
                                          {0x2060, 0x206f},
                                          {0xfeff, 0xfeff}}};
constexpr std::array<Range, 6> wide{{{0x1100, 0x115f},
                                     {0x2e80, 0xa4cf},
                                     {0xac00, 0xd7a3},
                                     {0xf900, 0xfaff},
                                     {0xff00, 0xff60},
                                     {0x1f300, 0x1faff}}};

template <std::size_t N>
bool within(const std::array<Range, N>& ranges, std::uint32_t point) {
    return std::ranges::any_of(
        ranges, [&](const Range& range) { return point >= range.first && point <= range.last; });
}

Character first_of(std::string_view text) {
    const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    if (at(0) < 0x80) return {at(0), 1, true};
    const std::size_t length = at(0) >= 0xf0 ? 4 : at(0) >= 0xe0 ? 3 : 2;
    if (at(0) < 0xc2 || at(0) > 0xf4 || text.size() < length) return {};
    std::uint32_t point = at(0) & (0xffU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((at(i) & 0xc0) != 0x80) return {};
        point = point << 6 | (at(i) & 0x3fU);
    }
    const bool overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
    if (overlong || (point >= 0xd800 && point <= 0xdfff) || point > 0x10ffff) return {};
    return {point, length, true};
}

}  // namespace

std::string showable(std::string_view text) {
    std::string shown;
    while (!text.empty()) {
        const Character character = first_of(text);
        if (!character.valid)
            shown += fmt::format("\\x{:02x}", static_cast<std::uint8_t>(text[0]));
        else if (within(invisible, character.point) || character.point >= 0xe0000)
            shown += fmt::format("\\u{{{:x}}}", character.point);
        else
            shown += text.substr(0, character.octets);
        text.remove_prefix(character.octets);
    }
    return shown;
}

std::size_t columns_of(std::string_view text) {
    std::size_t columns = 0;
    while (!text.empty()) {
        const Character character = first_of(text);
        columns += within(wide, character.point) ? 2U : 1U;
        text.remove_prefix(character.octets);
    }
    return columns;
}

std::string aligned(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], columns_of(row[i]));
    }
    std::string text;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += row[i];
            if (i + 1 < row.size()) line.append(widths[i] - columns_of(row[i]) + 2, ' ');
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    return text;
}

}  // namespace kanmon::apps
