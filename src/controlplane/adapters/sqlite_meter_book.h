// Traffic in a SQLite file of its own, with one connection that writes and one that reads.
#pragma once

#include <memory>
#include <string>

#include "controlplane/usecases/meter_book.h"

namespace kanmon::adapters {

/// Creates the file or brings it up to date. ServiceUnavailable with a sentence that says why not.
model::Outcome<std::unique_ptr<usecases::MeterBook>> open_sqlite_meter_book(
    const std::string& path, const usecases::MeterLimits& limits);

}  // namespace kanmon::adapters
