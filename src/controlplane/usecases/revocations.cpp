#include "controlplane/usecases/revocations.h"

#include <fmt/core.h>

namespace kanmon::usecases {

namespace {

/// The oldest, looked at with each new one: enough that none stays for long.
constexpr std::size_t looked_at_once = 100;

void forget(Ledger& ledger, const std::vector<model::RevokedCertificate>& rows, UnixTime now) {
    for (const auto& row : rows)
        if (model::is_forgettable(row, now)) ledger.revoked_certificates().remove(row.id.text);
}

std::size_t present_and_to_come(Ledger& ledger, const Scope& account) {
    return ledger.revoked_certificates().count(account) +
           ledger.client_certificates().count(account);
}

}  // namespace

Outcome<void> make_room_for_revocations(Ledger& ledger, const model::AccountId& account,
                                        std::size_t more, UnixTime now) {
    const Scope scope{Scope::Of::account, account.text};
    forget(ledger, ledger.revoked_certificates().slice(scope, 0, looked_at_once), now);
    if (present_and_to_come(ledger, scope) + more <= revocations_max) return {};
    forget(ledger, ledger.revoked_certificates().of_account(account), now);
    const std::size_t present = present_and_to_come(ledger, scope);
    if (present + more <= revocations_max) return {};
    return model::refuse(
        "Resource.QuotaFull",
        fmt::format("The account has {} client certificates and revoked ones that are remembered, "
                    "this would add {}, and {} is the maximum. A revoked one is forgotten a year "
                    "after it would have ended, and with its SSL server: delete servers that "
                    "nobody uses, and renew certificates less often.",
                    present, more, revocations_max));
}

void revoke_predecessor(Ledger& ledger, const model::ClientCertificate& certificate, UnixTime now,
                        std::chrono::seconds overlap) {
    ledger.revoked_certificates().put({.id = model::predecessor_id(certificate),
                                       .account = certificate.account,
                                       .server = certificate.server,
                                       .serial = certificate.serial,
                                       .not_after = certificate.not_after,
                                       .revoked_at = now + overlap,
                                       .scheduled = overlap.count() > 0});
}

void revoke_for_good(Ledger& ledger, const model::ClientCertificate& certificate, UnixTime now) {
    for (auto old : ledger.revoked_certificates().below(certificate.server.text)) {
        if (!model::is_predecessor(old, certificate.id) || !old.scheduled) continue;
        old.revoked_at = std::min(old.revoked_at, now);
        old.scheduled = false;
        ledger.revoked_certificates().put(old);
    }
    ledger.revoked_certificates().put({.id = certificate.id,
                                       .account = certificate.account,
                                       .server = certificate.server,
                                       .serial = certificate.serial,
                                       .not_after = certificate.not_after,
                                       .revoked_at = now,
                                       .scheduled = false});
}

}  // namespace kanmon::usecases
