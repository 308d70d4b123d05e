#include "broker/nft_process.h"

#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>

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

/// The child starts with no signal blocked: the broker itself blocks those it reads by signalfd.
void set_attributes(posix_spawnattr_t& attributes) {
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
}

}  // namespace

Expected<void, std::string> run_nft(const std::string& rules) {
    const UniqueFd input(::memfd_create("kanmon-rules", MFD_CLOEXEC));
    const UniqueFd output(::memfd_create("kanmon-nft-output", MFD_CLOEXEC));
    if (!input || !output) return unexpected(std::string("memfd_create: ") + std::strerror(errno));
    if (::pwrite(input.get(), rules.data(), rules.size(), 0) != static_cast<ssize_t>(rules.size()))
        return unexpected(std::string("write of the rules: ") + std::strerror(errno));

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input.get(), 0);
    posix_spawn_file_actions_adddup2(&actions, output.get(), 1);
    posix_spawn_file_actions_adddup2(&actions, output.get(), 2);
    posix_spawnattr_t attributes;
    set_attributes(attributes);
    std::array<std::string, 3> words{"nft", "-f", "-"};
    std::array<char*, 4> arguments{words[0].data(), words[1].data(), words[2].data(), nullptr};
    std::array<char*, 1> environment{nullptr};
    pid_t child = 0;
    const int error = ::posix_spawn(&child, "/usr/sbin/nft", &actions, &attributes,
                                    arguments.data(), environment.data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) return unexpected(std::string("start /usr/sbin/nft: ") + std::strerror(error));

    int status = 0;
    while (::waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return unexpected(std::string("wait for nft: ") + std::strerror(errno));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
    return unexpected("nft refused the rules: " + escaped(text_in(output.get()), 512));
}

}  // namespace kanmon::broker
