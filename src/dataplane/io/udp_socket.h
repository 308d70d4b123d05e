// One UDP socket of a listener: how it was set up, and what its kernel turned out to lack.
//
// The broker made and bound it; here it gets its options. Batches read and write it
// (receive_batch.h, send_batch.h).
// Owner: one shard's thread, after `UdpSocket` was made.
#pragma once

#include "base/address.h"
#include "base/unique_fd.h"

namespace kanmon::io {

class UdpSocket {
public:
    /// Sets non-blocking, large buffers, UDP_GRO, and for a wildcard the request's destination
    /// address beside each datagram. What the kernel refuses is logged once and done without.
    explicit UdpSocket(UniqueFd fd);

    int fd() const { return fd_.get(); }
    int family() const { return family_; }
    /// Replies must name their source address, since the socket is bound to every address.
    bool wildcard() const { return wildcard_; }
    Endpoint local() const { return local_; }

    bool segmentation() const { return segmentation_; }
    /// Datagrams of one sender are received together.
    bool gathers() const { return gathers_; }
    /// The device below cannot segment (EIO): plain sends from now on.
    void give_up_segmentation();

private:
    void enlarge_buffers();
    void ask_for_destination();

    UniqueFd fd_;
    int family_ = 0;
    Endpoint local_;
    bool wildcard_ = false;
    bool segmentation_ = true;
    bool gathers_ = true;
};

}  // namespace kanmon::io
