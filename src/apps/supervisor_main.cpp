// kanmond: starts and watches broker, control and data. Options, directories, the one lock.
//
// RUN/            root, group kanmon: kanmond.pid, <name>.pid, broker.sock
// RUN/control/    control's own: bridge.sock
// STATE/broker/   root only: the journal        STATE/control/  control only: store, keys
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "apps/supervisor.h"
#include "base/address.h"
#include "base/log.h"
#include "base/unique_fd.h"

namespace {

using namespace kanmon;

constexpr int exit_cannot_start = 2;

struct Options {
    std::string state = "/var/lib/kanmon";
    std::string run = "/run/kanmon";
    std::string api = "127.0.0.1:8443";
    std::string http_loopback;
    std::string public_address;
    unsigned shards = 0;
    uid_t data_user = 64241;
    uid_t control_user = 64242;
    gid_t group = 64240;
    std::string programs;  // the directory of this program
};

using Checked = Expected<void, std::string>;

std::string problem(const std::string& what) {
    return what + ": " + std::strerror(errno);
}

Checked check_machine(const Options& options) {
    if (::geteuid() != 0)
        return unexpected<std::string>(
            "Kanmon needs root to make devices; start it with: sudo kanmond");
    const UniqueFd tun(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
    if (!tun)
        return unexpected(problem("/dev/net/tun cannot be used") +
                          "; load it with: modprobe tun - in a container pass the device in with: "
                          "--device /dev/net/tun --cap-add NET_ADMIN --cap-add SYS_ADMIN");
    if (::access("/usr/sbin/nft", X_OK) != 0)
        return unexpected<std::string>(
            "/usr/sbin/nft is missing; install it with: "
            "apt-get install nftables");
    for (const char* name : {"kanmon-broker", "kanmon-control", "kanmon-data"})
        if (::access((options.programs + "/" + name).c_str(), X_OK) != 0)
            return unexpected(std::string(name) + " is not beside kanmond in " + options.programs +
                              "; build all of Kanmon first");
    return {};
}

/// Owner and mode are set also when the directory is there already.
Checked make_directory(const std::string& path, uid_t user, gid_t group, mode_t mode) {
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
    if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST)
        return unexpected(problem("mkdir " + path));
    if (::chown(path.c_str(), user, group) != 0) return unexpected(problem("chown " + path));
    if (::chmod(path.c_str(), mode) != 0) return unexpected(problem("chmod " + path));
    return {};
}

Checked make_directories(const Options& options) {
    return make_directory(options.run, 0, options.group, 0750)
        .and_then([&] { return make_directory(options.state, 0, options.group, 0750); })
        .and_then([&] {
            return make_directory(options.run + "/control", options.control_user, options.group,
                                  0750);
        })
        .and_then([&] {
            return make_directory(options.state + "/control", options.control_user, options.group,
                                  0700);
        })
        .and_then([&] { return make_directory(options.state + "/broker", 0, 0, 0700); });
}

/// Control and data run as users of their own and must be able to walk to their directories.
Checked check_ancestors(const std::string& directory, const Options& options, const char* option) {
    std::error_code error;
    const auto whole = std::filesystem::canonical(directory, error);
    for (auto path = whole.parent_path(); path != path.root_path(); path = path.parent_path()) {
        struct stat status {};
        if (::stat(path.c_str(), &status) != 0) return unexpected(problem("stat " + path.string()));
        const bool by_group = status.st_gid == options.group && (status.st_mode & S_IXGRP) != 0;
        if (!by_group && (status.st_mode & S_IXOTH) == 0)
            return unexpected("Kanmon's own users cannot enter " + path.string() + ", so " +
                              whole.string() + " is of no use to them; choose another place with " +
                              option + ", or allow it with: chmod o+x " + path.string());
    }
    return {};
}

/// Held as long as the process lives. One lock for the run directory, one for the state: two
/// gateways may share neither.
Expected<UniqueFd, std::string> lock(const std::string& directory) {
    const std::string path = directory + "/kanmond.lock";
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!fd) return unexpected(problem("open " + path));
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
        return unexpected("another kanmond runs on " + directory +
                          "; stop it first, or choose other directories with --run and --state");
    return fd;
}

/// The address this machine would use towards the internet; no packet is sent.
std::string guess_public_address() {
    const UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(9);
    address.sin_addr.s_addr = htonl(0xc0000201);  // 192.0.2.1, for documentation
    socklen_t size = sizeof address;
    auto* generic = static_cast<sockaddr*>(static_cast<void*>(&address));
    if (::connect(fd.get(), generic, size) != 0 || ::getsockname(fd.get(), generic, &size) != 0)
        return "127.0.0.1";
    return to_string(Ipv4{ntohl(address.sin_addr.s_addr)});
}

apps::Program broker_program(const Options& options) {
    return {"broker",
            options.programs + "/kanmon-broker",
            {"--socket", options.run + "/broker.sock", "--state", options.state + "/broker",
             "--socket-group", std::to_string(options.group), "--control-uid",
             std::to_string(options.control_user), "--data-uid", std::to_string(options.data_user)},
            0,
            0};
}

apps::Program removal_program(const Options& options) {
    return {"broker",
            options.programs + "/kanmon-broker",
            {"--remove-all", "--state", options.state + "/broker"},
            0,
            0};
}

apps::Program control_program(const Options& options) {
    apps::Program program{
        "control",
        options.programs + "/kanmon-control",
        {"--state", options.state + "/control", "--bridge", options.run + "/control/bridge.sock",
         "--broker", options.run + "/broker.sock", "--api", options.api, "--public-address",
         options.public_address, "--data-uid", std::to_string(options.data_user)},
        options.control_user,
        options.group};
    if (!options.http_loopback.empty()) {
        program.arguments.push_back("--http-loopback");
        program.arguments.push_back(options.http_loopback);
    }
    return program;
}

apps::Program data_program(const Options& options) {
    apps::Program program{"data",
                          options.programs + "/kanmon-data",
                          {"--bridge", options.run + "/control/bridge.sock", "--broker",
                           options.run + "/broker.sock"},
                          options.data_user,
                          options.group};
    if (options.shards > 0) {
        program.arguments.push_back("--shards");
        program.arguments.push_back(std::to_string(options.shards));
    }
    return program;
}

/// Blocked and not ignored: an ignored SIGCHLD would take the children's ends away.
void block_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGCHLD, SIGHUP}) sigaddset(&signals, signal);
    ::sigprocmask(SIG_BLOCK, &signals, nullptr);
}

int supervise(const Options& options) {
    const std::string pid_path = options.run + "/kanmond.pid";
    apps::write_pid_file(pid_path, ::getpid());
    apps::Supervisor supervisor(options.run);
    supervisor.add(broker_program(options), options.run + "/broker.sock", 2s);
    supervisor.add(control_program(options), options.run + "/control/bridge.sock", 5s);
    supervisor.add(data_program(options), {}, 2s);
    log_event(Severity::info, "running", {{"api", options.api}, {"run", options.run}});
    supervisor.run();
    const bool clean = apps::Supervisor::run_to_its_end(removal_program(options), 30s);
    if (!clean) log_event(Severity::error, "traces remain in the kernel");
    for (const char* name : {"/broker.sock", "/control/bridge.sock", "/kanmond.pid"})
        ::unlink((options.run + name).c_str());
    return clean ? 0 : 1;
}

int fail(const std::string& sentence) {
    log_event(Severity::error, "kanmond cannot start", {{"problem", sentence}});
    return exit_cannot_start;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app{"Kanmon's supervisor: runs one SSL-VPN gateway"};
    app.add_option("--state", options.state, "directory that survives")->capture_default_str();
    app.add_option("--run", options.run, "directory of sockets and pid files")
        ->capture_default_str();
    app.add_option("--api", options.api, "ADDRESS:PORT of the HTTPS API")->capture_default_str();
    app.add_option("--http-loopback", options.http_loopback, "port of plain HTTP on 127.0.0.1");
    app.add_option("--public-address", options.public_address,
                   "address that bundles point to: IPv4, and after a comma IPv6");
    app.add_option("--shards", options.shards, "packet threads; by default one a processor");
    app.add_option("--data-uid", options.data_user, "user of the data process")
        ->capture_default_str();
    app.add_option("--control-uid", options.control_user, "user of the control process")
        ->capture_default_str();
    app.add_option("--group-id", options.group, "group that both share")->capture_default_str();
    CLI11_PARSE(app, argc, argv);

    ::close_range(3, ~0U, 0);  // whatever a careless parent left open
    open_log("kanmond", Severity::info);
    ::umask(0022);  // files with secrets get their modes explicitly; children start with 0077
    block_signals();
    std::error_code error;
    options.programs = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
    if (options.public_address.empty()) options.public_address = guess_public_address();
    if (auto checked = check_machine(options); !checked) return fail(checked.error());
    if (auto made = make_directories(options); !made) return fail(made.error());
    for (const auto& [directory, option] :
         {std::pair{options.run, "--run"}, std::pair{options.state, "--state"}})
        if (auto open = check_ancestors(directory, options, option); !open)
            return fail(open.error());
    const auto run_lock = lock(options.run);
    if (!run_lock) return fail(run_lock.error());
    const auto state_lock =
        options.run == options.state ? Expected<UniqueFd, std::string>{} : lock(options.state);
    if (!state_lock) return fail(state_lock.error());
    return supervise(options);
}
