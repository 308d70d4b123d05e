// What the store keeps of events and of what clients announce; written by no change of anybody's.
// Each is one transaction; StoreError when the store is away.
#pragma once

#include <vector>

#include "controlplane/adapters/sqlite_database.h"
#include "controlplane/usecases/books.h"

namespace kanmon::adapters {

void put_held_bundles(Database& database, const std::vector<model::HeldBundle>& held);
/// How many were new.
std::size_t put_events(Database& database, const std::vector<usecases::EventWrite>& events,
                       UnixTime now);
std::vector<model::Event> read_events(Database& database, const usecases::EventQuery& query);
/// Of all accounts, oldest first.
std::vector<model::Event> read_events_after(Database& database, std::uint64_t number,
                                            std::size_t count);

}  // namespace kanmon::adapters
