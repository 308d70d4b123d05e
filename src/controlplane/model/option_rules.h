// What must fit what within one SSL server, and what its operator is warned of.
#pragma once

#include <string>
#include <vector>

#include "controlplane/model/ssl_server.h"

namespace kanmon::model {

/// Where the server listens: Proto and Port first, then the others as they were written.
std::vector<ExtraListener> listeners_of(const SslServer& server);

/// The settings against each other and against the original's. IllegalParam.<parameter>, with the
/// other parameter and a value that would work.
Outcome<void> check_options(const SslServer& server);

/// Sentences about what was allowed and is still dangerous or in vain. Empty for a sound server.
std::vector<std::string> warnings_of(const SslServer& server);

/// Of a server that knows its clients by their certificates, an address of the pool that a client
/// can have: net30: base + 4k + 2 with the first and the last
/// /30 left out; else any but the first two and the last. IllegalParam.StaticAddress.
Outcome<Ipv4> check_static_address(const SslServer& server, std::string_view text);
/// The same for an address that is known already.
bool can_be_given(const Cidr& pool, bridge::Topology topology, Ipv4 address);

/// An IPv6 network with the name of what has it.
struct Neighbour6 {
    Cidr6 cidr;
    std::string what;
};
/// Refuses a pool that overlaps any of `taken`, proposing a free one. IllegalParam.ClientIpv6Pool.
Outcome<void> check_pool6_overlap(const Cidr6& pool, const std::vector<Neighbour6>& taken);

}  // namespace kanmon::model
