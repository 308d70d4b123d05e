// Books in one SQLite file.
//
// Durability: a mutation is on the disk after `settle`, which one fdatasync of SQLite's log does
// for all who wait (group_sync.h); a one-time code and an event when they are stored
// (synchronous=FULL). A lease survives the death of any process: a machine that loses power has no
// sessions left that it could protect.
#pragma once

#include <memory>
#include <string>

#include "controlplane/usecases/books.h"

namespace kanmon::adapters {

/// Opens or creates the file and brings its tables up to date. Refusal: ServiceUnavailable, with
/// what SQLite said; also for a file written by a newer version.
model::Outcome<std::unique_ptr<usecases::Books>> open_sqlite_books(const std::string& path);

}  // namespace kanmon::adapters
