// The only program the broker starts: /usr/sbin/nft with the fixed arguments `-f -`.
//
// It runs in the network namespace of the calling thread. Its input is a memory file made by
// rules.cpp; no shell, an empty environment, no descriptor but its three.
#pragma once

#include <string>

#include "base/result.h"

namespace kanmon::broker {

/// The error is what nft said.
Expected<void, std::string> run_nft(const std::string& rules);

}  // namespace kanmon::broker
