// Takes away from the process everything that forwarding packets does not need.
//
// After `confine`: no capabilities, the given user, no new privileges, no core dump, not traceable,
// and a list of system calls. Sockets and devices come from the broker as descriptors.
//   allowed   what an event loop, threads, memory and AF_UNIX sockets need
//   kills     execve, ptrace, mount, bpf, module loading, sockets of other families: only an
//             intruder asks for these
//   EPERM     everything else, opening files included: a library that tries gets an error, and
//             nobody's tunnel dies of it
// Landlock keeps from files too, also where seccomp is missing.
// Owner:   the main thread, before other threads start (they inherit all of it).
// Limits:  where the kernel has no seccomp, one line in the log says so and the rest still holds.
#pragma once

#include <optional>
#include <string>

#include <sys/types.h>

#include "base/result.h"

namespace kanmon::io {

struct ConfinementOptions {
    std::optional<uid_t> user;
    std::optional<gid_t> group;
};

/// Errors: a sentence that names the step that failed; the process must not go on then.
Expected<void, std::string> confine(const ConfinementOptions& options);

/// Only the list of system calls; false when the kernel refuses it. For tests.
bool allow_few_system_calls();

}  // namespace kanmon::io
