// The settings of an SSL server on the command line: what can be given, and what is shown.
#pragma once

#include "apps/kanmon/command.h"

namespace kanmon::apps {

/// For both `server create` and `server modify`.
const std::vector<CommandArgument>& server_settings();
/// One server, name by value; what is as usual is left out.
const std::vector<Column>& server_details();

}  // namespace kanmon::apps
