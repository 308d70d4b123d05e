#include "broker/nft_process.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/bytes.h"
#include "base/escape.h"
#include "base/unique_fd.h"

namespace kanmon::broker {

namespace {

std::string text_in(int fd) {
    std::array<char, 1024> text{};
    const ssize_t size = ::pread(fd, text.data(), text.size(), 0);
    return size > 0 ? std::string(text.data(), static_cast<std::size_t>(size)) : std::string();
}

/// Between fork and exec: only calls that are safe there. Dies with the broker, so that a rule set
/// of a broker that is gone cannot arrive after its successor has begun.
[[noreturn]] void become_nft(pid_t broker, int input, int output, char* const* arguments,
                             char* const* nothing) {
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != broker) ::_exit(127);  // it died before the line above
    if (::dup2(input, 0) == 0 && ::dup2(output, 1) == 1 && ::dup2(output, 2) == 2)
        ::execve("/usr/sbin/nft", arguments, nothing);
    ::_exit(127);
}

}  // namespace

Expected<void, std::string> run_nft(const std::string& rules) {
    const UniqueFd input(::memfd_create("kanmon-rules", MFD_CLOEXEC));
    const UniqueFd output(::memfd_create("kanmon-nft-output", MFD_CLOEXEC));
    if (!input || !output) return unexpected(std::string("memfd_create: ") + std::strerror(errno));
    if (::pwrite(input.get(), rules.data(), rules.size(), 0) != static_cast<ssize_t>(rules.size()))
        return unexpected(std::string("write of the rules: ") + std::strerror(errno));

    std::array<std::string, 3> words{"nft", "-f", "-"};
    std::array<char*, 4> arguments{words[0].data(), words[1].data(), words[2].data(), nullptr};
    std::array<char*, 1> environment{nullptr};
    const pid_t broker = ::getpid();
    const pid_t child = ::fork();
    if (child < 0) return unexpected(std::string("start nft: ") + std::strerror(errno));
    if (child == 0)
        become_nft(broker, input.get(), output.get(), arguments.data(), environment.data());

    int status = 0;
    while (::waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return unexpected(std::string("wait for nft: ") + std::strerror(errno));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        return unexpected<std::string>("/usr/sbin/nft cannot be started; install nftables");
    return unexpected("nft refused the rules: " + escaped(text_in(output.get()), 512));
}

}  // namespace kanmon::broker
