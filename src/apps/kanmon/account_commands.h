// The commands for accounts, their access keys and what was done with them.
#pragma once

#include "apps/kanmon/command.h"

namespace kanmon::apps {

std::vector<Command> account_commands();

}  // namespace kanmon::apps
