// kanmon-control: the control plane as a process. Its loop is in control_loop.h, the HTTP side runs
// in threads of its own and meets the loop only in the use cases (usecases/ports.h says how).
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <curl/curl.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstring>

#include "apps/control_loop.h"
#include "apps/control_state.h"
#include "apps/event_places.h"
#include "apps/flow_desk.h"
#include "apps/no_execution.h"
#include "apps/service_notify.h"
#include "base/clock.h"
#include "base/log.h"
#include "controlplane/adapters/argon2_hasher.h"
#include "controlplane/adapters/audit_head_file.h"
#include "controlplane/adapters/openssl_authority.h"
#include "controlplane/adapters/worker_pool.h"
#include "controlplane/adapters/zip_archiver.h"
#include "controlplane/api/service.h"

namespace {

using namespace kanmon;

/// Passwords are computed two at a time; a third thread would only wait.
constexpr unsigned login_threads = 2;

/// As many TUN queues as the data process has shards, by the same default.
std::uint16_t processors() {
    return static_cast<std::uint16_t>(std::clamp<long>(::sysconf(_SC_NPROCESSORS_ONLN), 1, 64));
}

struct Options {
    std::string state;
    std::string bridge;
    gid_t bridge_group = static_cast<gid_t>(-1);
    std::string api = "127.0.0.1:8443";
    std::string certificate;
    std::string key;
    std::uint16_t http_loopback = 0;
    std::vector<std::string> public_addresses;
    std::uint16_t tun_queues = processors();
    api::RequestRate rate;
    std::uint32_t log_megabytes = 80;
    std::uint32_t log_days = 90;
    std::uint32_t meter_megabytes = 200;
    apps::ControlLoopOptions loop;
    std::string syslog_socket;
    bool webhook_on_input = false;
    std::string webhook_ca;
    std::vector<std::string> webhook_allow;
};

constexpr Duration alive_every = 5s;

int fail(const std::string& problem) {
    log_event(Severity::error, "control cannot start", {{"problem", problem}});
    return 2;
}

/// No core dump and no debugger: keys pass through this process in clear.
bool confine() {
    const rlimit no_core{0, 0};
    return ::setrlimit(RLIMIT_CORE, &no_core) == 0 &&
           ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
}

UniqueFd catch_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    return UniqueFd(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
}

struct PublicAddresses {
    std::vector<Ipv4> v4;
    std::optional<Ipv6> v6;
};

Expected<PublicAddresses, std::string> read_addresses(const std::vector<std::string>& texts) {
    PublicAddresses addresses;
    for (const std::string& text : texts) {
        if (const auto v4 = parse_ipv4(text))
            addresses.v4.push_back(*v4);
        else if (const auto v6 = parse_ipv6(text); v6 && !addresses.v6)
            addresses.v6 = *v6;
        else if (v6)
            return unexpected("--public-address " + text + " is a second IPv6 address");
        else
            return unexpected("--public-address " + text + " is not an IP address");
    }
    if (addresses.v4.empty())
        return unexpected(std::string("--public-address needs an IPv4 address"));
    return addresses;
}

/// A fifth of the log is for strangers; of the meters an eighth for minutes of servers, three for
/// their hours, two each for minutes and hours of clients.
apps::RecordLimits record_limits(const Options& options) {
    constexpr std::uint64_t point_octets = 256;
    const std::uint64_t octets = std::uint64_t{options.log_megabytes} << 20;
    const std::uint64_t eighth = (std::uint64_t{options.meter_megabytes} << 20) / point_octets / 8;
    return {.log = {.client_octets_max = octets - octets / 5,
                    .stranger_octets_max = octets / 5,
                    .age_max = std::chrono::days(options.log_days)},
            .meters = {.server_minutes_max = eighth,
                       .server_hours_max = 3 * eighth,
                       .client_minutes_max = 2 * eighth,
                       .client_hours_max = 2 * eighth}};
}

Expected<std::unique_ptr<api::Service>, std::string> start_api(const Options& options,
                                                               const PublicAddresses& addresses,
                                                               usecases::ControlPlane& plane) {
    api::ServiceOptions service{.listen = options.api,
                                .plain_listen = {},
                                .state_folder = options.state,
                                .metrics_token_file = options.state + "/metrics-token",
                                .certificate_file = options.certificate,
                                .key_file = options.key,
                                .certificate_addresses = {.v4 = addresses.v4, .v6 = {}},
                                .rate = options.rate};
    if (addresses.v6) service.certificate_addresses.v6.push_back(*addresses.v6);
    if (options.http_loopback != 0)
        service.plain_listen = "127.0.0.1:" + std::to_string(options.http_loopback);
    return api::Service::start(service, plane);
}

Expected<model::AllowedTargets, std::string> read_networks(const std::vector<std::string>& texts) {
    model::AllowedTargets networks;
    for (const std::string& text : texts) {
        if (const auto v4 = parse_cidr(text))
            networks.v4.push_back(*v4);
        else if (const auto v6 = parse_cidr6(text))
            networks.v6.push_back(*v6);
        else
            return unexpected("--webhook-allow " + text + " is no CIDR");
    }
    return networks;
}

Expected<apps::EventPlacesOptions, std::string> event_places(const Options& options) {
    apps::EventPlacesOptions places{.syslog_socket = options.syslog_socket, .webhook = {}};
    if (!options.webhook_on_input) return places;
    auto input = apps::read_webhook_input(STDIN_FILENO);
    if (!input) return unexpected(input.error());
    auto allowed = read_networks(options.webhook_allow);
    if (!allowed) return unexpected(allowed.error());
    places.webhook = adapters::WebhookOptions{.url = std::move(input->url),
                                              .secret = std::move(input->secret),
                                              .ca_file = options.webhook_ca,
                                              .allowed = std::move(*allowed)};
    return places;
}

Expected<bridge::PacketListener, std::string> listen_for_data(const Options& options) {
    auto listener = bridge::PacketListener::listen(options.bridge);
    if (!listener) return listener;
    if (options.bridge_group != static_cast<gid_t>(-1) &&
        ::chown(options.bridge.c_str(), static_cast<uid_t>(-1), options.bridge_group) != 0)
        return unexpected("chown " + options.bridge + ": " + std::strerror(errno));
    return listener;
}

/// Nothing that this program does changes a row; somebody with the file may.
void tell_of_a_changed_audit_log(usecases::AuditWatch& watch) {
    for (const std::string& sentence : watch.check(unix_now()))
        log_event(Severity::error, "the audit log is not what was written",
                  {{"problem", sentence}});
}

void log_unkept_head(const Expected<void, std::string>& kept) {
    if (!kept)
        log_event(Severity::warning, "the end of the audit log was not kept",
                  {{"problem", kept.error()}});
}

int serve(const Options& options, int signals) {
    const auto addresses = read_addresses(options.public_addresses);
    if (!addresses) return fail(addresses.error());
    SystemRandom random;
    auto state = apps::open_control_state(options.state, record_limits(options), random);
    if (!state) return fail(state.error());
    const auto authority = adapters::make_openssl_authority(random);
    const auto archiver = adapters::make_zip_archiver();
    const auto hasher = adapters::make_argon2_hasher(random);
    adapters::WorkerPool workers(login_threads);
    apps::ControlOrders orders;
    apps::FlowDesk flows(orders);
    usecases::Ports ports{.books = *state->books,
                          .log = *state->log,
                          .meters = *state->meters,
                          .authority = *authority,
                          .sealer = *state->sealer,
                          .archiver = *archiver,
                          .hasher = *hasher,
                          .workers = workers,
                          .gatekeeper = orders,
                          .flows = flows,
                          .random = random,
                          .installation = {.public_addresses = addresses->v4,
                                           .public_address6 = addresses->v6,
                                           .tun_queues = options.tun_queues}};
    adapters::AuditHeadFile audit_head(options.state + "/audit-head", *state->sealer);
    usecases::AuditWatch audit_watch(ports, audit_head);
    tell_of_a_changed_audit_log(audit_watch);
    usecases::ControlPlane plane(ports);
    usecases::Enforcement enforcement(ports, apps::boot_name());
    const auto root = plane.accounts.ensure_root(unix_now());
    if (!root) return fail(root.error().message);
    if (auto written = apps::write_root_key(options.state, *root); !written)
        return fail(written.error());
    auto listener = listen_for_data(options);
    if (!listener) return fail(listener.error());
    const auto service = start_api(options, *addresses, plane);
    if (!service) return fail(service.error());
    apps::ControlLoopOptions loop_options = options.loop;
    loop_options.strangers = [&service = **service](UniqueFd connection) {
        service.adopt(std::move(connection));
    };
    loop_options.flows_told = [&](std::uint64_t question, bridge::FlowAnswer answer) {
        flows.take(question, std::move(answer));
    };
    auto places = event_places(options);
    if (!places) return fail(places.error());
    const apps::EventPlaces event_places(options.state, std::move(*places));
    const auto notify = apps::ServiceNotify::from_environment();
    Instant alive_again{};
    loop_options.now_and_then = [&, &service = **service] {
        service.follow_certificate(boot_now());
        log_unkept_head(audit_watch.keep(boot_now()));
        if (boot_now() < alive_again) return;
        alive_again = boot_now() + alive_every;
        notify.say("WATCHDOG=1");
    };
    loop_options.configured = [&] {
        notify.say("READY=1\nSTATUS=Serves the API on " + options.api);
    };
    loop_options.hang_up = [&service = **service] { service.reload_certificate(); };
    apps::ControlLoop loop(plane, enforcement, orders, std::move(*listener),
                           std::move(loop_options));
    log_event(Severity::info, "control ready", {{"api", options.api}, {"bridge", options.bridge}});
    const int code = loop.run(signals);
    log_unkept_head(audit_watch.keep_last());
    workers.stop();  // its jobs use what ends now
    return code;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app{"Kanmon's control plane: API, resources, certificates, leases"};
    app.add_option("--state", options.state, "state folder")->required();
    app.add_option("--bridge", options.bridge, "socket file for the data process")->required();
    app.add_option("--bridge-group", options.bridge_group, "group of that socket file");
    app.add_option("--broker", options.loop.broker_path, "socket file of the broker");
    app.add_option("--api", options.api, "ADDRESS:PORT of the HTTPS API; empty: none");
    app.add_option("--certificate", options.certificate,
                   "PEM for the API; read again when it changes. Without it one is made");
    app.add_option("--key", options.key, "PEM of its key");
    app.add_option("--http-loopback", options.http_loopback, "port of plain HTTP on 127.0.0.1");
    app.add_option("--api-rate", options.rate.per_second,
                   "requests a second that are taken of one access key (100)")
        ->check(CLI::Range(1, 1'000'000));
    app.add_option("--api-burst", options.rate.burst,
                   "requests that one may send at once before the rate counts (200)")
        ->check(CLI::Range(1, 1'000'000));
    app.add_option("--public-address", options.public_addresses,
                   "address that clients connect to: IPv4, several times for several; one IPv6")
        ->required()
        ->delimiter(',');
    app.add_option("--tun-queues", options.tun_queues, "queues of each TUN device")
        ->check(CLI::Range(1, 64));
    app.add_option("--log-megabytes", options.log_megabytes,
                   "size of the log of connection attempts; a fifth of it for strangers")
        ->check(CLI::Range(5, 10000))
        ->capture_default_str();
    app.add_option("--meter-megabytes", options.meter_megabytes,
                   "size of what is kept of traffic: minutes of a day, hours of a year")
        ->check(CLI::Range(5, 10000))
        ->capture_default_str();
    app.add_option("--log-days", options.log_days, "age at which its records go")
        ->check(CLI::Range(1, 3660))
        ->capture_default_str();
    app.add_option("--data-uid", options.loop.data_uid, "uid of the data process")->required();
    app.add_flag("--allow-root", options.loop.allow_root, "uid 0 may be the data process (tests)");
    app.add_option("--syslog", options.syslog_socket, "socket that events go to, such as /dev/log");
    app.add_flag("--webhook-on-input", options.webhook_on_input,
                 "events go to the address in the first line of standard input, signed with the "
                 "rest of it");
    app.add_option("--webhook-ca", options.webhook_ca, "PEM of the authorities to trust there");
    app.add_option("--webhook-allow", options.webhook_allow, "private networks that it may be in")
        ->delimiter(',');
    app.get_option("--certificate")->needs("--key");
    app.get_option("--key")->needs("--certificate");
    CLI11_PARSE(app, argc, argv);

    open_log("kanmon-control", Severity::info);
    curl_global_init(CURL_GLOBAL_DEFAULT);  // before there are threads
    ::umask(0077);
    const UniqueFd signals = catch_signals();
    if (!confine()) return fail("the process cannot confine itself");
    if (!apps::refuse_execution())
        log_event(Severity::warning, "no seccomp here: programs could be started");
    return serve(options, signals.get());
}
