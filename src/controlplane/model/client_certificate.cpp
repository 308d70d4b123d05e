#include "controlplane/model/client_certificate.h"

#include <fmt/core.h>

#include <algorithm>

namespace kanmon::model {

namespace {

constexpr std::chrono::days kept_behind_its_end{365};

}  // namespace

bool is_revoked(const RevokedCertificate& revoked, UnixTime now) {
    return !revoked.scheduled || revoked.revoked_at <= now;
}

bool is_forgettable(const RevokedCertificate& revoked, UnixTime now) {
    return now - revoked.not_after > kept_behind_its_end;
}

std::string_view certificate_status(const ClientCertificate& certificate, UnixTime now) {
    if (now > certificate.not_after) return "expired";
    if (now + expiring_soon >= certificate.not_after) return "expiring-soon";
    return "normal";
}

Outcome<std::chrono::seconds> check_overlap(std::int64_t seconds) {
    if (seconds < 0 || seconds > overlap_max.count())
        return illegal("OverlapSeconds",
                       fmt::format("OverlapSeconds is {}; the old certificate can stay good for 0 "
                                   "(not at all) to {} seconds (90 days).",
                                   seconds, overlap_max.count()));
    return std::chrono::seconds(seconds);
}

ClientCertificateId predecessor_id(const ClientCertificate& certificate) {
    return {certificate.id.text + "/" + certificate.serial};
}

bool is_predecessor(const RevokedCertificate& revoked, const ClientCertificateId& certificate) {
    return revoked.id.text.starts_with(certificate.text + "/");
}

std::string_view bundle_state(const std::optional<HeldBundle>& held, const std::string& revision) {
    if (!held) return "unknown";
    return held->revision == revision ? "current" : "stale";
}

bool is_revision(std::string_view text) {
    constexpr std::size_t digits = 16;
    return text.size() == digits && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

}  // namespace kanmon::model
