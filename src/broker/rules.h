// The nftables rules of one namespace as one transaction for `nft -f -`. Pure.
//
// Promises: touches the table `inet kanmon` and nothing else, so that other tables of the namespace
//           keep working; applying it twice is the same as once; it is replaced whole or not at
//           all.
// Why each rule stands is said where it is written (rules.cpp).
#pragma once

#include <span>
#include <string>

#include "bridge/broker_messages.h"

namespace kanmon::broker {

struct PortRange {
    std::uint16_t first = 0, last = 0;
    friend bool operator==(const PortRange&, const PortRange&) = default;
};

/// The longest run of unprivileged ports in which nobody listens: what source NAT may use.
PortRange ports_without(std::span<const bridge::Listener> listeners);

/// Rules for the servers of one namespace, all of which must be of it, and for the listeners whose
/// sockets are in it.
std::string rules_for(std::span<const bridge::WantedServer> servers,
                      std::span<const bridge::Listener> listeners);

/// Removes the table; succeeds also when there is none.
std::string rules_for_nothing();

}  // namespace kanmon::broker
