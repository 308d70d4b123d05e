#include "apps/child_process.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/unique_fd.h"

namespace kanmon::apps {

namespace {

/// Between fork and exec. Identity first: a change of user clears the parent-death signal.
[[noreturn]] void become(const Program& program, char* const* arguments, pid_t parent,
                         const UniqueFd& input) {
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    // Ignored until the program has its own way with it, or it would die of one that comes early.
    ::signal(SIGHUP, program.listens_to_hang_up ? SIG_IGN : SIG_DFL);
    ::setpgid(0, 0);
    if (::dup2(input.get(), 0) != 0) ::_exit(126);
    ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    ::umask(0077);
    const int file = ::open(program.path.c_str(), O_PATH | O_CLOEXEC);
    if (::setgroups(0, nullptr) != 0 ||
        ::setresgid(program.group, program.group, program.group) != 0 ||
        ::setresuid(program.user, program.user, program.user) != 0)
        ::_exit(126);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(126);  // it died before the signal was asked for
    ::execv(program.path.c_str(), arguments);
    // A clone below /root: its user may run the file, but not walk there.
    if (errno == EACCES) ::execveat(file, "", arguments, environ, AT_EMPTY_PATH);
    ::_exit(127);
}

/// A file in memory, read from its beginning.
UniqueFd open_input(const std::string& text) {
    if (text.empty()) return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    UniqueFd memory(::memfd_create("kanmon-input", MFD_CLOEXEC));
    const bool written =
        memory &&
        ::write(memory.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
        ::lseek(memory.get(), 0, SEEK_SET) == 0;
    return written ? std::move(memory) : UniqueFd();
}

}  // namespace

Expected<pid_t, std::string> start(const Program& program) {
    std::vector<char*> arguments{const_cast<char*>(program.path.c_str())};
    for (const std::string& argument : program.arguments)
        arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    const UniqueFd input = open_input(program.input);
    if (!input) return unexpected("input for " + program.name + ": " + std::strerror(errno));
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child < 0) return unexpected("fork for " + program.name + ": " + std::strerror(errno));
    if (child == 0) become(program, arguments.data(), parent, input);
    ::setpgid(child, child);  // also here, so that it is done whoever comes first
    return child;
}

std::string words_of_end(int wait_status) {
    if (WIFSIGNALED(wait_status)) {
        const int signal = WTERMSIG(wait_status);
        return "signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
    }
    return "exit code " + std::to_string(WEXITSTATUS(wait_status));
}

}  // namespace kanmon::apps
