#include "apps/no_execution.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kanmon::apps {
namespace {

// CVE-2025-10680, CVE-2026-84256: no text of a peer ever becomes a command.
TEST(Execution, EndsTheProcessThatTriesIt) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        char program[] = "/bin/true";
        char* const arguments[] = {program, nullptr};
        if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !refuse_execution()) ::_exit(2);
        ::execve(program, arguments, nullptr);
        ::_exit(3);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << status;
    EXPECT_EQ(WTERMSIG(status), SIGSYS);
}

}  // namespace
}  // namespace kanmon::apps
