// Who may make what lets somebody in for longer than the caller's own token does.
#pragma once

#include "controlplane/usecases/books.h"

namespace kanmon::usecases {

/// A token that has leaked must not prolong itself; whoever has logged in has shown the secret.
/// Forbidden.BearerToken (403).
Outcome<void> check_maker(Ledger& ledger, const Call& call);
/// Before the change, so that a repeated call shows no secret either.
Outcome<void> check_maker(Books& books, const Call& call);

}  // namespace kanmon::usecases
