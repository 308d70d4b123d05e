// The whole data process: shards, TLS workers and the keeper, each on its threads.
//
// Owner:  the main thread starts and stops it; everything else happens on the threads within.
// Limits: 1..`shards_max` shards.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "dataplane/io/keeper.h"
#include "dataplane/io/shard_loop.h"
#include "dataplane/io/tls_workers.h"

namespace kanmon::io {

struct DataProcessOptions {
    static constexpr std::uint32_t shards_max = 64;

    std::string bridge_path;
    std::string broker_path;
    std::uint32_t shards = 1;
    std::uint32_t tls_workers = 1;
};

class DataProcess {
public:
    /// Starts all threads.
    explicit DataProcess(const DataProcessOptions& options);
    /// Stops them without a word to the clients.
    ~DataProcess();

    /// Tells all clients that the gateway stops and waits for their last packets, at most
    /// `patience`.
    void say_goodbye(Duration patience);

private:
    std::vector<std::unique_ptr<ShardInbox>> inboxes_;
    KeeperInbox keeper_inbox_;
    RemoteOwners remotes_;
    std::unique_ptr<Keeper> keeper_;
    std::unique_ptr<TlsWorkers> tls_;
    std::vector<std::unique_ptr<ShardLoop>> loops_;
    std::vector<std::thread> threads_;
};

}  // namespace kanmon::io
