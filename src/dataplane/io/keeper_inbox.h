// What shards tell the keeper.
//
// Owner:  the keeper drains; shards post. Records may be refused when the keeper lags behind;
//         whoever posts counts them. The others are kept by the shard and posted again.
#pragma once

#include <array>
#include <atomic>
#include <variant>

#include "bridge/messages.h"
#include "dataplane/io/mailbox.h"
#include "dataplane/io/streams.h"
#include "dataplane/shard/shard.h"

namespace kanmon::io {

struct SessionLeft {
    std::uint64_t session = 0;
    Cause cause = Cause::client_left;
};
/// Absolute counters of one shard.
struct DropReport {
    std::array<std::uint64_t, cause_count> by_cause{};
};
/// A TUN device went away under its queue.
struct TunLost {
    shard::ServerIndex server = 0;
};

struct FlowsTold {
    std::uint64_t question = 0;  // its id on the bridge
    bridge::FlowAnswer answer;
};

struct KeeperMessage {
    std::uint32_t shard = 0;
    std::variant<std::monostate, shard::AdmissionQuestion, shard::LoginQuestion, SessionLeft,
                 bridge::ClientFact, DropReport, shard::Traffic, TunLost, Stranger, FlowsTold>
        body;
};

struct KeeperInbox {
    static constexpr std::size_t messages_max = 16384;
    static constexpr std::size_t records_max = 4096;
    static constexpr std::size_t stranger_records_max = 1024;

    Wakeup wakeup;
    Mailbox<KeeperMessage> mailbox{messages_max, wakeup};
    /// Apart, so that a flood of strangers leaves the records of clients their room.
    Mailbox<bridge::AttemptRecord> records{records_max, wakeup};
    Mailbox<bridge::AttemptRecord> stranger_records{stranger_records_max, wakeup};
    std::atomic<std::uint64_t> records_lost{0};
};

}  // namespace kanmon::io
