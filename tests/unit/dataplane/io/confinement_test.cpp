#include "dataplane/io/confinement.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <functional>
#include <thread>

namespace kanmon::io {
namespace {

/// How a child process ends that is confined and then does `act`: its exit code, or 1000 + signal.
int outcome_of(const std::function<int()>& act) {
    const pid_t child = ::fork();
    if (child == 0) {
        if (!confine({})) ::_exit(99);
        ::_exit(act());
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

constexpr int killed = 1000 + SIGSYS;

TEST(Confinement, FilesCannotBeOpened) {
    EXPECT_EQ(outcome_of([] { return ::open("/etc/shadow", O_RDONLY) < 0 ? errno : 0; }), EPERM);
}

TEST(Confinement, ThreadsAndLocalSocketsStillWork) {
    EXPECT_EQ(outcome_of([] {
                  int value = 0;
                  std::thread([&] { value = 7; }).join();
                  return ::socket(AF_UNIX, SOCK_SEQPACKET, 0) >= 0 ? value : 1;
              }),
              7);
}

TEST(Confinement, WhatOnlyAnIntruderAsksForKills) {
    EXPECT_EQ(outcome_of([] { return ::execl("/bin/true", "true", nullptr); }), killed);
    EXPECT_EQ(outcome_of([] { return ::socket(AF_INET, SOCK_DGRAM, 0); }), killed);
    EXPECT_EQ(outcome_of([] { return ::socket(AF_PACKET, SOCK_RAW, 0); }), killed);
    EXPECT_EQ(
        outcome_of([] { return static_cast<int>(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)); }),
        killed);
}

TEST(Confinement, ProcessesCannotBeMade) {
    EXPECT_EQ(outcome_of([] { return ::fork() < 0 ? errno : 0; }), EPERM);
}

TEST(Confinement, TheUserCannotBeChangedBack) {
    // The call itself: sanitizers wrap the library's function in work of their own.
    EXPECT_EQ(outcome_of([] { return ::syscall(SYS_setresuid, 0, 0, 0) == 0 ? 0 : errno; }), EPERM);
}

}  // namespace
}  // namespace kanmon::io
