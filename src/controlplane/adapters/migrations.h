// The steps from an empty file to the present tables, numbered from 1 and never changed afterwards:
// a new shape is a new step at the end.
#pragma once

#include <array>
#include <span>

#include "controlplane/adapters/sqlite_database.h"

namespace kanmon::adapters {

extern const std::array<const char*, 17> migrations;

/// Brings a file to the last of `steps`, each in a transaction of its own. StoreError for a file
/// of a newer program.
void migrate(Database& database, std::span<const char* const> steps);

}  // namespace kanmon::adapters
