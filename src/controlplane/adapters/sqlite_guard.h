// Where SQLite's errors end: what leaves an adapter is an Outcome.
#pragma once

#include <fmt/core.h>

#include <functional>

#include "controlplane/adapters/sqlite_database.h"
#include "controlplane/model/outcome.h"

namespace kanmon::adapters {

template <class T>
model::Outcome<T> guarded(const std::function<model::Outcome<T>()>& work) {
    try {
        return work();
    } catch (const StoreError& error) {
        return model::unavailable(fmt::format("The store is away: {}.", error.what()));
    }
}

}  // namespace kanmon::adapters
