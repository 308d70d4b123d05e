// The log in a SQLite file of its own, with one connection that writes and one that reads: a long
// search does not hold up what arrives.
#pragma once

#include <memory>
#include <string>

#include "controlplane/model/outcome.h"
#include "controlplane/usecases/attempt_log.h"

namespace kanmon::adapters {

/// Creates the file or brings it up to date. ServiceUnavailable with a sentence that says why not.
model::Outcome<std::unique_ptr<usecases::AttemptLog>> open_sqlite_attempt_log(
    const std::string& path, const usecases::LogLimits& limits);

}  // namespace kanmon::adapters
