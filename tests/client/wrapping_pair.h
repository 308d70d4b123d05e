// A server's wrapping with keys of its own, and what its clients' profiles say about it.
#pragma once

#include "bridge/snapshot.h"
#include "client/envelope.h"

namespace kanmon::client {

class WrappingPair {
public:
    explicit WrappingPair(bridge::Wrapping kind, std::uint64_t seed = 1,
                          std::string digest = "SHA1", bool directed = true);

    const bridge::ControlWrapping& server() const { return server_; }
    /// tls-crypt-v2: every client has another key, with this metadata.
    ClientWrapping client(std::uint64_t number = 1, Bytes metadata = {}) const;

private:
    std::uint64_t seed_;
    bridge::ControlWrapping server_;
};

}  // namespace kanmon::client
