#include "controlplane/model/name.h"

#include <algorithm>

namespace kanmon::model {

namespace {

constexpr std::size_t name_characters_max = 128;
constexpr std::size_t description_characters_max = 256;
constexpr std::size_t client_token_octets_max = 64;

bool is_web_address(std::string_view text) {
    return text.starts_with("http://") || text.starts_with("https://");
}

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Letters of other scripts are letters: every octet of a multi-octet character passes.
bool is_gateway_letter(char c) {
    return is_letter(c) || static_cast<unsigned char>(c) >= 0x80;
}

bool is_gateway_character(char c) {
    return is_gateway_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

/// Well-formed UTF-8: no stray continuation, no cut sequence, nothing overlong, no surrogate.
bool is_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        const std::size_t length = lead < 0x80                   ? 1
                                   : lead >= 0xc2 && lead < 0xe0 ? 2
                                   : lead >= 0xe0 && lead < 0xf0 ? 3
                                   : lead >= 0xf0 && lead < 0xf5 ? 4
                                                                 : 0;
        if (length == 0 || i + length > text.size()) return false;
        std::uint32_t value = length == 1 ? lead : lead & (0x7fu >> length);
        for (std::size_t k = 1; k < length; ++k) {
            const auto next = static_cast<unsigned char>(text[i + k]);
            if ((next & 0xc0) != 0x80) return false;
            value = value << 6 | (next & 0x3f);
        }
        if ((length == 3 && value < 0x800) || (length == 4 && value < 0x10000)) return false;
        if (value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) return false;
        i += length;
    }
    return true;
}

}  // namespace

std::size_t characters_of(std::string_view text) {
    const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; };
    return static_cast<std::size_t>(std::ranges::count_if(text, begins));
}

Outcome<void> check_name(std::string_view name) {
    if (!is_utf8(name) || characters_of(name) > name_characters_max ||
        std::ranges::any_of(name, is_control) || is_web_address(name))
        return refuse(
            "InvalidName",
            "A name has 1 to 128 characters of UTF-8, holds no control characters and does "
            "not start with http:// or https://.");
    return {};
}

Outcome<void> check_gateway_name(std::string_view name) {
    if (name.empty()) return {};
    const std::size_t length = characters_of(name);
    if (length < 2 || length > 100 || !is_utf8(name) || !is_gateway_letter(name.front()) ||
        !std::ranges::all_of(name, is_gateway_character))
        return refuse("InvalidName",
                      "A gateway's name has 2 to 100 characters, starts with a letter and holds "
                      "letters, digits, '_', '-' and '.'.");
    return {};
}

Outcome<void> check_description(std::string_view description) {
    if (!is_utf8(description) || characters_of(description) > description_characters_max ||
        is_web_address(description))
        return refuse("InvalidDescription",
                      "A description has at most 256 characters of UTF-8 and does not start with "
                      "http:// or https://.");
    return {};
}

bool is_region(std::string_view text) {
    constexpr std::size_t octets_max = 64;
    return !text.empty() && text.size() <= octets_max && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

Outcome<void> check_client_token(std::string_view token) {
    const auto printable = [](char c) { return c > 0x20 && c < 0x7f; };
    if (token.size() > client_token_octets_max || !std::ranges::all_of(token, printable))
        return refuse("InvalidParameter", "ClientToken has at most 64 printable ASCII characters.");
    return {};
}

}  // namespace kanmon::model
