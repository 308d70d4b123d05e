// What a shard has to say to its TUN devices: gathered by flow and written at the end of each
// drain.
//
// Nothing waits for more to come. What the kernel refuses in one piece is cut again and written one
// by one, and is not tried again for datagrams (kernels before 6.2 do not know them).
// Owner:    one shard's thread; one serves all devices of the shard, one of them at a time.
// Promises: the packets of a flow keep their order; nothing allocates after construction; what the
//           kernel does not take is counted, never waited for.
#pragma once

#include "bridge/machine_facts.h"
#include "dataplane/io/tun_queue.h"
#include "dataplane/routing/coalescer.h"

namespace kanmon::io {

struct TunCounters {
    std::uint64_t packets = 0;  // that were given
    std::uint64_t writes = 0;
    bridge::BatchSizes sizes;      // of these: packets each, whether or not the kernel took them
    std::uint64_t queue_full = 0;  // packets, as they were given
    std::uint64_t failed = 0;
};

class TunOutput final : public routing::PacketExit {
public:
    TunOutput();

    /// Copies the packet, or writes it. `queue` must live until the next flush.
    void add(TunQueue& queue, Bytes packet);
    void flush();

    const TunCounters& counters() const { return counters_; }
    /// False once the kernel has refused datagrams in one piece.
    bool gathers_datagrams() const { return datagrams_; }

private:
    void write(const routing::Offload& offload, Bytes packet) override;
    void write_one_by_one(const routing::Offload& offload, Bytes packet);
    void count(TunWrite outcome, std::size_t packets);

    routing::Coalescer coalescer_;
    std::unique_ptr<std::byte[]> room_;
    TunQueue* queue_ = nullptr;
    bool datagrams_ = true;
    TunCounters counters_;
};

}  // namespace kanmon::io
