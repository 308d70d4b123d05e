// How a mode ends: on a signal or by itself, with every client's goodbye.
#include <csignal>

#include "base/clock.h"
#include "swarm/modes.h"

namespace kanmon::swarm {

namespace {

volatile std::sig_atomic_t stop = 0;

/// A goodbye is sent twice a second apart, or acknowledged within five.
constexpr Duration goodbye_max = 8s;

void take_signal(int) {
    stop = 1;
}

}  // namespace

void watch_signals() {
    struct sigaction action {};
    action.sa_handler = take_signal;
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
}

bool stop_asked() {
    return stop != 0;
}

void say_goodbye(Crowd& crowd) {
    crowd.leave_all();
    const Instant end = boot_now() + goodbye_max;
    while (!crowd.nobody_left() && boot_now() < end) crowd.turn();
}

}  // namespace kanmon::swarm
