#include "dataplane/session/refusal.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "base/date.h"
#include "base/escape.h"

namespace kanmon::session {

namespace {

constexpr std::size_t detail_octets_max = 400;  // the whole message stays below 1024
constexpr std::string_view new_bundle = "ask your administrator for a new bundle";

bool is_about_the_certificate(Cause cause) {
    return row_of(cause).faq_row == "CERT-EXPIRED";
}

std::string certificate_text(Cause cause, const crypto::PeerCertificate& certificate) {
    if (cause == Cause::certificate_expired)
        return fmt::format("certificate expired on {} (UTC); {}", date_text(certificate.not_after),
                           new_bundle);
    if (cause == Cause::certificate_not_yet_valid)
        return fmt::format(
            "certificate not valid before {} (UTC) by the gateway's clock; tell your administrator",
            date_text(certificate.not_before));
    return fmt::format("{}; {}", row_of(cause).words, new_bundle);
}

/// Another remote of the bundle, or another address of the same name, may lead to a gateway that
/// works; it never leads to one with more room for this client.
std::string_view advance_of(Cause cause, const Retry& retry) {
    switch (cause) {
        case Cause::gateway_not_ready:
        case Cause::server_disabled:
        case Cause::login_unavailable:
            return retry.several_remotes ? "remote" : "addr";
        default:
            return "no";
    }
}

}  // namespace

std::string reason_text(Cause cause, std::string_view detail,
                        const std::optional<crypto::PeerCertificate>& certificate) {
    std::string text = certificate && is_about_the_certificate(cause)
                           ? certificate_text(cause, *certificate)
                           : std::string(row_of(cause).words);
    if (!detail.empty()) text += ": " + escaped(detail, detail_octets_max);
    return text;
}

Farewell refusal(Cause cause, std::string_view reason, const wire::PeerInfo& peer,
                 const Retry& retry) {
    if (cause == Cause::login_expired) return {fmt::format("AUTH_FAILED,SESSION: {}", reason), {}};
    if (!row_of(cause).temporary || is_about_the_certificate(cause))
        return {fmt::format("AUTH_FAILED,{}", reason), {}};
    if (peer.can(wire::Ability::auth_fail_temporary))
        return {fmt::format("AUTH_FAILED,TEMP[backoff {},advance {}]:{}", retry.wait.count(),
                            advance_of(cause, retry), reason),
                {}};
    // A program that came back by itself would only offer the wrong password again, or be refused
    // again and again while nobody can read why.
    if (cause == Cause::login_locked || cause == Cause::blocked_by_operator)
        return {fmt::format("AUTH_FAILED,{}", reason), {}};
    return {fmt::format("RESTART,{}", reason),
            std::clamp<Duration>(retry.wait - restart_ahead, 1s, restart_delay_max)};
}

std::string dismissal(Cause cause, std::string_view reason) {
    if (cause == Cause::replaced) return {};
    if (cause == Cause::inactive) return fmt::format("HALT,{}", reason);
    return fmt::format("{},{}", row_of(cause).temporary ? "RESTART" : "AUTH_FAILED", reason);
}

}  // namespace kanmon::session
