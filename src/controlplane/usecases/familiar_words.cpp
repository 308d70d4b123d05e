#include "controlplane/usecases/familiar_words.h"

#include <fmt/core.h>

#include "base/date.h"
#include "base/escape.h"
#include "controlplane/usecases/attempt_log.h"

namespace kanmon::usecases {

namespace {

using bridge::AttemptRecord;
using bridge::Happening;

constexpr std::size_t name_octets_shown = 128;
constexpr std::size_t line_octets_max = 2048;
constexpr std::string_view key_negotiation_failed =
    "TLS Error: TLS key negotiation failed to occur within 60 seconds (check your network "
    "connectivity)";

std::string family_address(const Endpoint& endpoint) {
    return (endpoint.is_v4() ? "[AF_INET]" : "[AF_INET6]") + to_string(endpoint);
}

/// As OpenVPN names a client: its certificate, or its user where there is none.
std::string name_of(const AttemptRecord& record) {
    return escaped(record.common_name.empty() ? record.username : record.common_name,
                   name_octets_shown);
}

std::string verify_error(const AttemptRecord& record, std::string_view error) {
    const std::string name = name_of(record);
    return fmt::format("VERIFY ERROR: depth=0, error={}{}{}", error,
                       name.empty() ? "" : ": CN=", name);
}

std::string told(const AttemptRecord& record, std::string_view message) {
    return fmt::format(
        "SENT CONTROL [{}]: '{},{}' (status=1)",
        record.common_name.empty() && record.username.empty() ? "UNDEF" : name_of(record), message,
        row_of(record.cause).words);
}

/// What was escaped stays as it is; the data process is not trusted to have done it.
std::string printable(std::string_view text) {
    std::string shown;
    for (const char c : text.substr(0, line_octets_max))
        shown += c >= ' ' && c <= '~' ? std::string(1, c) : escaped({&c, 1}, 1);
    return shown;
}

/// Empty: OpenVPN has no words of its own for this.
std::string_view fixed_refusal(Cause cause) {
    switch (cause) {
        case Cause::handshake_timeout:
            return key_negotiation_failed;
        case Cause::tls_failed:
        case Cause::clock_skew:
        case Cause::tls_too_large:
            return "TLS Error: TLS handshake failed";
        case Cause::certificate_missing:
            return "TLS Error: TLS handshake failed: peer did not return a certificate";
        case Cause::certificate_malformed:
            return "VERIFY ERROR: could not extract CN from X509 subject string";
        case Cause::key_method_malformed:
            return "TLS Error: Failed reading remote key material";
        case Cause::cipher_mismatch:
            return "Data channel cipher negotiation failed (no shared cipher)";
        case Cause::login_missing:
            return "TLS Error: Auth Username/Password was not provided by peer";
        case Cause::login_refused:
        case Cause::login_locked:
        case Cause::login_expired:
        case Cause::login_timeout:
        case Cause::login_unavailable:
            return "TLS Auth Error: Auth Username/Password verification failed for peer";
        case Cause::connections_exhausted:
            return "MULTI: new incoming connection would exceed maximum number of clients";
        case Cause::pool_exhausted:
            return "MULTI: no free --ifconfig-pool addresses are available";
        default:
            return {};
    }
}

/// Ends that nobody could tell the client.
bool is_untold(Cause cause) {
    return cause == Cause::client_left || cause == Cause::connection_broken ||
           cause == Cause::gateway_restarted || row_of(cause).kind == CauseKind::drop;
}

std::string refusal_text(const AttemptRecord& record) {
    switch (record.cause) {
        case Cause::wrapping_mismatch:
            return "TLS Error: incoming packet authentication failed from " +
                   family_address(record.remote);
        case Cause::certificate_foreign:
            return verify_error(record, "unable to get local issuer certificate");
        case Cause::certificate_purpose:
            return verify_error(record, "unsuitable certificate purpose");
        case Cause::certificate_expired:
            return verify_error(record, "certificate has expired");
        case Cause::certificate_not_yet_valid:
            return verify_error(record, "certificate is not yet valid");
        case Cause::certificate_revoked:
            return verify_error(record, "certificate revoked");
        default:
            break;
    }
    if (const auto words = fixed_refusal(record.cause); !words.empty()) return std::string(words);
    if (record.stage >= bridge::Stage::admission && !is_untold(record.cause))
        return told(record, "AUTH_FAILED");
    return fmt::format("TLS Error: {}", row_of(record.cause).words);
}

std::string ending_text(const AttemptRecord& record) {
    switch (record.cause) {
        case Cause::client_left:
            return record.detail.starts_with("the client closed it")  // its connection: a FIN
                       ? "Connection reset, restarting [0]"
                       : "SIGTERM[soft,remote-exit] received, client-instance exiting";
        case Cause::connection_broken:
            return "Connection reset, restarting [-1]";
        case Cause::keepalive_timeout:
            return fmt::format("[{}] Inactivity timeout (--ping-restart), restarting",
                               name_of(record));
        case Cause::inactive:
            return "Inactivity timeout (--inactive), exiting";
        case Cause::replaced:
        case Cause::certificate_shared:
            return fmt::format(
                "MULTI: new connection by client '{}' will cause previous active sessions by this "
                "client to be dropped.",
                name_of(record));
        case Cause::renegotiation_failed:
            return std::string(key_negotiation_failed);
        case Cause::identity_changed:
            return "TLS Auth Error: TLS object CN attempted to change";
        case Cause::certificate_expired:
        case Cause::certificate_revoked:
            return refusal_text(record);
        default:
            if (is_untold(record.cause))
                return fmt::format("client-instance exiting: {}", row_of(record.cause).words);
            return told(record, row_of(record.cause).temporary ? "RESTART" : "AUTH_FAILED");
    }
}

std::string event_text(const AttemptRecord& record) {
    switch (record.happening) {
        case Happening::refused:
            return refusal_text(record);
        case Happening::connected:
            return fmt::format(
                "[{}] Peer Connection Initiated with {}, primary virtual IP {}, IV_VER={}, "
                "IV_PLAT={}",
                name_of(record), family_address(record.remote), to_string(record.tunnel_address),
                escaped(record.version, name_octets_shown),
                escaped(record.platform, name_octets_shown));
        case Happening::negotiated:
            return record.detail;  // the session's own sentence, which is OpenVPN's
        case Happening::renegotiated:
            return fmt::format("TLS: soft reset, Data Channel: new keys with cipher '{}'",
                               escaped(record.cipher, name_octets_shown));
        case Happening::moved:
            return fmt::format("peer [{}] floated from {} to {}", name_of(record),
                               to_string(record.former), family_address(record.remote));
        case Happening::ended:
            return ending_text(record);
        case Happening::denied:
            return std::string(row_of(record.cause).words);
    }
    return {};
}

}  // namespace

std::string attempt_line(const bridge::AttemptRecord& record) {
    const std::string name = name_of(record);
    std::string line =
        fmt::format("{} {}{}{} {}", time_text(record.at), name, name.empty() ? "" : "/",
                    to_string(record.remote), event_text(record));
    if (has_cause(record)) line += fmt::format(" ({})", row_of(record.cause).code);
    if (!record.username.empty() && !record.common_name.empty())
        line += fmt::format(" user '{}'", escaped(record.username, name_octets_shown));
    if (record.happening != Happening::negotiated && !record.detail.empty())
        line += " - " + record.detail;
    return printable(line);
}

}  // namespace kanmon::usecases
