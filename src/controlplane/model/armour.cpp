#include "controlplane/model/armour.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/base64.h"

namespace kanmon::model {

namespace {

constexpr std::string_view static_key_label = "OpenVPN Static key V1";
constexpr std::string_view client_key_v2_label = "OpenVPN tls-crypt-v2 client key";
constexpr std::size_t hexadecimal_line = 32;
constexpr std::size_t base64_line = 64;

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
    return armoured(client_key_v2_label, to_base64(octets), base64_line);
}

}  // namespace kanmon::model
