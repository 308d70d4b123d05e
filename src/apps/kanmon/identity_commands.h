// The commands for identity sources: users, groups, applications.
#pragma once

#include "apps/kanmon/command.h"

namespace kanmon::apps {

std::vector<Command> identity_commands();

}  // namespace kanmon::apps
