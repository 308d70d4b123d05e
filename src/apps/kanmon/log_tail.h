// Shows records of the log, page by page, and with --follow those to come, until it is stopped.
//
// Promises: each record once, in the order of arrival; with --json each is one line of JSON.
// Limits:   `records_a_call` in memory; a gateway that went away is asked again every second.
#pragma once

#include "apps/kanmon/run_command.h"

namespace kanmon::apps {

int run_tail(ApiClient& client, Invocation invocation);

}  // namespace kanmon::apps
