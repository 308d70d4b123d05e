// The events of the store, read by a connection of its own, so that whoever delivers them holds
// nobody up.
#pragma once

#include <memory>
#include <string>

#include "controlplane/usecases/event_delivery.h"

namespace kanmon::adapters {

/// Of a store that `open_sqlite_books` has opened. One thread at a time.
std::unique_ptr<usecases::EventLog> make_sqlite_event_log(const std::string& path);

}  // namespace kanmon::adapters
