// A process that never starts a program says so to the kernel: whatever a peer achieves in it,
// nothing is executed by it.
#pragma once

namespace kanmon::apps {

/// From now on execve and execveat end the process, in all its threads; needs no_new_privs. False
/// where the kernel has no seccomp.
bool refuse_execution();

}  // namespace kanmon::apps
