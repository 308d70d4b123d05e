// Who is connected to the HTTP server, how many from one network, and who takes longer than a peer
// may: octets that trickle keep a connection from being idle, but not from its deadline.
//
// Promises: a descriptor named by `each_overdue` is open while it is named.
// Owner:    any thread.
// Limits:   ConnectionBook::Limits; as many connections as the server holds.
#pragma once

#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/time.h"

namespace kanmon::api {

class ConnectionBook {
public:
    struct Limits {
        unsigned per_network = 128;
        Duration request = 30s;  // for a whole request, counted from the answer before
        Duration answer = 60s;   // for a peer to take one
    };
    struct Connection {
        std::string network;  // an IPv4 address, or the /64 of an IPv6 one
        int descriptor = -1;
        Instant ends;  // the peer's deadline; none while we are at work
    };
    using Entry = std::list<Connection>::iterator;

    explicit ConnectionBook(Limits limits) : limits_(limits) {}

    /// Whether one more from this network is served.
    bool admits(const std::string& network) const;

    /// The peer's turn to send begins. Before the descriptor is closed, `leave` must have returned.
    Entry enter(std::string network, int descriptor, Instant now);
    void leave(Entry connection);

    void await_request(Entry connection, Instant now);
    void work(Entry connection);
    void await_taking(Entry connection, Instant now);

    void each_overdue(Instant now, const std::function<void(int descriptor)>& end);

private:
    void set_deadline(Entry connection, Instant ends);

    Limits limits_;
    mutable std::mutex mutex_;
    std::list<Connection> connections_;
    std::unordered_map<std::string, unsigned> of_network_;
};

}  // namespace kanmon::api
