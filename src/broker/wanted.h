// Whether a wanted state is one the broker may make at all. Pure.
//
// Control is trusted to say what it wants, not to be free of mistakes or of an intruder: names and
// numbers that reach the kernel are held to narrow forms here, before anything is done with them.
#pragma once

#include <string>
#include <string_view>

#include "bridge/broker_messages.h"

namespace kanmon::broker {

/// A sentence that names the first thing that cannot be, or empty.
std::string problem_with(const bridge::Want& want);

/// Words for people: "the namespace vpc-1" or "the host".
std::string place_of(std::string_view vpc_namespace);

}  // namespace kanmon::broker
