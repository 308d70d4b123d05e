#include "client/personality.h"

#include <array>

namespace kanmon::client {

namespace {

constexpr std::string_view options_with_cipher =
    "V4,dev-type tun,link-mtu 1557,tun-mtu 1500,proto UDPv4,cipher AES-128-CBC,auth SHA1,"
    "keysize 128,key-method 2,tls-client";
constexpr std::string_view options_with_compression =
    "V4,dev-type tun,link-mtu 1558,tun-mtu 1500,proto UDPv4,comp-lzo,cipher AES-128-CBC,auth SHA1,"
    "keysize 128,key-method 2,tls-client";
constexpr std::string_view options_without_cipher =
    "V4,dev-type tun,link-mtu 1557,tun-mtu 1500,proto UDPv4,auth SHA1,keysize 128,"
    "key-method 2,tls-client";

constexpr ControlHabits old_habits{.repeats_acks = false,
                                   .lone_ack_after_reset = true,
                                   .acks_on_control = 1,
                                   .acks_alone = 1,
                                   .acks_alone_unwrapped = 1,
                                   .send_window = 4,
                                   .receive_window = 8,
                                   .fast_retransmit = false,
                                   .piece_octets_max = 1174,
                                   .acks_make_it_less = false,
                                   .wrapping_makes_it_less = 2,
                                   .less_on_streams = 4};
constexpr ControlHabits openvpn_3_habits{.newest_ack_first = false,
                                         .acks_alone = 4,
                                         .fast_retransmit = false,
                                         .retransmit_first = 1s,
                                         .retransmit_doubles = false,
                                         .piece_octets_max = 1170,
                                         .acks_make_it_less = false,
                                         .wrapping_makes_it_less = 0};

constexpr std::string_view info_2_3 = "IV_VER=2.3.18\nIV_PLAT=linux\nIV_PROTO=2\n";
constexpr std::string_view info_2_3_without_peer_ids = "IV_VER=2.3.2\nIV_PLAT=linux\n";
constexpr std::string_view info_2_4 =
    "IV_VER=2.4.12\nIV_PLAT=linux\nIV_PROTO=2\nIV_NCP=2\n"
    "IV_CIPHERS=AES-256-GCM:AES-128-GCM:AES-128-CBC\nIV_LZ4=1\nIV_LZ4v2=1\nIV_LZO=1\n"
    "IV_COMP_STUB=1\nIV_COMP_STUBv2=1\nIV_TCPNL=1\n";
constexpr std::string_view info_2_4_without_negotiation =
    "IV_VER=2.4.12\nIV_PLAT=linux\nIV_PROTO=2\nIV_LZ4=1\nIV_LZ4v2=1\nIV_LZO=1\n"
    "IV_COMP_STUB=1\nIV_COMP_STUBv2=1\nIV_TCPNL=1\n";
constexpr std::string_view info_2_5 =
    "IV_VER=2.5.11\nIV_PLAT=linux\nIV_PROTO=6\nIV_NCP=2\n"
    "IV_CIPHERS=AES-256-GCM:AES-128-GCM:AES-128-CBC\nIV_LZ4=1\nIV_LZ4v2=1\nIV_LZO=1\n"
    "IV_COMP_STUB=1\nIV_COMP_STUBv2=1\nIV_TCPNL=1\n";
constexpr std::string_view info_2_6 =
    "IV_VER=2.6.14\nIV_PLAT=linux\nIV_TCPNL=1\nIV_MTU=1600\nIV_NCP=2\n"
    "IV_CIPHERS=AES-256-GCM:AES-128-GCM:CHACHA20-POLY1305\nIV_PROTO=990\nIV_LZO_STUB=1\n"
    "IV_COMP_STUB=1\nIV_COMP_STUBv2=1\n";
constexpr std::string_view info_2_7 =
    "IV_VER=2.7.6\nIV_PLAT=linux\nIV_TCPNL=1\nIV_MTU=1600\nIV_NCP=2\n"
    "IV_CIPHERS=AES-256-GCM:AES-128-GCM:CHACHA20-POLY1305\nIV_PROTO=8094\nIV_LZO_STUB=1\n"
    "IV_COMP_STUB=1\nIV_COMP_STUBv2=1\n";
constexpr std::string_view info_3 =
    "IV_VER=3.12_git:master\nIV_PLAT=linux\nIV_NCP=2\nIV_TCPNL=1\nIV_PROTO=8094\nIV_MTU=1600\n"
    "IV_CIPHERS=AES-128-GCM:AES-192-GCM:AES-256-GCM:CHACHA20-POLY1305\nIV_GUI_VER=cli 1.0\n";

}  // namespace

constexpr Personality openvpn_2_3{.name = "openvpn 2.3",
                                  .control = old_habits,
                                  .newest_wrapping = KnownWrapping::tls_auth,
                                  .early_negotiation = false,
                                  .options = options_with_cipher,
                                  .peer_info = info_2_3,
                                  .peer_info_renegotiated = info_2_3,
                                  .push_request_after = 2200ms,
                                  .push_request_every = 5150ms};
constexpr Personality openvpn_2_3_without_peer_ids = [] {
    Personality program = openvpn_2_3;
    program.name = "openvpn 2.3 without peer ids";
    program.peer_info = info_2_3_without_peer_ids;
    program.peer_info_renegotiated = info_2_3_without_peer_ids;
    return program;
}();
constexpr Personality openvpn_2_4{.name = "openvpn 2.4",
                                  .control = old_habits,
                                  .newest_wrapping = KnownWrapping::tls_crypt,
                                  .early_negotiation = false,
                                  .options = options_with_cipher,
                                  .peer_info = info_2_4,
                                  .peer_info_renegotiated = info_2_4_without_negotiation,
                                  .push_request_after = 1150ms,
                                  .push_request_every = 5200ms};
constexpr Personality openvpn_2_4_without_negotiation{
    .name = "openvpn 2.4 ncp-disable",
    .control = old_habits,
    .newest_wrapping = KnownWrapping::tls_crypt,
    .early_negotiation = false,
    .options = options_with_cipher,
    .peer_info = info_2_4_without_negotiation,
    .peer_info_renegotiated = info_2_4_without_negotiation,
    .push_request_after = 1150ms,
    .push_request_every = 5200ms};
constexpr Personality openvpn_2_5{.name = "openvpn 2.5",
                                  .control = old_habits,
                                  .early_negotiation = false,
                                  .options = options_with_cipher,
                                  .peer_info = info_2_5,
                                  .peer_info_renegotiated = info_2_5,
                                  .push_request_after = 1100ms,
                                  .push_request_every = 5200ms};
constexpr Personality openvpn_2_6{.name = "openvpn 2.6",
                                  .control = {},
                                  .options = options_without_cipher,
                                  .peer_info = info_2_6,
                                  .peer_info_renegotiated = info_2_6};
constexpr Personality openvpn_2_7{.name = "openvpn 2.7",
                                  .control = {},
                                  .options = options_without_cipher,
                                  .peer_info = info_2_7,
                                  .peer_info_renegotiated = info_2_7,
                                  .takes_updates = true};
constexpr Personality openvpn_3{.name = "openvpn3",
                                .control = openvpn_3_habits,
                                .dynamic_for_all = true,
                                .answers_soft_reset = false,
                                .gives_up_unanswered_after = 10s,
                                .options = options_with_cipher,
                                .peer_info = info_3,
                                .peer_info_renegotiated = info_3,
                                .push_request_after = 0s,
                                .takes_updates = true,
                                .takes_name_servers = true};

namespace {

constexpr Personality with_compression(Personality program, std::string_view name,
                                       wire::Framing framing) {
    program.name = name;
    program.options = options_with_compression;
    program.framing = framing;
    return program;
}

}  // namespace

constexpr Personality openvpn_2_3_comp_lzo =
    with_compression(openvpn_2_3, "openvpn 2.3 comp-lzo", wire::Framing::lzo);
constexpr Personality openvpn_2_4_comp_lzo =
    with_compression(openvpn_2_4, "openvpn 2.4 comp-lzo", wire::Framing::lzo);
constexpr Personality openvpn_2_4_compress =
    with_compression(openvpn_2_4, "openvpn 2.4 compress lz4", wire::Framing::swap);

std::span<const Personality* const> personalities() {
    static constexpr std::array all{&openvpn_2_3,          &openvpn_2_3_without_peer_ids,
                                    &openvpn_2_4,          &openvpn_2_4_without_negotiation,
                                    &openvpn_2_5,          &openvpn_2_6,
                                    &openvpn_2_7,          &openvpn_3,
                                    &openvpn_2_3_comp_lzo, &openvpn_2_4_comp_lzo,
                                    &openvpn_2_4_compress};
    return all;
}

namespace {

/// Puts `text` there, when there is such a place.
void insert_before(std::string& options, std::string_view place, std::string_view text) {
    if (const auto at = options.find(place); at != std::string::npos) options.insert(at, text);
}

void replace(std::string& options, std::string_view old, std::string_view text) {
    if (const auto at = options.find(old); at != std::string::npos)
        options.replace(at, old.size(), text);
}

}  // namespace

std::string options_string(const Personality& personality, const Circumstances& profile) {
    std::string options(personality.options);
    if (profile.tls_auth) {
        if (profile.directed) replace(options, "proto UDPv4", "proto UDPv4,keydir 1");
        insert_before(options, ",key-method 2", ",tls-auth");
    }
    if (!profile.stream) return options;
    replace(options, "proto UDPv4", "proto TCPv4_CLIENT");
    // A stream puts two octets in front of every packet.
    replace(options, "link-mtu 1557", "link-mtu 1559");
    replace(options, "link-mtu 1558", "link-mtu 1560");
    return options;
}

}  // namespace kanmon::client
