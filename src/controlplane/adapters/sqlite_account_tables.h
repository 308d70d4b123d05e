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
/// Numbered and linked to the last one; inside the change's transaction.
void append_audit(Database& database, usecases::AuditRow row);
usecases::AuditHead read_audit_head(Database& database);
bool has_audit_row(Database& database, const usecases::AuditHead& head);
/// The first whose link or number does not follow from the row before it.
std::optional<std::uint64_t> first_broken_audit_row(Database& database);
/// Newest first.
usecases::Page<usecases::AuditRow> read_audit(Database& database,
                                              const usecases::AuditQuery& query);

}  // namespace kanmon::adapters
