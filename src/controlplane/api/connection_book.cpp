#include "controlplane/api/connection_book.h"

namespace kanmon::api {

bool ConnectionBook::admits(const std::string& network) const {
    const std::lock_guard lock(mutex_);
    const auto found = of_network_.find(network);
    return found == of_network_.end() || found->second < limits_.per_network;
}

ConnectionBook::Entry ConnectionBook::enter(std::string network, int descriptor, Instant now) {
    const std::lock_guard lock(mutex_);
    ++of_network_[network];
    connections_.push_front({std::move(network), descriptor, now + limits_.request});
    return connections_.begin();
}

void ConnectionBook::leave(Entry connection) {
    const std::lock_guard lock(mutex_);
    const auto found = of_network_.find(connection->network);
    if (--found->second == 0) of_network_.erase(found);
    connections_.erase(connection);
}

void ConnectionBook::set_deadline(Entry connection, Instant ends) {
    const std::lock_guard lock(mutex_);
    connection->ends = ends;
}

void ConnectionBook::await_request(Entry connection, Instant now) {
    set_deadline(connection, now + limits_.request);
}

void ConnectionBook::work(Entry connection) {
    set_deadline(connection, Instant::max());
}

void ConnectionBook::await_taking(Entry connection, Instant now) {
    set_deadline(connection, now + limits_.answer);
}

void ConnectionBook::each_overdue(Instant now, const std::function<void(int)>& end) {
    const std::lock_guard lock(mutex_);
    for (const Connection& connection : connections_)
        if (connection.ends <= now) end(connection.descriptor);
}

}  // namespace kanmon::api
