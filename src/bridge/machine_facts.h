// What the machine gives the packet path, and how many packets its system calls move.
//
// Owner:  whoever counts; plain values.
// Limits: numbers of packets a call in `batch_buckets` powers of two; what is more is in the last.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kanmon::bridge {

/// What a kernel may lack; each is tried when the first socket or device is opened.
enum class Provision : std::uint8_t {
    udp_segment,  // several datagrams of a client in one send (UDP_SEGMENT)
    udp_gro,      // and in one receive (UDP_GRO)
    tun_headers,  // packets of a flow cross the TUN device as one (IFF_VNET_HDR)
    tun_tcp,      // those of TCP (TSO)
    tun_udp,      // and of UDP (USO, since Linux 6.2)
    tun_steering  // packets come out of the device at their client's shard (tun_steering.h)
};
inline constexpr std::array<std::string_view, 6> provision_names{
    "udp_segment", "udp_gro", "tun_headers", "tun_tcp", "tun_udp", "tun_steering"};

/// `unknown` until there is something to try it with.
enum class Presence : std::uint8_t { unknown, lacking, present };
inline constexpr std::array<std::string_view, 3> presence_names{"unknown", "lacking", "present"};
constexpr std::string_view presence_name(Presence presence) {
    return presence_names[static_cast<std::size_t>(presence)];
}
using Provisions = std::array<Presence, provision_names.size()>;

/// Absent as soon as one has to do without it.
inline void join(Provisions& all, const Provisions& of_one) {
    for (std::size_t i = 0; i < all.size(); ++i)
        if (all[i] == Presence::unknown || (of_one[i] != Presence::unknown && of_one[i] < all[i]))
            all[i] = of_one[i];
}

/// Which system calls.
enum class BatchKind : std::uint8_t {
    received,  // datagrams of a receive
    sent,      // datagrams of a send
    tun_read,  // packets of a read from a TUN device
    tun_written
};
inline constexpr std::array<std::string_view, 4> batch_names{"received", "sent", "tun_read",
                                                             "tun_written"};

/// 1, 2, 3-4, 5-8 and so on to 257-512 packets, and more.
inline constexpr std::size_t batch_buckets = 11;

/// Calls by how many packets they moved; those that moved none are not counted.
struct BatchSizes {
    std::array<std::uint64_t, batch_buckets> calls{};
    std::uint64_t packets = 0;

    void count(std::size_t moved) {
        if (moved == 0) return;
        const auto bucket = static_cast<std::size_t>(std::bit_width(moved - 1));
        ++calls[std::min(bucket, batch_buckets - 1)];
        packets += moved;
    }
    friend bool operator==(const BatchSizes&, const BatchSizes&) = default;
};
/// The most packets that a bucket but the last stands for.
constexpr std::uint64_t most_of_bucket(std::size_t bucket) {
    return std::uint64_t{1} << bucket;
}

/// By BatchKind, of one shard, absolute since the data process started.
using ShardBatches = std::array<BatchSizes, batch_names.size()>;

}  // namespace kanmon::bridge
