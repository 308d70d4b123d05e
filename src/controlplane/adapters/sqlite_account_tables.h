// What was done with an account's access keys and bearer tokens: when each was used last, and the
// audit log.
#pragma once

#include "controlplane/adapters/sqlite_database.h"
#include "controlplane/usecases/books.h"

namespace kanmon::adapters {

/// Left out when the key is gone.
void put_key_use(Database& database, const model::AccessKeyUse& use);
/// Nothing when the token is gone.
void put_token_use(Database& database, const model::BearerTokenId& id, UnixTime used_at);
/// Newest first.
usecases::Page<usecases::AuditRow> read_audit(Database& database,
                                              const usecases::AuditQuery& query);

}  // namespace kanmon::adapters
