// swarm: many OpenVPN clients in one process, to load and to size a gateway.
#include <CLI/CLI.hpp>

#include "base/log.h"
#include "swarm/modes.h"

using namespace kanmon;
using namespace kanmon::swarm;

namespace {

void add_profiles(CLI::App& mode, CommonOptions& options) {
    mode.add_option("PROFILE", options.profiles,
                    "client profiles (.ovpn); with several, clients take them in turn")
        ->required()
        ->check(CLI::ExistingFile);
    mode.add_option_function<std::string>(
            "--proto", [&options](const std::string& proto) { options.tcp = proto == "tcp"; },
            "udp or tcp: the first remote of that protocol is taken; else the first")
        ->check(CLI::IsMember({"udp", "tcp"}));
    mode.add_option("--ciphers", options.ciphers, "data ciphers that clients offer")
        ->capture_default_str();
    mode.add_option("--source", options.sources,
                    "local addresses, taken in turn: a gateway limits newcomers by network");
    mode.add_option("--username", options.username, "for profiles with auth-user-pass");
    mode.add_option("--password-file", options.password_file, "its first line is the password")
        ->check(CLI::ExistingFile);
    mode.add_option("--burst", options.burst, "datagrams of a client in one send, 1 to 64")
        ->check(CLI::Range(std::size_t{1}, io::SendBatch::segments_max))
        ->capture_default_str();
    mode.add_option("--renegotiate", options.renegotiate_seconds,
                    "seconds after which a client renews its key by itself; 0: never")
        ->check(CLI::Range(0U, 86400U))
        ->capture_default_str();
    mode.add_option("--give-up", options.give_up_seconds,
                    "seconds that a client may take to connect")
        ->check(CLI::Range(1U, 3600U))
        ->capture_default_str();
}

void add_crowd(CLI::App& mode, CommonOptions& options) {
    mode.add_option("--clients", options.clients, "how many, 1 to 60,000")
        ->check(CLI::Range(1U, clients_max))
        ->required();
    mode.add_option("--rate", options.per_second, "clients that start a second; 0: all at once")
        ->check(CLI::Range(0.0, 100000.0))
        ->capture_default_str();
}

void add_connect(CLI::App& app, ConnectOptions& options) {
    CLI::App* mode = app.add_subcommand("connect", "clients connect, stay and leave");
    add_profiles(*mode, options.common);
    add_crowd(*mode, options.common);
    mode->add_option("--hold", options.hold_seconds, "seconds that they stay")
        ->check(CLI::Range(0.0, 86400.0 * 30))
        ->capture_default_str();
}

void add_tunnel(CLI::App& app, TunnelOptions& options) {
    CLI::App* mode = app.add_subcommand(
        "tunnel", "one client with a TUN device, in batches both ways; needs CAP_NET_ADMIN");
    add_profiles(*mode, options.common);
    mode->add_option("--device", options.device, "name of the TUN device, 1 to 15 characters")
        ->check([](const std::string& name) {
            const bool fits = !name.empty() && name.size() <= 15;
            return fits ? std::string() : name + " is not 1 to 15 characters long";
        })
        ->capture_default_str();
    mode->add_option("--mtu", options.mtu,
                     "octets of a packet in the tunnel, 576 to 9000; if not given what makes\n"
                     "outer packets of 1,500")
        ->check(CLI::Range(576, 9000));
    mode->add_option("--seconds", options.seconds, "how long; 0: until SIGINT or SIGTERM")
        ->check(CLI::Range(0.0, 86400.0 * 30))
        ->capture_default_str();
}

void add_load(CLI::App& app, LoadOptions& options) {
    CLI::App* mode = app.add_subcommand(
        "load", "clients send and receive inner UDP, with `swarm echo` behind the server");
    add_profiles(*mode, options.common);
    add_crowd(*mode, options.common);
    mode->add_option("--target", options.target, "ADDRESS:PORT where swarm echo listens")
        ->required();
    mode->add_option("--active", options.active, "how many of the clients carry traffic")
        ->check(CLI::Range(1U, clients_max))
        ->capture_default_str();
    mode->add_option("--direction", options.direction, "echo, up or down")
        ->transform(CLI::CheckedTransformer(std::map<std::string, Direction>{
            {"echo", Direction::echo}, {"up", Direction::up}, {"down", Direction::down}}));
    mode->add_option("--octets", options.inner_octets,
                     "octets of an inner packet with its headers, 64 to 1500")
        ->check(CLI::Range(64, 1500))
        ->capture_default_str();
    mode->add_option("--window", options.window, "packets of a client under way, 16 to 4096")
        ->check(CLI::Range(16, 4096))
        ->capture_default_str();
    mode->add_option("--mbit", options.megabits_per_second,
                     "megabits a second of all clients together; 0: as fast as it goes")
        ->check(CLI::Range(0.0, 1e6))
        ->capture_default_str();
    mode->add_option("--seconds", options.seconds, "how long is counted, after a second's start")
        ->check(CLI::Range(0.1, 86400.0 * 30))
        ->capture_default_str();
}

void add_echo(CLI::App& app, EchoOptions& options) {
    CLI::App* mode = app.add_subcommand(
        "echo", "answers the clients of `load`; listen only where nobody else reaches it");
    mode->add_option("--listen", options.listen, "ADDRESS:PORT behind the server")->required();
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app(
        "Many OpenVPN clients in one process. Text for people goes to standard error, the result\n"
        "to standard output as one line of JSON. Exit status: 0 all went as asked, 1 clients\n"
        "failed or were lost, 2 it could not begin.");
    app.require_subcommand(1);
    ConnectOptions connect;
    TunnelOptions tunnel;
    LoadOptions load;
    EchoOptions echo;
    add_connect(app, connect);
    add_tunnel(app, tunnel);
    add_load(app, load);
    add_echo(app, echo);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? done : cannot_begin;
    }
    open_log("swarm", Severity::warning);
    watch_signals();
    if (app.got_subcommand("tunnel")) return run_tunnel(tunnel);
    if (app.got_subcommand("load")) return run_load(load);
    if (app.got_subcommand("echo")) return run_echo(echo);
    return run_connect(connect);
}
