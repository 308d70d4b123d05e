// What logins leave behind: codes that are used up, and counts of wrong ones.
#pragma once

#include "controlplane/adapters/sqlite_database.h"
#include "controlplane/usecases/books.h"

namespace kanmon::adapters {

/// True for the first who shows the code of this step.
bool use_code_of(Database& database, const std::string& user, std::int64_t step);
/// True for the first who shows this one.
bool use_recovery_code_of(Database& database, const std::string& user, const std::string& hash);

void put_login_failures(Database& database, const usecases::LoginFailures& failures);
std::vector<usecases::LoginFailures> read_login_failures(Database& database);

}  // namespace kanmon::adapters
