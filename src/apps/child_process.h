// Starts one program as one user. Floor 5.
//
// Promises: the child has no descriptor but its three (input is /dev/null or holds `input`), no
// supplementary group,
//           its own process group, and is killed by the kernel when its parent dies.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace kanmon::apps {

/// Before control's first word it may have a long audit log to check, which takes up to a minute.
inline constexpr Duration usual_first_word_max = 5min;

struct Program {
    std::string name;  // for the log and the pid file
    std::string path;
    std::vector<std::string> arguments;  // without the program itself
    uid_t user = 0;
    gid_t group = 0;
    bool listens_to_hang_up = false;
    /// What it reads on its standard input: secrets, which have no place on a command line.
    std::string input = {};
    /// It says by ServiceNotify when it is ready and then that it lives; one that is silent for
    /// longer is killed. 0: it says nothing.
    Duration silence_max{0};
    /// Of one that has to speak: how long it may take for its first word after its start.
    Duration first_word_max = usual_first_word_max;
};

/// The child's pid. The caller's thread must be its only one.
Expected<pid_t, std::string> start(const Program& program);

/// Words for the log: "exit code 1", "signal 9 (Killed)".
std::string words_of_end(int wait_status);

}  // namespace kanmon::apps
