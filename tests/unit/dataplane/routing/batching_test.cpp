// The same packets through the batched and the one-by-one path: what arrives is equal.
//
// KANMON_DIFFERENTIAL_PACKETS: how many packets, instead of a few thousand.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "base/random.h"
#include "dataplane/routing/coalescer.h"
#include "dataplane/routing/super_packet.h"
#include "dataplane/routing/tcp_segment.h"
#include "packets.h"

namespace kanmon::routing {
namespace {

std::size_t packets_wanted() {
    const char* given = std::getenv("KANMON_DIFFERENTIAL_PACKETS");
    return given != nullptr ? std::strtoul(given, nullptr, 10) : 20000;
}

// --- packets of all kinds ------------------------------------------------------------------------

/// One end-to-end flow that keeps sending: mostly what can be merged, sometimes what cannot.
class Flow {
public:
    Flow(Random& random, std::uint16_t port)
        : random_(random),
          v6_(chance(2)),
          tcp_(!chance(4)),
          port_(port),
          payload_(chance(8) ? 1 + below(40) : 500 + below(900)),
          sequence_(static_cast<std::uint32_t>(random.u64())),
          id_(static_cast<std::uint16_t>(random.u64())),
          do_not_fragment_(chance(2)),
          same_id_(chance(3)) {
        if (chance(2)) options_ = from_hex("0101080a0000000100000002");
    }

    Buffer next() {
        if (chance(30)) return foreign();
        Buffer packet = tcp_ ? segment() : udp_packet(numbered(length()), v6_, port_);
        if (!v6_) {
            if (!(do_not_fragment_ && same_id_)) ++id_;
            put_word(packet, 4, id_);
            if (do_not_fragment_) packet[6] = std::byte{0x40};
        }
        if (chance(40)) vary(packet);
        finish_checksums(packet);
        if (chance(40)) packet[below(packet.size())] ^= std::byte{4};
        return packet;
    }

private:
    std::size_t below(std::size_t limit) { return random_.u64() % limit; }
    bool chance(std::size_t one_in) { return below(one_in) == 0; }
    std::size_t length() { return chance(12) ? below(payload_ + 20) : payload_; }

    Buffer segment() {
        if (chance(15)) ++acknowledged_;
        if (chance(30)) sequence_ += static_cast<std::uint32_t>(below(3000));  // a loss
        if (chance(30)) sequence_ -= static_cast<std::uint32_t>(payload_);     // sent again
        const std::size_t octets = length();
        std::uint8_t flags = tcp_ack;
        if (chance(10)) flags |= tcp_psh;
        if (chance(50)) flags |= tcp_fin;
        const std::uint32_t sequence = sequence_;
        sequence_ += static_cast<std::uint32_t>(octets);
        return tcp_packet({.sequence = sequence,
                           .acknowledged = acknowledged_,
                           .flags = flags,
                           .options = options_,
                           .payload = numbered(octets),
                           .from_port = port_},
                          v6_);
    }

    /// Something in the headers, and the checksums are right again.
    void vary(MutableBytes packet) {
        static constexpr std::array v4{1U, 6U, 8U, 33U, 35U, 45U};
        static constexpr std::array v6{1U, 3U, 7U, 53U, 55U, 65U};
        const std::size_t at = v6_ ? v6[below(v6.size())] : v4[below(v4.size())];
        if (at < packet.size()) packet[at] ^= std::byte{1} << below(6);
        if (!v6_ && at == 6) packet[6] &= std::byte{0xc0};
    }

    /// Of the same two ends, and nothing that could be merged.
    Buffer foreign() {
        Buffer packet;
        switch (below(5)) {
            case 0:  // a fragment
                packet = ip_packet(client, target, tcp_ ? 6 : 17, numbered(below(900)));
                put_word(packet, 6, static_cast<std::uint16_t>(0x2000 | below(180)));
                return packet;
            case 1:
                return ip_packet(client, target, protocol_icmp, numbered(64));
            case 2:
                return with_options_v4(from_hex("01010101"));
            case 3: {  // an extension header in front of TCP
                const Buffer inner = tcp_packet({.options = {}, .payload = numbered(100)}, true);
                Buffer body = from_hex("0600010400000000");
                append(body, Bytes(inner).subspan(40));
                return ip6_packet(client6, target6, 60, body);
            }
            default:
                break;
        }
        packet.resize(below(60));
        random_.fill(packet);
        return packet;
    }

    Random& random_;
    bool v6_, tcp_;
    std::uint16_t port_;
    std::size_t payload_;
    std::uint32_t sequence_, acknowledged_ = 7;
    std::uint16_t id_;
    bool do_not_fragment_, same_id_;
    Buffer options_;
};

// --- what arrives --------------------------------------------------------------------------------

/// By flow, as far as one can be told, in the order of arrival.
using Arrived = std::map<Buffer, std::vector<Buffer>>;

/// Addresses, protocol and ports; of a packet without ports at their place, the packet itself.
Buffer flow_of(Bytes packet) {
    Buffer octets = copy_of(packet);
    const auto inner = read_inner_packet(octets);
    const bool has_ports = inner && !inner->fragment && inner->transport().size() >= 4 &&
                           (inner->protocol == protocol_tcp || inner->protocol == protocol_udp);
    if (!has_ports || inner->octets.size() != packet.size()) return octets;
    Buffer flow = copy_of(inner->v6 ? packet.subspan(8, 32) : packet.subspan(12, 8));
    append(flow, packet.subspan(inner->header_octets, 4));
    flow.push_back(std::byte{inner->protocol});
    return flow;
}

/// An id of a packet that must not be fragmented says nothing, and the kernel counts it on.
Buffer without_meaningless_id(Bytes packet) {
    Buffer octets = copy_of(packet);
    if (packet.size() < 20 || octets[0] != std::byte{0x45} ||
        (octets[6] & std::byte{0x40}) == std::byte{})
        return octets;
    if (folded(sum_of(packet.first(20))) != 0xffff) return octets;  // and keeps its wrong sum
    put_word(octets, 4, 0);
    put_word(octets, 10, 0);
    return octets;
}

void arrive(Arrived& arrived, Bytes packet) {
    arrived[flow_of(packet)].push_back(without_meaningless_id(packet));
}

/// The device: cuts what it gets, as the kernel does.
struct Device final : PacketExit {
    void write(const Offload& offload, Bytes packet) override {
        ++writes;
        if (offload == Offload{}) return arrive(arrived, packet);
        Buffer octets = copy_of(packet);
        const auto read = read_super_packet(offload, octets);
        ASSERT_TRUE(read);
        ASSERT_FALSE(read->is_single());
        PacketPieces pieces = read->segments();
        Buffer room(pieces.octets_max());
        while (const auto piece = pieces.next(room)) arrive(arrived, *piece);
    }
    Arrived arrived;
    std::size_t writes = 0;
};

TEST(Batching, WhatArrivesIsWhatWouldHaveArrivedOneByOne) {
    const std::size_t wanted = packets_wanted();
    std::size_t writes = 0;
    for (std::size_t done = 0, seed = 1; done < wanted; ++seed) {
        SeededRandom random(seed);
        std::vector<Flow> flows;
        const std::size_t count = 1 + random.u64() % 12;
        for (std::size_t i = 0; i < count; ++i)
            flows.emplace_back(random, static_cast<std::uint16_t>(1000 + i));
        Device batched;
        Coalescer coalescer(batched);
        Arrived expected;
        const bool datagrams = random.u64() % 4 != 0;
        for (std::size_t i = 0; i < 2000; ++i, ++done) {
            const Buffer packet = flows[random.u64() % (1 + random.u64() % count)].next();
            arrive(expected, packet);
            coalescer.add(packet, datagrams);
            if (random.u64() % 60 == 0) coalescer.flush();
        }
        coalescer.flush();
        ASSERT_EQ(batched.arrived, expected) << "seed " << seed;
        writes += batched.writes;
    }
    EXPECT_LT(writes, wanted * 3 / 4) << "and it does batch";
}

}  // namespace
}  // namespace kanmon::routing
