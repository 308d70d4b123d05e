#include "controlplane/adapters/group_sync.h"

#include <fcntl.h>

#include <cstring>

#include "controlplane/adapters/sqlite_database.h"

namespace kanmon::adapters {

GroupSync::GroupSync(const std::string& path, Sync sync)
    : file_(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW)), sync_(sync) {
    if (!file_) throw StoreError(path + ": " + std::strerror(errno));
}

void GroupSync::written() {
    const std::lock_guard guard(lock_);
    ++written_;
}

bool GroupSync::settle() {
    std::unique_lock guard(lock_);
    const std::uint64_t wanted = written_;
    while (settled_ < wanted && !failed_) {
        if (syncing_) {
            changed_.wait(guard);
            continue;
        }
        syncing_ = true;
        const std::uint64_t covered = written_;
        guard.unlock();
        const bool done = sync_(file_.get()) == 0;
        guard.lock();
        syncing_ = false;
        if (done)
            settled_ = covered;
        else
            failed_ = true;
        changed_.notify_all();
    }
    return !failed_;
}

bool GroupSync::failed() const {
    const std::lock_guard guard(lock_);
    return failed_;
}

}  // namespace kanmon::adapters
