#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
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

/// "$argon2id$v=19$m=19456,t=2,p=1$salt$hash" without the octets of salt and hash: what it costs.
std::string cost_of(std::string hash) {
    for (std::size_t at = hash.find("p=1$") + 4; at < hash.size(); ++at)
        if (hash[at] != '$') hash[at] = '.';
    return hash;
}

TEST_F(Hasher, TakesAsLongForNobodyAsForSomebody) {
    const auto hash = *hasher->hash_password(as_bytes("correct horse"));
    EXPECT_EQ(cost_of(hasher->hash_of_nobody()), cost_of(hash));
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
