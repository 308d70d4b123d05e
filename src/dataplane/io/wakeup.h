// Wakes one thread that sleeps in epoll: an eventfd that is written at most once per sleep.
//
// Owner: any thread signals; only the sleeper clears, and it looks at its queues after that.
#pragma once

#include <sys/eventfd.h>

#include <atomic>
#include <cstdint>

#include "base/unique_fd.h"

namespace kanmon::io {

class Wakeup {
public:
    Wakeup() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

    int fd() const { return fd_.get(); }

    void signal() {
        if (signalled_.exchange(true)) return;
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(fd_.get(), &one, sizeof one);
    }

    void clear() {
        std::uint64_t count = 0;
        [[maybe_unused]] const auto taken = ::read(fd_.get(), &count, sizeof count);
        signalled_.store(false);
    }

private:
    UniqueFd fd_;
    std::atomic<bool> signalled_{false};
};

}  // namespace kanmon::io
