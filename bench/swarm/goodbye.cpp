// How a mode ends: on a signal or by itself, with every client's goodbye.
#include <csignal>

#include "base/clock.h"
#include "swarm/modes.h"

namespace kanmon::swarm {

namespace {

volatile std::sig_atomic_t stop = 0;

/// Not more at once than a server's receive buffer takes: who is not heard stays there for minutes.
constexpr std::uint32_t goodbyes_at_once = 32;
constexpr Duration between_goodbyes = 20ms;
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
    while (crowd.let_leave(goodbyes_at_once)) {
        const Instant next = boot_now() + between_goodbyes;
        for (Instant now = boot_now(); now < next; now = boot_now()) crowd.turn(next - now);
    }
    const Instant end = boot_now() + goodbye_max;
    while (!crowd.nobody_left() && boot_now() < end) crowd.turn();
}

}  // namespace kanmon::swarm
