// The threads that do TLS handshakes, at lower priority than the shards.
//
// Promises: a shard never waits for a worker; established clients' packets never stand behind a
//           handshake. Shards are served in turn.
// Owner:    shards submit from their threads; the workers post TlsDone to the owner's mailbox.
// Limits:   `jobs_max` waiting jobs a shard; a session has at most one.
#pragma once

#include <semaphore.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "dataplane/io/bounded_queue.h"
#include "dataplane/io/shard_inbox.h"

namespace kanmon::io {

/// Sleeps at once where std::counting_semaphore of GCC 12 first yields, sixteen times a job.
class JobCount {
public:
    JobCount() { ::sem_init(&count_, 0, 0); }
    ~JobCount() { ::sem_destroy(&count_); }
    JobCount(const JobCount&) = delete;
    JobCount& operator=(const JobCount&) = delete;

    void add() { ::sem_post(&count_); }
    void take() {
        while (::sem_wait(&count_) != 0) {  // a signal came
        }
    }

private:
    sem_t count_{};
};

class TlsWorkers {
public:
    static constexpr std::size_t jobs_max = 8192;

    TlsWorkers(std::uint32_t threads, std::vector<ShardInbox*> inboxes);
    ~TlsWorkers();

    /// False when too many jobs wait: the job is dropped and its handshake will time out.
    bool submit(std::uint32_t shard, shard::TlsJob job);

private:
    void work();
    bool take(std::uint32_t& next, std::uint32_t& shard, shard::TlsJob& job);
    void post(std::uint32_t shard, shard::TlsDone done);

    std::vector<ShardInbox*> inboxes_;
    std::vector<std::unique_ptr<BoundedQueue<shard::TlsJob>>> queues_;
    JobCount waiting_;
    std::atomic<bool> stopping_{false};
    std::vector<std::thread> threads_;
};

}  // namespace kanmon::io
