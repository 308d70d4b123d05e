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

/// Rules for the servers of one namespace; all of them must be of the same namespace.
std::string rules_for(std::span<const bridge::WantedServer> servers);

/// Removes the table; succeeds also when there is none.
std::string rules_for_nothing();

}  // namespace kanmon::broker
