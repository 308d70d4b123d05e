// What was done with an account's access keys: when each signed last, and the audit log.
#pragma once

#include "controlplane/adapters/sqlite_database.h"
#include "controlplane/usecases/books.h"

namespace kanmon::adapters {

/// Left out when the key is gone.
void put_key_use(Database& database, const model::AccessKeyUse& use);
/// Newest first.
usecases::Page<usecases::AuditRow> read_audit(Database& database,
                                              const usecases::AuditQuery& query);

}  // namespace kanmon::adapters
