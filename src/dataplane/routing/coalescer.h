// Gathers the consecutive segments of a flow into one packet for the kernel, which then walks its
// stack once for all of them.
//
// Merged is only what the kernel, cutting the packet up again, would turn into the very same
// packets: equal headers but for sequence, id and checksum, contiguous payloads of one size (a
// shorter one is the last, PSH too), right checksums. These are verified here, since the kernel
// writes fresh ones: an unverified merge would bless corrupt data.
// Promises: the packets of a flow keep their order; nothing waits longer than until `flush`, which
//           ends each drain; a packet that is alone leaves as it came. Nothing allocates after
//           construction. Pure.
// Limits:   `flows_max` flows at once; the oldest makes room. 65,535 octets a packet, 64 datagrams.
// Source:   linux/Documentation/networking/segmentation-offloads.rst; RFC 6864 (ids of packets that
//           must not be fragmented say nothing).
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "dataplane/routing/inner_packet.h"
#include "dataplane/routing/offload.h"

namespace kanmon::routing {

/// Takes the packets, in their order; borrows the octets until it returns.
class PacketExit {
public:
    virtual ~PacketExit() = default;
    virtual void write(const Offload& offload, Bytes packet) = 0;
};

class Coalescer {
public:
    static constexpr std::size_t flows_max = 8;
    static constexpr std::size_t datagrams_max = 64;  // UDP_MAX_SEGMENTS of older kernels

    explicit Coalescer(PacketExit& exit);

    /// `datagrams`: UDP may be merged too.
    void add(Bytes packet, bool datagrams);
    void flush();

private:
    struct Candidate {
        Bytes packet;
        bool v6 = false;
        bool tcp = false;
        std::size_t ip_octets = 0;      // of the IP header
        std::size_t header_octets = 0;  // up to the payload
        std::uint32_t sequence = 0;
        bool last = false;  // PSH

        std::size_t payload_octets() const { return packet.size() - header_octets; }
        Bytes payload() const { return packet.subspan(header_octets); }
    };
    /// A flow that more may follow of; its octets lie in its own part of the room.
    struct Slot {
        Candidate first;
        std::size_t octets = 0;
        std::size_t segments = 0;  // 0: free
        std::uint32_t next_sequence = 0;
        std::uint16_t next_id = 0;
        bool last = false;
        std::uint64_t opened = 0;  // its place in the order
    };

    static std::optional<Candidate> read_candidate(Bytes packet, bool datagrams);
    static bool continues(const Slot& slot, const Candidate& next);
    MutableBytes room_of(const Slot& slot);
    Slot* find(Bytes packet);
    Slot& take_slot();
    void open(const Candidate& candidate);
    void append(Slot& slot, const Candidate& candidate);
    void close(Slot& slot);
    void let_pass(Bytes packet);

    PacketExit& exit_;
    std::unique_ptr<std::byte[]> room_;
    std::array<Slot, flows_max> slots_{};
    std::size_t open_ = 0;
    std::uint64_t order_ = 0;
};

}  // namespace kanmon::routing
