// The one table of causes: why a packet was dropped, a client refused or told to go, a finding
// raised.
//
// A cause is one row. From it come the counter label, the fact, the finding's code, the log wording
// and docs/causes.md. Adding a cause is adding one row here; the compiler and
// tests/unit/bridge/causes_test.cpp name every place that must learn it.
//
// Columns: enumerator | kind | FAQ row ("-" when the FAQ has none) | passes by itself with time |
//          English words for people (a client's window, the log, the console)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace kanmon {

// clang-format off
#define KANMON_CAUSES(ROW) \
    /* datagrams and packets that are dropped and counted */ \
    ROW(truncated, drop, "-", no, "the packet is shorter than its format") \
    ROW(malformed, drop, "-", no, "the packet breaks its format") \
    ROW(unknown_opcode, drop, "CONF-CLIENT", no, "the opcode is not one a client sends") \
    ROW(unknown_client, drop, "-", no, "no session for this address or peer id") \
    ROW(reset_not_first, drop, "-", no, "a reset whose packet id is not zero") \
    ROW(cookie_invalid, drop, "-", no, "the cookie is not ours, of another address or expired") \
    ROW(rate_limited, drop, "-", yes, "too many first packets from this network") \
    ROW(foreign_session_id, drop, "-", no, "acknowledgements for another session") \
    ROW(outside_window, drop, "-", no, "a control packet outside the receive window") \
    ROW(wrong_key_id, drop, "-", no, "no key with this key id") \
    ROW(epoch_unknown, drop, "-", no, "no data key of this epoch, or of one near it") \
    ROW(wrapping_mismatch, drop, "CONF-CLIENT", no, \
        "the tls-auth or tls-crypt key is not this server's") \
    ROW(wrapping_replayed, drop, "-", no, "a control packet was sent twice") \
    ROW(replayed, drop, "-", no, "a data packet was received twice or far too late") \
    ROW(bad_tag, drop, "-", no, "a data packet that does not authenticate") \
    ROW(key_exhausted, drop, "-", yes, "the key may not protect another packet") \
    ROW(keys_not_ready, drop, "-", yes, "a data packet before the keys were agreed") \
    ROW(not_ip, drop, "-", no, "the tunnelled packet is neither IPv4 nor IPv6") \
    ROW(spoofed_source, drop, "-", no, "the tunnelled source address is not this client's") \
    ROW(client_to_client, drop, "-", no, "a client may not reach another client") \
    ROW(multicast, drop, "-", no, "multicast and broadcast are not forwarded") \
    ROW(link_local, drop, "-", no, \
        "a link-local packet: what systems send by themselves on every new interface") \
    ROW(martian, drop, "-", no, "the tunnelled packet names an address that no network has") \
    ROW(source_routed, drop, "-", no, "the tunnelled packet asks for a route of its own") \
    ROW(tunnel_in_tunnel, drop, "CONF-CLIENT", no, \
        "the client sends its packets to the gateway's outer address through the tunnel") \
    ROW(ipv6_off, drop, "-", no, "the server has no IPv6 inside the tunnel") \
    ROW(no_client_for_address, drop, "-", no, "no client has this tunnel address") \
    ROW(bandwidth_exceeded, drop, "BANDWIDTH", yes, \
        "the packet waited too long for its turn in the gateway's bandwidth") \
    ROW(client_bandwidth_exceeded, drop, "BANDWIDTH", yes, \
        "the packet waited too long for its turn in the bandwidth that each client may have") \
    ROW(queue_full, drop, "BANDWIDTH", yes, "a queue inside the gateway was full") \
    ROW(send_failed, drop, "-", yes, "the kernel refused to send") \
    ROW(oversize, drop, "-", no, "the packet does not fit the tunnel") \
    ROW(answer_limited, drop, "-", yes, \
        "an ICMP answer was held back: too many in this second") \
    ROW(unsupported_framing, drop, "CONF-CLIENT", no, \
        "compressed or fragmented packets are not accepted") \
    ROW(access_denied, drop, "SG-BLOCKED", no, \
        "an access rule of the server refuses this flow of the client's") \
    ROW(access_denied_from_vpc, drop, "SG-BLOCKED", no, \
        "the server lets the VPC begin no flows to its clients") \
    /* attempts that are refused */ \
    ROW(handshake_timeout, refuse, "LINK-UNSTABLE", yes, "the handshake did not finish in time") \
    ROW(tls_failed, refuse, "CONF-CLIENT", no, "the TLS handshake failed") \
    ROW(clock_skew, refuse, "CLOCK-SKEW", no, \
        "TLS failed, and the client's clock differs by more than 10 minutes") \
    ROW(tls_too_large, refuse, "-", no, "the TLS handshake is larger than 64 kB") \
    ROW(certificate_missing, refuse, "CONF-CLIENT", no, "the client showed no certificate") \
    ROW(certificate_foreign, refuse, "CERT-EXPIRED", no, \
        "the certificate is of another authority") \
    ROW(certificate_purpose, refuse, "CERT-EXPIRED", no, "the certificate is not for TLS clients") \
    ROW(certificate_malformed, refuse, "CERT-EXPIRED", no, \
        "the certificate names no acceptable common name") \
    ROW(certificate_expired, refuse, "CERT-EXPIRED", no, "certificate expired") \
    ROW(certificate_not_yet_valid, refuse, "CERT-EXPIRED", yes, "certificate not yet valid") \
    ROW(certificate_revoked, refuse, "CERT-EXPIRED", no, "certificate revoked") \
    ROW(key_method_malformed, refuse, "CONF-CLIENT", no, \
        "the key exchange message breaks its format") \
    ROW(cipher_mismatch, refuse, "CONF-CLIENT", no, \
        "Data channel cipher negotiation failed (no shared cipher)") \
    ROW(fragment_unsupported, refuse, "CONF-CLIENT", no, \
        "the profile has the option fragment, which this gateway does not support; remove it") \
    ROW(compression_required, refuse, "CONF-CLIENT", no, \
        "the client sends compressed packets, which this gateway never does") \
    ROW(login_missing, refuse, "CONF-CLIENT", no, \
        "this gateway asks for a user name and password") \
    ROW(login_refused, refuse, "-", no, "user name, password or code not accepted") \
    ROW(login_locked, refuse, "-", yes, "too many wrong attempts; wait before you try again") \
    ROW(login_expired, refuse, "-", no, "the login has expired; log in again") \
    ROW(login_unassigned, refuse, "-", no, \
        "this user is not assigned to this server; ask your administrator") \
    ROW(login_code_asked, refuse, "-", yes, "a one-time code is asked for") \
    ROW(login_timeout, refuse, "-", yes, "the login was not finished in time") \
    ROW(login_unavailable, refuse, "-", yes, "the identity source gave no answer") \
    ROW(connections_exhausted, refuse, "CONN-LIMIT", yes, \
        "maximum of concurrent connections reached") \
    ROW(pool_exhausted, refuse, "POOL-SMALL", yes, "no free address in the client address pool") \
    ROW(gateway_not_ready, refuse, "-", yes, "the gateway is starting") \
    ROW(server_disabled, refuse, "SERVER-CHANGED", yes, "SSL-VPN is switched off on this gateway") \
    ROW(blocked_by_operator, refuse, "-", yes, \
        "an operator has blocked this client for a while; it can connect again by itself when " \
        "the time is over") \
    /* clients that leave or are told to go */ \
    ROW(client_left, end, "-", yes, "the client said goodbye") \
    ROW(keepalive_timeout, end, "CONN-PHANTOM", yes, "nothing was heard from the client") \
    ROW(inactive, end, "-", yes, "the client had nothing to send for too long") \
    ROW(server_changed, end, "SERVER-CHANGED", yes, "the server's configuration was changed") \
    ROW(disconnected_by_operator, end, "-", yes, "an operator disconnected the client") \
    ROW(gateway_stopping, end, "-", yes, "the gateway is stopping") \
    ROW(renegotiation_failed, end, "LINK-UNSTABLE", yes, "the renegotiation of keys failed") \
    ROW(identity_changed, end, "-", no, "another certificate or user was shown at renegotiation") \
    ROW(replaced, end, "APP-CONFLICT", yes, "a newer session of the same client took over") \
    ROW(certificate_shared, end, "APP-CONFLICT", no, \
        "several programs use this certificate and push each other out") \
    ROW(gateway_restarted, end, "-", yes, "the data process was restarted") \
    ROW(connection_broken, end, "LINK-UNSTABLE", yes, "the client's TCP connection broke")
// clang-format on

enum class Cause : std::uint8_t {
#define KANMON_ENUMERATOR(name, kind, faq, passes, words) name,
    KANMON_CAUSES(KANMON_ENUMERATOR)
#undef KANMON_ENUMERATOR
};

enum class CauseKind : std::uint8_t { drop, refuse, end };

struct CauseRow {
    Cause cause;
    std::string_view code;  // the enumerator's name: metric label, fact and finding code
    CauseKind kind;
    std::string_view faq_row;
    bool temporary;
    std::string_view words;
};

namespace causes_detail {
inline constexpr bool no = false;
inline constexpr bool yes = true;
}  // namespace causes_detail

inline constexpr std::array cause_table{
#define KANMON_ROW(name, kind, faq, passes, words) \
    CauseRow{Cause::name, #name, CauseKind::kind, faq, causes_detail::passes, words},
    KANMON_CAUSES(KANMON_ROW)
#undef KANMON_ROW
};

inline constexpr std::size_t cause_count = cause_table.size();

constexpr const CauseRow& row_of(Cause cause) {
    return cause_table[static_cast<std::size_t>(cause)];
}

/// The cause with this number on the wire, or nothing for a number from a newer peer.
constexpr std::optional<Cause> cause_of_number(std::uint8_t number) {
    if (number >= cause_count) return std::nullopt;
    return static_cast<Cause>(number);
}

}  // namespace kanmon
