// kanmon-broker: the only process with network privileges. See src/broker.
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>

#include "base/log.h"
#include "broker/confinement.h"
#include "broker/server.h"

namespace {

using namespace kanmon;

struct Options {
    std::string socket;
    std::string state;
    gid_t socket_group = 0;
    broker::ServerOptions server;
    bool remove_all = false;
};

int fail(const std::string& problem) {
    log_event(Severity::error, "broker cannot start", {{"problem", problem}});
    return 2;
}

/// The child of a broker that was killed keeps the lock until it has noticed; a living broker does
/// not let go of it.
constexpr int lock_tries = 100;
constexpr useconds_t lock_pause_microseconds = 20000;

bool take_lock(int fd) {
    for (int left = lock_tries; left > 0; --left) {
        if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return true;
        ::usleep(lock_pause_microseconds);
    }
    return false;
}

/// A journal that cannot be read is kept for people; what it named stays and is said so.
broker::Journal load(const broker::JournalFile& file) {
    auto journal = file.load();
    if (journal) return *journal;
    log_event(Severity::error, "journal set aside", {{"problem", journal.error()}});
    file.set_aside();
    return file.load().value_or(broker::Journal{});
}

int remove_all(broker::JournalFile& file) {
    auto journal = file.load();
    if (!journal) {
        log_event(Severity::error, "traces remain", {{"problem", journal.error()}});
        file.set_aside();
        return 1;
    }
    broker::LinuxKernel kernel;
    broker::Reconciler reconciler(kernel, file, std::move(*journal));
    const std::string problem = reconciler.remove_all();
    if (!problem.empty()) {
        log_event(Severity::error, "traces remain", {{"problem", problem}});
        return 1;
    }
    file.remove();
    return 0;
}

int serve(const Options& options, broker::JournalFile& file) {
    auto listener = bridge::PacketListener::listen(options.socket);
    if (!listener) return fail(listener.error());
    if (::chown(options.socket.c_str(), static_cast<uid_t>(-1), options.socket_group) != 0)
        return fail("chown " + options.socket + ": " + std::strerror(errno));
    if (auto confined = broker::confine_broker(); !confined) return fail(confined.error());
    broker::LinuxKernel kernel;
    broker::Reconciler reconciler(kernel, file, load(file));
    log_event(Severity::info, "broker ready", {{"socket", options.socket}});
    broker::Server server(std::move(*listener), kernel, reconciler, options.server);
    return server.run();
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app{"Kanmon's broker: holds devices, routes, rules and ports to the wanted state"};
    app.add_option("--socket", options.socket, "socket file for control and data");
    app.add_option("--state", options.state, "directory of the journal")->required();
    app.add_option("--socket-group", options.socket_group, "group of the socket file");
    app.add_option("--control-uid", options.server.control_uid, "uid that may want");
    app.add_option("--data-uid", options.server.data_uid, "uid that may open");
    app.add_flag("--allow-root", options.server.allow_root, "uid 0 may do both (tests)");
    app.add_flag("--remove-all", options.remove_all, "remove every trace and exit");
    CLI11_PARSE(app, argc, argv);

    open_log("kanmon-broker", Severity::info);
    ::umask(0077);
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
    ::sigprocmask(SIG_BLOCK, &signals, nullptr);
    if (::geteuid() != 0) return fail("root is needed; start it with sudo");
    if (::mkdir(options.state.c_str(), 0700) != 0 && errno != EEXIST)
        return fail("mkdir " + options.state + ": " + std::strerror(errno));
    const std::string lock_path = options.state + "/broker.lock";
    const UniqueFd lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock || !take_lock(lock.get()))
        return fail("another broker works on " + options.state + "; stop it first");
    broker::JournalFile file(options.state);
    if (options.remove_all) return remove_all(file);
    if (options.socket.empty()) return fail("--socket PATH is needed");
    return serve(options, file);
}
