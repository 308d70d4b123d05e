// chaos: a seeded relay that spoils a path. SIGUSR1 rebinds, SIGTERM ends.
//
//     chaos udp --listen 10.0.0.2:1194 --to 10.0.0.1:1194 --seed 7 --up loss=0.1 --down loss=0.1
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

#include "chaos/relay.h"

namespace kanmon::chaos {

volatile bool stop_asked = false;
volatile bool rebind_asked = false;

}  // namespace kanmon::chaos

namespace {

using namespace kanmon;

Endpoint endpoint_or_die(const std::string& text) {
    const auto colon = text.rfind(':');
    const auto address = parse_ipv4(std::string_view(text).substr(0, colon));
    if (colon == std::string::npos || !address)
        throw CLI::ValidationError("not A.B.C.D:PORT: " + text);
    return Endpoint::v4(*address, static_cast<std::uint16_t>(std::stoi(text.substr(colon + 1))));
}

chaos::Impairment impairment_or_die(const std::string& text) {
    const auto impairment = chaos::parse_impairment(text);
    if (!impairment) throw CLI::ValidationError(impairment.error());
    return *impairment;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app(
        "spoils a path: loss, delay, jitter, reordering, duplicates, corruption, rebinding");
    std::string kind, listen, to, up, down;
    chaos::RelayOptions options;
    double rebind_seconds = 0;
    app.add_option("kind", kind, "udp, tcp or tun")
        ->required()
        ->check(CLI::IsMember({"udp", "tcp", "tun"}));
    app.add_option("--listen", listen, "ADDRESS:PORT, for tun the left device")->required();
    app.add_option("--to", to, "ADDRESS:PORT of the server, for tun the right device")->required();
    app.add_option("--seed", options.seed, "same seed, same fate");
    app.add_option("--up", up, "impairments toward the server: loss=0.1,delay=20ms,…");
    app.add_option("--down", down, "impairments toward the client");
    app.add_option("--rebind-every", rebind_seconds, "seconds between new source ports");
    std::string problem;
    try {
        app.parse(argc, argv);
        options.up = impairment_or_die(up);
        options.down = impairment_or_die(down);
        options.rebind_every = Duration(static_cast<std::int64_t>(rebind_seconds * 1e9));
        std::signal(SIGTERM, [](int) { chaos::stop_asked = true; });
        std::signal(SIGINT, [](int) { chaos::stop_asked = true; });
        std::signal(SIGUSR1, [](int) { chaos::rebind_asked = true; });
        if (kind == "udp")
            problem = relay_udp(endpoint_or_die(listen), endpoint_or_die(to), options);
        else if (kind == "tcp")
            problem = relay_tcp(endpoint_or_die(listen), endpoint_or_die(to), options);
        else
            problem = relay_tun(listen, to, options);
    } catch (const CLI::ParseError& error) {
        return app.exit(error);
    }
    if (!problem.empty()) std::fprintf(stderr, "chaos: %s\n", problem.c_str());
    return problem.empty() ? 0 : 1;
}
