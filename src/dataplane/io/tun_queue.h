// One queue of a TUN device (IFF_TUN | IFF_NO_PI): one inner IP packet a read and a write or, where
// the device was opened with IFF_VNET_HDR, several of a flow as one.
//
// Owner:  one shard's thread. Non-blocking. Nothing here allocates.
// Limits: `room_octets` a packet and its header.
#pragma once

#include "base/bytes.h"
#include "base/unique_fd.h"
#include "dataplane/routing/offload.h"

namespace kanmon::io {

/// `foreign`: a packet of a kind that nobody offered to take; the next may be another.
enum class TunRead : std::uint8_t { packet, empty, lost, foreign };
/// `refused`: the kernel does not take such a packet.
enum class TunWrite : std::uint8_t { written, full, refused, failed };

struct TunPacket {
    routing::Offload offload;
    MutableBytes octets;
};

/// How many packets this one stands for.
std::size_t packets_in(const routing::Offload& offload, Bytes packet);

/// What of tun_offloads.h the kernel takes at this device: offered anew, as the broker has before.
unsigned taken_offloads(int fd);

/// The descriptor's packets come and go with a header that says what is left to the other side.
bool has_offloads(int fd);

class TunQueue {
public:
    static constexpr std::size_t room_octets = 65536 + 64;

    /// Makes the descriptor non-blocking and close-on-exec.
    explicit TunQueue(UniqueFd fd);

    int fd() const { return fd_.get(); }
    bool has_offloads() const { return offloads_; }

    /// One packet into `room`; `packet` is the part of it that was filled. `lost` means that the
    /// device is gone and the descriptor is of no more use.
    TunRead read(MutableBytes room, TunPacket& packet);
    /// An offload only where `has_offloads`.
    TunWrite write(const routing::Offload& offload, Bytes packet);

private:
    UniqueFd fd_;
    bool offloads_ = false;
};

}  // namespace kanmon::io
