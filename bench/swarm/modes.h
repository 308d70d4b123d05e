// The modes of swarm. Each runs until it is done or `stop_asked`, and returns the exit status:
// 0 all as asked, 1 something failed or was lost, 2 it could not begin.
#pragma once

#include "swarm/flow.h"
#include "swarm/options.h"

namespace kanmon::swarm {

inline constexpr int done = 0, something_failed = 1, cannot_begin = 2;

struct ConnectOptions {
    CommonOptions common;
    double hold_seconds = 0;
};
int run_connect(const ConnectOptions& options);

struct TunnelOptions {
    CommonOptions common;
    std::string device = "swarm0";
    std::uint16_t mtu = 0;  // 0: what makes full outer packets
    double seconds = 0;     // 0: until a signal
};
int run_tunnel(const TunnelOptions& options);

struct LoadOptions {
    CommonOptions common;
    std::string target;  // ADDRESS:PORT of a `swarm echo` behind the server
    Direction direction = Direction::echo;
    std::uint32_t active = 1;  // clients
    std::size_t inner_octets = 1350;
    std::uint32_t window = 64;       // packets under way of a client
    double megabits_per_second = 0;  // of all clients together; 0: as fast as it goes
    double seconds = 10;
};
int run_load(const LoadOptions& options);

struct EchoOptions {
    std::string listen;  // ADDRESS:PORT
};
int run_echo(const EchoOptions& options);

/// Lets SIGINT and SIGTERM end a mode in good order: clients say goodbye, the result is printed.
void watch_signals();
bool stop_asked();

/// Everybody says goodbye; waits for the last word, not longer than a few seconds.
void say_goodbye(Crowd& crowd);

}  // namespace kanmon::swarm
