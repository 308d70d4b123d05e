// One fdatasync for all who wait for the disk at the same moment.
//
// SQLite commits to its write-ahead log without waiting (synchronous=NORMAL); an answer that must
// outlive a loss of power is given after `settle`. So the disk bounds how long a mutation takes,
// not how many there are in a second.
//
// Promises: when `settle` succeeds, whatever was `written` before the call is on the disk. After a
//           failed one no later one succeeds: the kernel has forgotten which pages were lost, and
//           only opening the file anew tells what is there.
// Owner:    any thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>

#include "base/unique_fd.h"

namespace kanmon::adapters {

class GroupSync {
public:
    using Sync = int (*)(int descriptor);  // as fdatasync(2)

    /// `path`: SQLite's log, which is there as long as its connection is open. Throws StoreError.
    GroupSync(const std::string& path, Sync sync);

    void written();
    /// False: the disk refused.
    [[nodiscard]] bool settle();
    bool failed() const;

private:
    UniqueFd file_;
    Sync sync_;
    mutable std::mutex lock_;
    std::condition_variable changed_;
    std::uint64_t written_ = 0;
    std::uint64_t settled_ = 0;
    bool syncing_ = false;
    bool failed_ = false;
};

}  // namespace kanmon::adapters
