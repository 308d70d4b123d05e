// The commands for what leads to other sites: vSwitches, customer gateways, IPsec
// connections, routes, tags.
#pragma once

#include "apps/kanmon/command.h"

namespace kanmon::apps {

std::vector<Command> site_commands();

}  // namespace kanmon::apps
