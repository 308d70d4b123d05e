// The commands for client certificates, authorities and the events that tell of their ends.
#pragma once

#include "apps/kanmon/command.h"

namespace kanmon::apps {

std::vector<Command> certificate_commands();

}  // namespace kanmon::apps
