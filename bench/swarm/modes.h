// The modes of swarm. Each runs until it is done or `stop_asked`, and returns the exit status:
// 0 all as asked, 1 something failed or was lost, 2 it could not begin.
#pragma once

#include "swarm/options.h"

namespace kanmon::swarm {

inline constexpr int done = 0, something_failed = 1, cannot_begin = 2;

struct ConnectOptions {
    CommonOptions common;
    double hold_seconds = 0;
};
int run_connect(const ConnectOptions& options);

/// Lets SIGINT and SIGTERM end a mode in good order: clients say goodbye, the result is printed.
void watch_signals();
bool stop_asked();

/// Everybody says goodbye; waits for the last word, not longer than a few seconds.
void say_goodbye(Crowd& crowd);

}  // namespace kanmon::swarm
