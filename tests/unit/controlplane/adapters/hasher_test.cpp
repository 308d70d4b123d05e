#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "controlplane/adapters/argon2_hasher.h"
#include "controlplane/adapters/worker_pool.h"

namespace kanmon::adapters {
namespace {

class Hasher : public testing::Test {
protected:
    SeededRandom random{1};
    std::unique_ptr<usecases::CredentialHasher> hasher = make_argon2_hasher(random);
};

TEST_F(Hasher, KnowsAPasswordAgainAndNoOther) {
    const auto hash = *hasher->hash_password(as_bytes("correct horse"));
    EXPECT_TRUE(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    EXPECT_NE(hash, *hasher->hash_password(as_bytes("correct horse"))) << "no salt";
    EXPECT_TRUE(hasher->password_matches(as_bytes("correct horse"), hash));
    for (const std::string_view other : {"", "correct hors", "correct horse ", "Correct horse"})
        EXPECT_FALSE(hasher->password_matches(as_bytes(other), hash)) << other;
    EXPECT_FALSE(hasher->password_matches(as_bytes("correct horse"), "damaged"));
    EXPECT_FALSE(hasher->password_matches(as_bytes("x"), hasher->hash_of_nobody()));
}

TEST_F(Hasher, ComputesTheCodesOfRfc6238) {
    const Bytes secret = as_bytes("12345678901234567890");
    const std::pair<std::int64_t, std::string_view> vectors[] = {
        {59, "287082"},         {1111111109, "081804"}, {1111111111, "050471"},
        {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"}};
    for (const auto& [time, code] : vectors)
        EXPECT_EQ(hasher->one_time_code(secret, time / 30), code) << time;
}

// An unknown user must not be told from a known one by the time it takes.
TEST_F(Hasher, TakesAsLongForNobodyAsForSomebody) {
    const auto hash = *hasher->hash_password(as_bytes("correct horse"));
    const auto median = [&](const std::string& against) {
        std::vector<double> times;
        for (int i = 0; i < 15; ++i) {
            const auto began = std::chrono::steady_clock::now();
            EXPECT_FALSE(hasher->password_matches(as_bytes("wrong"), against));
            times.push_back(
                std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
        }
        std::ranges::nth_element(times, times.begin() + 7);
        return times[7];
    };
    // The same parameters: what differs is the machine, of which others have their share.
    double best = 1;
    for (int attempt = 0; attempt < 10 && best > 0.05; ++attempt) {
        const double known = median(hash), unknown = median(hasher->hash_of_nobody());
        best = std::min(best, std::abs(known - unknown) / std::max(known, unknown));
    }
    EXPECT_LE(best, 0.05);
}

TEST(WorkerPool, RunsWhatItTookAndRefusesWhatIsTooMuch) {
    WorkerPool pool(1);
    std::atomic<bool> go{false};
    std::atomic<int> done{0};
    std::size_t taken = 0;
    const auto job = [&] {
        while (!go.load()) std::this_thread::yield();
        ++done;
    };
    while (pool.run(job)) ++taken;
    EXPECT_GE(taken, WorkerPool::jobs_max);
    EXPECT_LE(taken, WorkerPool::jobs_max + 1);
    go.store(true);
    while (done.load() < static_cast<int>(taken)) std::this_thread::yield();
    pool.stop();
    EXPECT_FALSE(pool.run(job));
}

}  // namespace
}  // namespace kanmon::adapters
