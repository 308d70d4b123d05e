#include "apps/no_execution.h"

#include <seccomp.h>

#include <initializer_list>

namespace kanmon::apps {

bool refuse_execution() {
    const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (filter == nullptr) return false;
    bool loaded = true;
    for (const int call : {SCMP_SYS(execve), SCMP_SYS(execveat)})
        loaded = loaded && seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, call, 0) == 0;
    loaded = loaded && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return loaded;
}

}  // namespace kanmon::apps
