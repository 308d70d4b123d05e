// The threads that do handshakes: what one that never ends takes from the others.
#include "dataplane/io/tls_workers.h"

#include <gtest/gtest.h>

#include <latch>
#include <set>
#include <utility>

#include "unit/dataplane/session/scripted_tls.h"

namespace kanmon::io {
namespace {

/// As a library would that loops over a certificate: it comes back when the test is over.
class EndlessEngine final : public crypto::TlsEngine {
public:
    EndlessEngine(std::latch& begun, std::latch& over) : begun_(begun), over_(over) {}

    crypto::TlsOutput advance(crypto::TlsInput) override {
        begun_.count_down();
        over_.wait();
        return {};
    }

private:
    std::latch& begun_;
    std::latch& over_;
};

shard::TlsJob job(std::uint64_t session) {
    shard::TlsJob made{.session = session, .work = {}};
    made.work.engine = session::ScriptedTls::client(1)->make();
    return made;
}

/// Two shards, and workers of which the first has a handshake that does not end.
class Stuck {
public:
    explicit Stuck(std::uint32_t threads) : workers(threads, {&inboxes[0], &inboxes[1]}) {
        shard::TlsJob endless{.session = 666, .work = {}};
        endless.work.engine = std::make_unique<EndlessEngine>(begun, over);
        EXPECT_TRUE(workers.submit(0, std::move(endless)));
        begun.wait();
    }
    ~Stuck() { release(); }

    void release() {
        if (!std::exchange(released, true)) over.count_down();
    }
    std::set<std::uint64_t> finished(std::size_t shard, std::size_t count) {
        std::set<std::uint64_t> sessions;
        for (const auto end = std::chrono::steady_clock::now() + 20s;
             sessions.size() < count && std::chrono::steady_clock::now() < end;) {
            inboxes[shard].mailbox.drain([&](ShardMessage&& message) {
                if (const auto* done = std::get_if<shard::TlsDone>(&message))
                    sessions.insert(done->session);
            });
            std::this_thread::sleep_for(1ms);
        }
        return sessions;
    }

    std::latch begun{1}, over{1};
    bool released = false;
    std::array<ShardInbox, 2> inboxes;
    TlsWorkers workers;
};

TEST(TlsWorkers, AHandshakeThatNeverEndsTakesItsOwnWorkerAndDelaysNobodyElses) {
    Stuck stuck(2);
    for (std::uint64_t session = 0; session < 1000; ++session)
        ASSERT_TRUE(stuck.workers.submit(session % 2, job(session)));
    EXPECT_EQ(stuck.finished(0, 500).size(), 500U);
    EXPECT_EQ(stuck.finished(1, 500).size(), 500U);
}

TEST(TlsWorkers, WhenAllAreTakenAShardIsRefusedBeyondItsBoundAndNeverWaits) {
    Stuck stuck(1);
    std::uint64_t session = 0;
    while (session <= 2 * TlsWorkers::jobs_max && stuck.workers.submit(0, job(session))) ++session;
    EXPECT_EQ(session, TlsWorkers::jobs_max);
    EXPECT_TRUE(stuck.workers.submit(1, job(7))) << "the other shard has its own";
    stuck.release();
    EXPECT_EQ(stuck.finished(1, 1), std::set<std::uint64_t>{7}) << "and its turn";
}

}  // namespace
}  // namespace kanmon::io
