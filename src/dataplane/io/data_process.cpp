#include "dataplane/io/data_process.h"

#include "base/clock.h"

namespace kanmon::io {

DataProcess::DataProcess(const DataProcessOptions& options) {
    SystemRandom random;
    std::vector<ShardInbox*> inboxes;
    for (std::uint32_t i = 0; i < options.shards; ++i)
        inboxes.push_back(inboxes_.emplace_back(std::make_unique<ShardInbox>()).get());
    keeper_ = std::make_unique<Keeper>(KeeperOptions{.bridge_path = options.bridge_path,
                                                     .broker_path = options.broker_path,
                                                     .process = random.u64()},
                                       KeeperWiring{inboxes, &keeper_inbox_, &remotes_});
    tls_ = std::make_unique<TlsWorkers>(options.tls_workers, inboxes);
    const auto cookie_key = random.array<32>();
    for (std::uint32_t i = 0; i < options.shards; ++i)
        loops_.push_back(std::make_unique<ShardLoop>(
            shard::ShardOptions{.index = i, .count = options.shards, .cookie_key = cookie_key},
            ShardWiring{inboxes, &keeper_inbox_, tls_.get(), &remotes_}));
    for (const auto& loop : loops_) threads_.emplace_back([&loop = *loop] { loop.run(); });
    threads_.emplace_back([this] { keeper_->run(); });
}

DataProcess::~DataProcess() {
    keeper_->stop();
    for (const auto& loop : loops_) loop->stop();
    for (std::thread& thread : threads_) thread.join();
    tls_.reset();  // its last results go to mailboxes that still exist
}

void DataProcess::say_goodbye(Duration patience) {
    constexpr Duration step = 20ms;
    const Instant until = boot_now() + patience;
    keeper_->dismiss_all();
    // Once more than a step, so that the keeper has counted and the goodbyes have left.
    do {
        std::this_thread::sleep_for(step * 5);
    } while (keeper_->clients() > 0 && boot_now() < until);
}

}  // namespace kanmon::io
