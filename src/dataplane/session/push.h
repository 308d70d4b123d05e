// PUSH_REPLY as a value: the options one client gets, in an order that never varies. Pure.
//
// Clients compare what they are pushed with the time before and keep their tunnel device when it is
// the same, so order and spelling are part of the contract. Every client is told what it needs in
// the one spelling that it understands best. Source: wire reference, section 23.
// Limits: an option longer than clients read (`option_octets_max`), or with a comma in it, is left
// out: it would be read as something else.
#pragma once

#include <string>
#include <vector>

#include "base/address.h"
#include "bridge/snapshot.h"
#include "dataplane/session/negotiation.h"
#include "dataplane/wire/opcode.h"
#include "dataplane/wire/peer_info.h"

namespace kanmon::session {

inline constexpr std::size_t option_octets_max = 255;

struct PushOptions {
    std::vector<std::string> options;
    std::size_t tail = 0;  // the last ones, which belong together into the last message
    friend bool operator==(const PushOptions&, const PushOptions&) = default;
};

/// Which spellings a client understands, read from what it announced.
struct Dialect {
    bool dns_option = false;  // `dns server …` (2.7, openvpn3); the others: `dhcp-option DNS …`
    bool routed_domains = true;   // dhcp-option DOMAIN-ROUTE reaches a script; Windows has none
    bool point_to_point = true;   // topology p2p; Windows and openvpn3 have none
    bool redirect_flags6 = true;  // redirect-gateway ipv6: 2.4 and later
    friend bool operator==(const Dialect&, const Dialect&) = default;
};
Dialect dialect_of(const wire::PeerInfo& peer);

struct PushSubject {
    Ipv4 tunnel_address;  // the client's
    Ipv4 server_address;  // the gateway's inside the tunnel
    wire::PeerId peer_id = wire::peer_id_none;
    Dialect dialect;
};

PushOptions push_options(const bridge::SslServer& server, const Negotiated& agreed,
                         const PushSubject& subject);

}  // namespace kanmon::session
