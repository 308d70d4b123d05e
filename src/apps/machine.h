// What kanmond needs of the machine before it starts anything: privileges, devices, directories,
// locks. Floor 6. Every error is a sentence that says what to do.
//
// RUN/            root, group kanmon: kanmond.pid, <name>.pid, broker.sock
// RUN/control/    control's own: bridge.sock
// STATE/broker/   root only: the journal        STATE/control/  control only: store, keys
#pragma once

#include <string>

#include "apps/gateway_programs.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace kanmon::apps {

/// Root, /dev/net/tun, nft, and the programs beside this one.
Expected<void, std::string> check_machine(const Installation& installation);

/// Makes what is missing; owners and modes are set also where it is there already. Refuses places
/// that Kanmon's own users cannot walk to.
Expected<void, std::string> make_directories(const Installation& installation);

/// Held as long as the descriptor lives. Two gateways may share neither directory.
Expected<UniqueFd, std::string> lock_directory(const std::string& directory);

/// The address this machine would use towards the internet; no packet is sent.
std::string guess_public_address();

}  // namespace kanmon::apps
