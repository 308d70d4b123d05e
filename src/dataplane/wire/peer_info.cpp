#include "dataplane/wire/peer_info.h"

#include <fmt/format.h>

#include <charconv>

#include "dataplane/wire/text_fields.h"

namespace kanmon::wire {

namespace {

constexpr std::size_t lines_max = 128;
constexpr std::size_t value_octets_max = 256;
constexpr std::size_t ciphers_max = 32;
constexpr std::size_t cipher_octets_max = 64;
constexpr std::size_t words_max = 128;

constexpr std::string_view no_cipher = "none";
constexpr std::string_view null_cipher = "[null-cipher]";  // the same, in options strings

std::uint32_t number_of(std::string_view text) {
    std::uint32_t value = 0;
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, value);
    return parsed.ec == std::errc{} && parsed.ptr == end ? value : 0;
}

/// The first line of a name wins, as with the peers' own readers.
void keep_first(std::string& field, std::string_view value) {
    if (field.empty()) field = value.substr(0, value_octets_max);
}

void keep_first(std::uint32_t& field, std::string_view value) {
    if (field == 0) field = number_of(value);
}

void read_ciphers(PeerInfo& info, std::string_view value) {
    if (info.ciphers_present) return;
    info.ciphers_present = true;
    TextFields names(value, ':');
    while (const auto name = names.next()) {
        if (info.ciphers.size() == ciphers_max) return;
        if (!name->empty() && name->size() <= cipher_octets_max) info.ciphers.emplace_back(*name);
    }
}

void read_line(PeerInfo& info, std::string_view line) {
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || has_control_character(line)) return;
    const std::string_view name = line.substr(0, equals);
    const std::string_view value = line.substr(equals + 1);
    if (name == "IV_VER")
        keep_first(info.version, value);
    else if (name == "IV_PLAT")
        keep_first(info.platform, value);
    else if (name == "IV_PROTO")
        keep_first(info.abilities, value);
    else if (name == "IV_NCP")
        keep_first(info.ncp, value);
    else if (name == "IV_CIPHERS")
        read_ciphers(info, value);
    else if (name == "IV_MTU")
        keep_first(info.mtu, value);
    else if (name == "IV_SSO")
        keep_first(info.sso, value);
    else if (name == "IV_COMP_STUBv2")
        info.stub_v2 = info.stub_v2 || value == "1";
    else if (name == "IV_GUI_VER")
        keep_first(info.gui, value);
    else if (name == "UV_KANMON_REV")
        keep_first(info.revision, value);
}

void read_word(OptionsString& options, std::string_view word) {
    const std::size_t space = word.find(' ');
    const std::string_view name = word.substr(0, space);
    const std::string_view value =
        space == std::string_view::npos ? std::string_view{} : word.substr(space + 1);
    if (name == "cipher")
        keep_first(options.cipher, value == null_cipher ? no_cipher : value);
    else if (name == "auth")
        keep_first(options.digest, value);
    else if (name == "dev-type")
        keep_first(options.dev_type, value);
    else if (name == "proto")
        keep_first(options.proto, value);
    else if (name == "keydir")
        keep_first(options.key_direction, value);
    else if (name == "comp-lzo")
        options.comp_lzo = true;
    else if (name == "mtu-dynamic")
        options.mtu_dynamic = true;
    else if (name == "tls-auth")
        options.tls_auth = true;
}

}  // namespace

PeerInfo parse_peer_info(std::string_view text) {
    PeerInfo info;
    TextFields lines(text, '\n');
    for (std::size_t read = 0; read < lines_max; ++read) {
        auto line = lines.next();
        if (!line) break;
        if (line->ends_with('\r')) line->remove_suffix(1);
        read_line(info, *line);
    }
    return info;
}

OptionsString parse_options_string(std::string_view text) {
    OptionsString options;
    TextFields words(text, ',');
    for (std::size_t read = 0; read < words_max; ++read) {
        const auto word = words.next();
        if (!word) break;
        if (!has_control_character(*word)) read_word(options, *word);
    }
    return options;
}

std::string options_string(const OwnOptions& own) {
    constexpr unsigned opcode = 1, packet_id = 4, block_and_iv = 32, tcp_length = 2;
    const unsigned link_mtu = own.tun_mtu + opcode + packet_id + own.digest_octets +
                              (own.cipher == no_cipher ? 0 : block_and_iv) +
                              (own.compression ? 1 : 0) + (own.tcp ? tcp_length : 0);
    const std::string_view proto = !own.tcp     ? "UDPv4"
                                   : own.server ? "TCPv4_SERVER"
                                                : "TCPv4_CLIENT";
    const std::string_view direction = !own.tls_auth || !own.directed ? ""
                                       : own.server                   ? ",keydir 0"
                                                                      : ",keydir 1";
    const std::string cipher =
        own.cipher.empty()
            ? ""
            : fmt::format(",cipher {}", own.cipher == no_cipher ? null_cipher : own.cipher);
    return fmt::format(
        "V4,dev-type tun,link-mtu {},tun-mtu {},proto {}{}{}{},auth {},keysize {}{},"
        "key-method 2,tls-{}",
        link_mtu, own.tun_mtu, proto, own.compression ? ",comp-lzo" : "", direction, cipher,
        own.digest, own.key_bits, own.tls_auth ? ",tls-auth" : "",
        own.server ? "server" : "client");
}

}  // namespace kanmon::wire
