// What data enforces of an SSL server's access rules and blocked clients: names instead of ids.
#pragma once

#include "controlplane/usecases/books.h"

namespace kanmon::usecases {

/// `again_at` becomes the time at which the next block passes, where that is earlier.
bridge::AccessPolicy access_policy(Ledger& ledger, const model::SslServer& server, UnixTime wall,
                                   std::optional<UnixTime>& again_at);

/// The earlier one of the two.
void remind(std::optional<UnixTime>& again_at, UnixTime at);

}  // namespace kanmon::usecases
