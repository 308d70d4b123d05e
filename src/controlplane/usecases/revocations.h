// Serials of client certificates that let nobody in any more, and how many there may be.
//
// Promises: a certificate can always be deleted: room for that is made when it is made.
// Limits:   `revocations_max` an account, those to come of its present certificates among them. One
//           is forgotten a year after its certificate would have ended.
#pragma once

#include "controlplane/usecases/books.h"

namespace kanmon::usecases {

/// All of them are in the snapshot: some 4 MB.
inline constexpr std::size_t revocations_max = 100'000;

/// For `more` certificates that are to be made or replaced. Forgets what may be forgotten.
/// Resource.QuotaFull.
Outcome<void> make_room_for_revocations(Ledger& ledger, const model::AccountId& account,
                                        std::size_t more, UnixTime now);

/// The certificate is about to get another serial; the present one ends after `overlap`.
void revoke_predecessor(Ledger& ledger, const model::ClientCertificate& certificate, UnixTime now,
                        std::chrono::seconds overlap);

/// The certificate goes: its serial and those of its predecessors are revoked at once.
void revoke_for_good(Ledger& ledger, const model::ClientCertificate& certificate, UnixTime now);

}  // namespace kanmon::usecases
