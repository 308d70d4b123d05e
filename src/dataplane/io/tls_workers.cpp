#include "dataplane/io/tls_workers.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"

namespace kanmon::io {

namespace {

/// SCHED_BATCH lets a shard that wakes go first. Much more modesty would starve handshakes beside
/// other programs of the machine: at 10, a compiler beside us let 2 of 500 clients in.
constexpr int worker_niceness = 2;

void lower_priority() {
    const sched_param parameters{};
    const bool batch = ::sched_setscheduler(0, SCHED_BATCH, &parameters) == 0;
    const bool nice =
        ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), worker_niceness) == 0;
    if (!batch || !nice)
        log_event(Severity::warning, "TLS worker keeps its priority: handshakes may delay packets");
}

}  // namespace

TlsWorkers::TlsWorkers(std::uint32_t threads, std::vector<ShardInbox*> inboxes)
    : inboxes_(std::move(inboxes)) {
    for (std::size_t i = 0; i < inboxes_.size(); ++i)
        queues_.push_back(std::make_unique<BoundedQueue<shard::TlsJob>>(jobs_max));
    for (std::uint32_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

TlsWorkers::~TlsWorkers() {
    stopping_.store(true);
    for (std::size_t i = 0; i < threads_.size(); ++i) waiting_.add();
    for (std::thread& thread : threads_) thread.join();
}

bool TlsWorkers::submit(std::uint32_t shard, shard::TlsJob job) {
    if (!queues_[shard]->push(std::move(job))) return false;
    waiting_.add();
    return true;
}

bool TlsWorkers::take(std::uint32_t& next, std::uint32_t& shard, shard::TlsJob& job) {
    for (std::size_t i = 0; i < queues_.size(); ++i) {
        shard = next;
        next = (next + 1) % static_cast<std::uint32_t>(queues_.size());
        if (queues_[shard]->pop(job)) return true;
    }
    return false;
}

void TlsWorkers::work() {
    ::pthread_setname_np(::pthread_self(), "tls");
    lower_priority();
    std::uint32_t next = 0;
    for (;;) {
        waiting_.take();
        if (stopping_.load()) return;
        std::uint32_t shard = 0;
        shard::TlsJob job;
        // A job whose poster was descheduled half-way is not visible yet: it will be soon.
        while (!take(next, shard, job)) {
            if (stopping_.load()) return;
            std::this_thread::yield();
        }
        post(shard, shard::TlsDone{job.session, session::advance(std::move(job.work))});
    }
}

void TlsWorkers::post(std::uint32_t shard, shard::TlsDone done) {
    ShardMessage message = std::move(done);
    while (!inboxes_[shard]->mailbox.post(std::move(message))) {
        if (stopping_.load()) return;
        std::this_thread::sleep_for(1ms);
    }
}

}  // namespace kanmon::io
