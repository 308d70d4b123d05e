// PUSH_REPLY as a value: the options one client gets, in an order that never varies. Pure.
//
// Clients compare what they are pushed with the time before and keep their tunnel device when it is
// the same, so order and spelling are part of the contract. Source: wire reference, section 23.
#pragma once

#include <string>
#include <vector>

#include "base/address.h"
#include "bridge/snapshot.h"
#include "dataplane/session/negotiation.h"
#include "dataplane/wire/opcode.h"

namespace kanmon::session {

struct PushOptions {
    std::vector<std::string> options;
    std::size_t tail = 0;  // the last ones, which belong together into the last message
    friend bool operator==(const PushOptions&, const PushOptions&) = default;
};

struct PushSubject {
    Ipv4 tunnel_address;  // the client's
    Ipv4 server_address;  // the gateway's inside the tunnel
    wire::PeerId peer_id = wire::peer_id_none;
};

PushOptions push_options(const bridge::SslServer& server, const Negotiated& agreed,
                         const PushSubject& subject);

}  // namespace kanmon::session
