// Keeps the processes of one gateway alive and ends them in order. Floor 5.
//
// Promises: a program that died is started again after RestartDelay, with its death in the log; one
//           that hangs (says nothing for `silence_max`, or for `first_word_max` after its start) is
//           killed first; at the end data goes first (it says goodbye to clients), then control,
//           then the broker, then every trace in the kernel. The service manager hears READY when
//           the programs that report are ready.
// Owner:    one thread, which must be the process's only one.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "apps/child_process.h"
#include "apps/restart_delay.h"
#include "apps/service_notify.h"

namespace kanmon::apps {

class Supervisor {
public:
    /// `run_directory` gets a `<name>.pid` for each program.
    Supervisor(std::string run_directory, ServiceNotify manager, ServiceNotices notices)
        : run_directory_(std::move(run_directory)),
          manager_(std::move(manager)),
          notices_(std::move(notices)) {}

    /// Starts `program`; with a `socket` waits until that file is there, for 5 s at most.
    void add(Program program, const std::string& socket, Duration patience_at_end);

    /// Until SIGTERM or SIGINT, which must be blocked with SIGCHLD and SIGHUP; the last goes on to
    /// the programs that `listens_to_hang_up`. Ends the programs, last added first.
    void run();

    /// Starts a program that ends by itself and waits for it; true when its exit code is 0.
    static bool run_to_its_end(const Program& program, Duration patience);

private:
    struct Charge {
        Program program;
        Duration patience_at_end;
        pid_t pid = 0;  // 0: not running
        Instant started{};
        Instant start_again{};
        Instant quiet_since{};  // its start, its last word, or the end of the machine's sleep
        bool heard = false;     // in its present life
        RestartDelay delay;

        /// Nothing while it does not run or need not speak.
        std::optional<Instant> hangs_at() const;
    };

    void start_charge(Charge& charge);
    void note_deaths();
    void start_what_is_due();
    void end_charge(Charge& charge);
    void hang_up() const;
    void wait(int signals);
    void take_notices();
    void end_what_hangs();
    void tell_manager();
    Instant next_turn() const;
    std::string pid_path(const Program& program) const;

    std::string run_directory_;
    ServiceNotify manager_;
    ServiceNotices notices_;
    bool ready_ = false;  // and told so
    Instant tell_again_{};
    Instant planned_{};  // of the next turn
    std::deque<Charge> charges_;
};

/// Writes `pid` and a line end to the file.
void write_pid_file(const std::string& path, pid_t pid);

}  // namespace kanmon::apps
