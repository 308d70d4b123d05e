#include "apps/supervisor.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "base/clock.h"
#include "base/log.h"
#include "base/unique_fd.h"

namespace kanmon::apps {

namespace {

constexpr Duration socket_patience = 5s;
constexpr Duration turn = 10ms;
constexpr int notices_a_turn = 64;
constexpr Duration oversleeping = 5s;  // more than a busy machine's delay

void sleep_for(Duration duration) {
    ::poll(nullptr, 0, static_cast<int>(duration / 1ms));
}

bool exists(const std::string& path) {
    return ::access(path.c_str(), F_OK) == 0;
}

/// True when the child ended within the patience; its status is in `status`.
bool wait_for_end(pid_t pid, Duration patience, int& status) {
    const Instant end = boot_now() + patience;
    for (;;) {
        const pid_t ended = ::waitpid(pid, &status, WNOHANG);
        if (ended == pid) return true;
        if (ended < 0 || boot_now() >= end) return false;
        sleep_for(turn);
    }
}

}  // namespace

void write_pid_file(const std::string& path, pid_t pid) {
    // Whole or not at all: a reader never sees half a number.
    const std::string fresh = path + ".new";
    std::ofstream(fresh) << pid << '\n';
    ::chmod(fresh.c_str(), 0644);
    ::rename(fresh.c_str(), path.c_str());
}

std::string Supervisor::pid_path(const Program& program) const {
    return run_directory_ + "/" + program.name + ".pid";
}

void Supervisor::add(Program program, const std::string& socket, Duration patience_at_end) {
    if (!socket.empty()) ::unlink(socket.c_str());
    charges_.push_back(
        {.program = std::move(program), .patience_at_end = patience_at_end, .delay = {}});
    start_charge(charges_.back());
    if (socket.empty()) return;
    const Instant end = boot_now() + socket_patience;
    while (!exists(socket) && boot_now() < end) {
        sleep_for(turn);
        note_deaths();
        start_what_is_due();
    }
}

void Supervisor::start_charge(Charge& charge) {
    charge.started = charge.quiet_since = boot_now();
    const auto pid = start(charge.program);
    if (!pid) {
        log_event(Severity::error, "start failed", {{"problem", pid.error()}});
        charge.start_again = boot_now() + charge.delay.after(Duration(0));
        return;
    }
    charge.pid = *pid;
    write_pid_file(pid_path(charge.program), *pid);
    log_event(Severity::info, "started",
              {{"program", charge.program.name}, {"pid", std::to_string(*pid)}});
}

void Supervisor::note_deaths() {
    for (Charge& charge : charges_) {
        int status = 0;
        if (charge.pid == 0 || ::waitpid(charge.pid, &status, WNOHANG) != charge.pid) continue;
        const Instant now = boot_now();
        const Duration delay = charge.delay.after(now - charge.started);
        log_event(Severity::error, "died",
                  {{"program", charge.program.name},
                   {"pid", std::to_string(charge.pid)},
                   {"end", words_of_end(status)},
                   {"lived_ms", std::to_string((now - charge.started) / 1ms)},
                   {"again_in_ms", std::to_string(delay / 1ms)}});
        charge.pid = 0;
        charge.heard = false;
        charge.start_again = now + delay;
        ::unlink(pid_path(charge.program).c_str());
    }
}

void Supervisor::start_what_is_due() {
    for (Charge& charge : charges_)
        if (charge.pid == 0 && charge.start_again <= boot_now()) start_charge(charge);
}

std::optional<Instant> Supervisor::Charge::hangs_at() const {
    if (pid == 0 || program.silence_max == Duration(0)) return std::nullopt;
    return quiet_since + (heard ? program.silence_max : program.first_word_max);
}

Instant Supervisor::next_turn() const {
    Instant next = boot_now() + 1h;
    for (const Charge& charge : charges_) {
        if (charge.pid == 0) next = std::min(next, charge.start_again);
        if (const auto hangs_at = charge.hangs_at()) next = std::min(next, *hangs_at);
    }
    if (manager_.watchdog_every() > Duration(0)) next = std::min(next, tell_again_);
    return next;
}

void Supervisor::wait(int signals) {
    planned_ = next_turn();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(planned_ - boot_now());
    std::array<pollfd, 2> watched{{{signals, POLLIN, 0}, {notices_.fd(), POLLIN, 0}}};
    ::poll(watched.data(), watched.size(),
           static_cast<int>(std::max<std::int64_t>(0, left.count())));
}

void Supervisor::take_notices() {
    const Instant now = boot_now();
    for (int left = notices_a_turn; left > 0; --left) {
        const auto notice = notices_.take();
        if (!notice) break;
        const auto from = std::ranges::find_if(charges_, [&](const Charge& charge) {
            return charge.pid == notice->from && charge.program.silence_max > Duration(0);
        });
        if (from == charges_.end()) continue;  // nobody's word counts but theirs
        from->quiet_since = now;
        from->heard = true;
        if (!notice->ready || ready_) continue;
        ready_ = true;
        log_event(Severity::info, "ready", {{"program", from->program.name}});
        manager_.say("READY=1\nSTATUS=" + notice->status);
    }
    // Whoever sleeps hears nothing: after a machine's sleep all get their time anew.
    if (now > planned_ + oversleeping)
        for (Charge& charge : charges_) charge.quiet_since = now;
}

void Supervisor::end_what_hangs() {
    for (Charge& charge : charges_) {
        const auto hangs_at = charge.hangs_at();
        if (!hangs_at || boot_now() < *hangs_at) continue;
        log_event(Severity::error, "hangs, and is killed",
                  {{"program", charge.program.name},
                   {"pid", std::to_string(charge.pid)},
                   {"silent_ms", std::to_string((boot_now() - charge.quiet_since) / 1ms)}});
        charge.quiet_since = boot_now();
        ::kill(charge.pid, SIGKILL);
    }
}

void Supervisor::tell_manager() {
    if (manager_.watchdog_every() == Duration(0) || boot_now() < tell_again_) return;
    tell_again_ = boot_now() + manager_.watchdog_every();
    manager_.say("WATCHDOG=1");
}

void Supervisor::run() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGCHLD, SIGHUP}) sigaddset(&signals, signal);
    const UniqueFd events(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
    planned_ = boot_now();
    for (bool ends = false; !ends;) {
        note_deaths();
        take_notices();
        end_what_hangs();
        start_what_is_due();
        tell_manager();
        wait(events.get());
        signalfd_siginfo event{};
        while (::read(events.get(), &event, sizeof event) == sizeof event) {
            if (event.ssi_signo == SIGHUP) hang_up();
            ends = ends || event.ssi_signo == SIGTERM || event.ssi_signo == SIGINT;
        }
    }
    log_event(Severity::info, "stopping");
    manager_.say("STOPPING=1\nSTATUS=Taking everything down");
    for (; !charges_.empty(); charges_.pop_back()) end_charge(charges_.back());
}

void Supervisor::hang_up() const {
    for (const Charge& charge : charges_)
        if (charge.program.listens_to_hang_up && charge.pid != 0) ::kill(charge.pid, SIGHUP);
}

void Supervisor::end_charge(Charge& charge) {
    ::unlink(pid_path(charge.program).c_str());
    if (charge.pid == 0) return;
    ::kill(charge.pid, SIGTERM);
    int status = 0;
    if (!wait_for_end(charge.pid, charge.patience_at_end, status)) {
        ::kill(charge.pid, SIGKILL);
        ::waitpid(charge.pid, &status, 0);
    }
    log_event(Severity::info, "ended",
              {{"program", charge.program.name}, {"end", words_of_end(status)}});
}

bool Supervisor::run_to_its_end(const Program& program, Duration patience) {
    const auto pid = start(program);
    if (!pid) return false;
    int status = 0;
    if (!wait_for_end(*pid, patience, status)) {
        ::kill(*pid, SIGKILL);
        ::waitpid(*pid, &status, 0);
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace kanmon::apps
