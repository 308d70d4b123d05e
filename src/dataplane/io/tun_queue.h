// One queue of a TUN device (IFF_TUN | IFF_NO_PI): inner IP packets, one a read, one a write.
//
// Owner:  one shard's thread. Non-blocking. Nothing here allocates.
// Limits: `packet_octets_max` a packet.
#pragma once

#include "base/bytes.h"
#include "base/unique_fd.h"

namespace kanmon::io {

enum class TunRead : std::uint8_t { packet, empty, lost };
enum class TunWrite : std::uint8_t { written, full, failed };

class TunQueue {
public:
    static constexpr std::size_t packet_octets_max = 65536;

    /// Makes the descriptor non-blocking and close-on-exec.
    explicit TunQueue(UniqueFd fd);

    int fd() const { return fd_.get(); }

    /// One packet into `room`; `packet` is the part of it that was filled. `lost` means that the
    /// device is gone and the descriptor is of no more use.
    TunRead read(MutableBytes room, MutableBytes& packet);
    TunWrite write(Bytes packet);

private:
    UniqueFd fd_;
};

}  // namespace kanmon::io
