// I5: no (key, nonce) pair twice. Watches the datagrams that reach one client: a packet id that
// came before under the same key, in a different packet that authenticates too, is a reused nonce.
#pragma once

#include <unordered_map>

#include "client/client_engine.h"

namespace kanmon::world {

class NonceAudit {
public:
    void watch(const client::ClientEngine& engine, Bytes datagram);

private:
    std::unordered_map<std::uint64_t, std::unordered_map<std::uint64_t, Buffer>> seen_;
};

}  // namespace kanmon::world
