// Commands about what clients may reach, and about clients that are kept away.
#pragma once

#include "apps/kanmon/command.h"

namespace kanmon::apps {

std::vector<Command> access_commands();

}  // namespace kanmon::apps
