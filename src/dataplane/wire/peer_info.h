// What a client says about itself: the lines of peer info, and the options string beside it.
// Everything here is hostile text. Source: wire reference, sections 11 and 12.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dataplane/wire/opcode.h"

namespace kanmon::wire {

/// IV_PROTO bits.
enum class Ability : std::uint32_t {
    data_v2 = 1U << 1,
    request_push = 1U << 2,
    tls_key_export = 1U << 3,
    auth_pending_keyword = 1U << 4,
    cc_exit_notify = 1U << 7,
    auth_fail_temporary = 1U << 8,
    dynamic_tls_crypt = 1U << 9,
    data_epoch = 1U << 10,
    dns_option_v2 = 1U << 11,
    push_update = 1U << 12,
};

struct PeerInfo {
    std::string version;               // IV_VER
    std::string platform;              // IV_PLAT
    std::uint32_t abilities = 0;       // IV_PROTO
    std::uint32_t ncp = 0;             // IV_NCP
    std::vector<std::string> ciphers;  // IV_CIPHERS, at most 32, the client's order
    bool ciphers_present = false;
    std::uint32_t mtu = 0;  // IV_MTU, 0 when absent
    std::string sso;        // IV_SSO
    bool stub_v2 = false;   // IV_COMP_STUBv2: can be told `compress stub-v2`
    std::string gui;        // IV_GUI_VER
    std::string revision;   // UV_KANMON_REV
    bool can(Ability ability) const {
        return (abilities & static_cast<std::uint32_t>(ability)) != 0;
    }
};

/// Never fails: unknown and malformed lines are skipped, values longer than 256 octets are cut,
/// at most 128 lines are read.
PeerInfo parse_peer_info(std::string_view text);

/// What matters of an options string ("V4,dev-type tun,…,cipher AES-128-CBC,…").
struct OptionsString {
    std::string cipher;  // empty when absent; "[null-cipher]" becomes "none"
    std::string digest;  // "auth" word
    std::string dev_type;
    std::string proto;
    std::string key_direction;
    bool comp_lzo = false;
    bool mtu_dynamic = false;  // the peer uses `fragment`
    bool tls_auth = false;
};
OptionsString parse_options_string(std::string_view text);

/// The server's own options string, for logs of the peers and for clients without NCP (section 11).
struct OwnOptions {
    std::uint16_t tun_mtu = 1500;
    std::string cipher;  // configured for old clients, e.g. AES-128-CBC; "none"; may be empty
    std::uint16_t key_bits = 128;
    std::string digest = "SHA1";
    std::uint16_t digest_octets = 20;
    bool compression = false;  // framing only
    bool tcp = false;
    bool server = true;
    bool tls_auth = false;
    bool directed = true;  // of tls-auth: the server has key-direction 0, its clients have 1
};
std::string options_string(const OwnOptions& own);

}  // namespace kanmon::wire
