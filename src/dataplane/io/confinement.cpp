#include "dataplane/io/confinement.h"

#include <cap-ng.h>
#include <grp.h>
#include <linux/landlock.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/log.h"
#include "base/unique_fd.h"

namespace kanmon::io {

namespace {

constexpr std::array allowed_calls{
    // packets, messages and waiting
    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(pread64),
    SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(recvmmsg), SCMP_SYS(sendto), SCMP_SYS(sendmsg),
    SCMP_SYS(sendmmsg), SCMP_SYS(accept4), SCMP_SYS(shutdown), SCMP_SYS(connect),
    SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(getsockname), SCMP_SYS(getpeername),
    SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_pwait2), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(eventfd2), SCMP_SYS(close),
    SCMP_SYS(dup), SCMP_SYS(fcntl), SCMP_SYS(ioctl), SCMP_SYS(fstat), SCMP_SYS(newfstatat),
    SCMP_SYS(lseek), SCMP_SYS(memfd_create), SCMP_SYS(ftruncate), SCMP_SYS(pipe),
    SCMP_SYS(pipe2),  // harmless; sanitizers look at memory through them
    // memory
    SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect), SCMP_SYS(madvise),
    SCMP_SYS(brk),
    // threads, signals and the end
    SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(set_tid_address),
    SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigtimedwait), SCMP_SYS(sigaltstack), SCMP_SYS(tgkill),
    SCMP_SYS(restart_syscall), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_setaffinity), SCMP_SYS(sched_setscheduler), SCMP_SYS(sched_getscheduler),
    SCMP_SYS(sched_getparam), SCMP_SYS(setpriority), SCMP_SYS(getpriority), SCMP_SYS(prctl),
    SCMP_SYS(membarrier),
    // identity, time and randomness
    SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid),
    SCMP_SYS(getegid), SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getrandom),
    SCMP_SYS(getrusage), SCMP_SYS(prlimit64), SCMP_SYS(uname), SCMP_SYS(sysinfo)};

constexpr std::array deadly_calls{SCMP_SYS(execve),
                                  SCMP_SYS(execveat),
                                  SCMP_SYS(ptrace),
                                  SCMP_SYS(process_vm_readv),
                                  SCMP_SYS(process_vm_writev),
                                  SCMP_SYS(mount),
                                  SCMP_SYS(umount2),
                                  SCMP_SYS(pivot_root),
                                  SCMP_SYS(chroot),
                                  SCMP_SYS(bpf),
                                  SCMP_SYS(init_module),
                                  SCMP_SYS(finit_module),
                                  SCMP_SYS(kexec_load),
                                  SCMP_SYS(setns),
                                  SCMP_SYS(unshare),
                                  SCMP_SYS(keyctl),
                                  SCMP_SYS(add_key),
                                  SCMP_SYS(userfaultfd),
                                  SCMP_SYS(perf_event_open),
                                  SCMP_SYS(io_uring_setup)};

bool add_rules(scmp_filter_ctx filter) {
    bool added = true;
    for (const int call : allowed_calls)
        added = added && seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0) == 0;
    for (const int call : deadly_calls)
        added = added && seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, call, 0) == 0;
    const scmp_arg_cmp unix_only = SCMP_A0(SCMP_CMP_EQ, AF_UNIX);
    const scmp_arg_cmp others = SCMP_A0(SCMP_CMP_NE, AF_UNIX);
    added = added &&
            seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, &unix_only) == 0;
    added = added && seccomp_rule_add_array(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(socket), 1,
                                            &others) == 0;
    // Threads, but no processes. The flags of clone3 cannot be seen: the C library falls back.
    const scmp_arg_cmp thread = SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD);
    added =
        added && seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, &thread) == 0;
    return added && seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0;
}

/// No file is reached by its name any more, by whatever call. Sockets are no files to it.
bool close_file_system() {
    landlock_ruleset_attr nothing_allowed{};
    constexpr auto last_of_linux_5_13 = LANDLOCK_ACCESS_FS_MAKE_SYM;
    nothing_allowed.handled_access_fs = (last_of_linux_5_13 << 1) - 1;
    const UniqueFd rules(static_cast<int>(
        ::syscall(SYS_landlock_create_ruleset, &nothing_allowed, sizeof nothing_allowed, 0)));
    return rules && ::syscall(SYS_landlock_restrict_self, rules.get(), 0) == 0;
}

Expected<void, std::string> failed(const char* step) {
    return unexpected(std::string(step) + ": " + std::strerror(errno));
}

Expected<void, std::string> change_identity(const ConfinementOptions& options) {
    if (options.group) {
        const gid_t group = *options.group;
        if (::setgroups(0, nullptr) != 0 && ::geteuid() == 0)
            return failed("leaving the supplementary groups");
        if (::setresgid(group, group, group) != 0) return failed("changing the group");
    }
    if (options.user) {
        const uid_t user = *options.user;
        if (::setresuid(user, user, user) != 0) return failed("changing the user");
    }
    return {};
}

}  // namespace

bool allow_few_system_calls() {
    const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (filter == nullptr) return false;
    const bool loaded = add_rules(filter) && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return loaded;
}

Expected<void, std::string> confine(const ConfinementOptions& options) {
    // The first log line makes the C library look for its time zone file; now it still may.
    log_event(Severity::info, "giving up privileges");
    const rlimit no_core{0, 0};
    if (::setrlimit(RLIMIT_CORE, &no_core) != 0) return failed("forbidding core dumps");
    capng_get_caps_process();
    if (::geteuid() == 0) {  // only root can empty the bounding set
        capng_clear(CAPNG_SELECT_BOUNDS);
        if (capng_apply(CAPNG_SELECT_BOUNDS) != 0) return failed("emptying the bounding set");
    }
    if (auto changed = change_identity(options); !changed) return changed;
    capng_clear(CAPNG_SELECT_BOTH);
    if (capng_apply(CAPNG_SELECT_CAPS) != 0) return failed("giving up capabilities");
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("refusing new privileges");
    if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return failed("forbidding traces");
    if (!close_file_system())
        log_event(Severity::info, "no landlock here: seccomp alone keeps from files");
    if (!allow_few_system_calls())
        log_event(Severity::warning, "no seccomp here: system calls are not restricted");
    return {};
}

}  // namespace kanmon::io
