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
            "udp or tcp: the first remote of that protocol is taken; udp if not given")
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

}  // namespace

int main(int argc, char** argv) {
    CLI::App app(
        "Many OpenVPN clients in one process. Text for people goes to standard error, the result\n"
        "to standard output as one line of JSON. Exit status: 0 all went as asked, 1 clients\n"
        "failed or were lost, 2 it could not begin.");
    app.require_subcommand(1);
    ConnectOptions connect;
    CLI::App* connect_mode = app.add_subcommand("connect", "clients connect, stay and leave");
    add_profiles(*connect_mode, connect.common);
    add_crowd(*connect_mode, connect.common);
    connect_mode->add_option("--hold", connect.hold_seconds, "seconds that they stay")
        ->check(CLI::Range(0.0, 86400.0 * 30))
        ->capture_default_str();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? done : cannot_begin;
    }
    open_log("swarm", Severity::warning);
    watch_signals();
    return run_connect(connect);
}
