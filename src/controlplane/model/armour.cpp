#include "controlplane/model/armour.h"

#include <fmt/core.h>

#include <algorithm>

namespace kanmon::model {

namespace {

constexpr std::string_view static_key_label = "OpenVPN Static key V1";
constexpr std::string_view client_key_v2_label = "OpenVPN tls-crypt-v2 client key";
constexpr std::size_t hexadecimal_line = 32;
constexpr std::size_t base64_line = 64;

std::string base64(Bytes octets) {
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t at = 0; at < octets.size(); at += 3) {
        const Bytes group = octets.subspan(at, std::min<std::size_t>(3, octets.size() - at));
        std::uint32_t bits = 0;
        for (std::size_t i = 0; i < 3; ++i)
            bits = bits << 8 | (i < group.size() ? std::to_integer<std::uint32_t>(group[i]) : 0);
        for (std::size_t i = 0; i < 4; ++i)
            text += i <= group.size() ? digits[bits >> (18 - 6 * i) & 63] : '=';
    }
    return text;
}

std::string armoured(std::string_view label, std::string_view body, std::size_t line) {
    std::string text = fmt::format("-----BEGIN {}-----\n", label);
    for (; !body.empty(); body.remove_prefix(std::min(line, body.size())))
        text += fmt::format("{}\n", body.substr(0, line));
    return text + fmt::format("-----END {}-----\n", label);
}

}  // namespace

std::string static_key_text(Bytes key) {
    return armoured(static_key_label, to_hex(key), hexadecimal_line);
}

std::string client_key_v2_text(Bytes octets) {
    return armoured(client_key_v2_label, base64(octets), base64_line);
}

}  // namespace kanmon::model
