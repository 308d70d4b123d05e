// An account's share of the snapshot, which all accounts share: nobody's access rules, groups and
// revocation lists may keep the changes of others from coming into force.
#pragma once

#include "controlplane/usecases/books.h"

namespace kanmon::usecases {

/// Of `bridge::snapshot_octets_max`, for what has a limit of its own only one by one.
inline constexpr std::size_t account_octets_max = std::size_t{32} << 20;

/// At the end of a change that may have made it more: the access rules of the account's servers,
/// with the members of the groups that they name, and its revocation lists. At most what the
/// snapshot takes, or somewhat more. Resource.QuotaFull.
Outcome<void> check_snapshot_budget(Ledger& ledger, const model::AccountId& account);

}  // namespace kanmon::usecases
