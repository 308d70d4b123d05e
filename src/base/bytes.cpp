#include "base/bytes.h"

namespace kanmon {

namespace {

int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

std::string to_hex(Bytes bytes) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const std::byte b : bytes) {
        const auto value = std::to_integer<unsigned>(b);
        text += digits[value >> 4];
        text += digits[value & 15];
    }
    return text;
}

Buffer from_hex(std::string_view text) {
    Buffer out;
    int high = -1;
    for (const char c : text) {
        if (c == ' ' || c == '\n' || c == '\r' || c == '\t') continue;
        const int value = digit(c);
        if (value < 0) return {};
        if (high < 0) {
            high = value;
        } else {
            out.push_back(static_cast<std::byte>(high << 4 | value));
            high = -1;
        }
    }
    if (high >= 0) return {};
    return out;
}

}  // namespace kanmon
