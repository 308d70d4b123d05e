// kanmon-data: the process that carries the packets. Options, privileges, signals; the rest is in
// dataplane/io.
#include <malloc.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/time.h>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <csignal>
#include <thread>

#include "base/log.h"
#include "dataplane/crypto/aead.h"
#include "dataplane/io/confinement.h"
#include "dataplane/io/data_process.h"

namespace {

using namespace kanmon;

constexpr Duration goodbye_patience = 1500ms;

struct Options {
    io::DataProcessOptions process;
    io::ConfinementOptions confinement;
};

std::uint32_t processors() {
    return std::clamp(std::thread::hardware_concurrency(), 1u, io::DataProcessOptions::shards_max);
}

/// One heap that grows in large steps: the per-thread ones of glibc grow by single pages, with a
/// system call for each, and a handshake's memory wanders from the worker to the shard anyway.
void shape_heap() {
    constexpr int step_octets = 1 << 20;
    ::mallopt(M_ARENA_MAX, 1);
    ::mallopt(M_TOP_PAD, step_octets);
}

/// Blocked before threads start, so that only `wait_for_end` ever sees them.
sigset_t block_signals() {
    std::signal(SIGPIPE, SIG_IGN);
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    return signals;
}

void wait_for_end(const sigset_t& signals) {
    int signal = 0;
    while (sigwait(&signals, &signal) != 0) {
    }
    log_event(Severity::info, "stopping", {{"signal", std::to_string(signal)}});
}

/// A TCP client is a descriptor; the usual soft limit of 1,024 is for programs that use select.
void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

int serve(const Options& options) {
    open_log("kanmon-data", Severity::info);
    raise_descriptor_limit();
    const sigset_t signals = block_signals();
    if (const auto confined = io::confine(options.confinement); !confined) {
        log_event(Severity::error, "cannot give up privileges", {{"why", confined.error()}});
        return 1;
    }
    io::DataProcess process(options.process);
    log_event(Severity::info, "ready",
              {{"shards", std::to_string(options.process.shards)},
               {"tls_workers", std::to_string(options.process.tls_workers)},
               {"ciphers", crypto::describe_aead_back_ends()}});
    wait_for_end(signals);
    process.say_goodbye(goodbye_patience);
    return 0;
}

}  // namespace

int main(int count, char** words) {
    shape_heap();
    CLI::App app{"Carries the packets of a Kanmon gateway"};
    Options options;
    options.process.shards = processors();
    options.process.tls_workers = processors() > 2 ? 2 : 1;
    app.add_option("--bridge", options.process.bridge_path, "socket of the control process")
        ->required();
    app.add_option("--broker", options.process.broker_path, "socket of the broker")->required();
    app.add_option("--shards", options.process.shards, "packet threads")
        ->check(CLI::Range(1u, io::DataProcessOptions::shards_max))
        ->capture_default_str();
    app.add_option("--tls-workers", options.process.tls_workers, "handshake threads")
        ->check(CLI::Range(1u, 64u))
        ->capture_default_str();
    app.add_option("--uid", options.confinement.user, "user to become");
    app.add_option("--gid", options.confinement.group, "group to become");
    CLI11_PARSE(app, count, words);
    return serve(options);
}
