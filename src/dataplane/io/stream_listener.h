// One listening TCP socket of a listener, and what every connection inherits from it.
//
// The broker made it and listens; here it gets its options, which the kernel copies into each
// accepted socket: no delay, little unsent data inside the kernel, and an end for peers that stop
// acknowledging. No buffer sizes: the kernel adapts them only where nobody has set them, and what
// is read at once never fills a buffer.
// Owner: one shard's thread, after `StreamListener` was made.
#pragma once

#include "base/address.h"
#include "base/time.h"
#include "base/unique_fd.h"

namespace kanmon::io {

struct AcceptedStream {
    UniqueFd fd;  // non-blocking, close-on-exec
    Endpoint remote;
};

/// `exhausted`: no descriptors or memory; another attempt now would fail too.
enum class AcceptOutcome : std::uint8_t { accepted, empty, exhausted };

class StreamListener {
public:
    /// The kernel holds at most that much it has not sent; the rest waits where packets can still
    /// be dropped instead.
    static constexpr int unsent_octets_max = 128 << 10;
    /// As long as clients wait before they give up a silent gateway.
    static constexpr std::chrono::milliseconds unacknowledged_max = 60s;

    explicit StreamListener(UniqueFd fd);

    int fd() const { return fd_.get(); }
    Endpoint local() const { return local_; }

    AcceptOutcome accept(AcceptedStream& stream);

    /// While it is paused nobody watches it; the kernel's backlog keeps who comes.
    bool paused() const { return paused_; }
    void pause(bool paused) { paused_ = paused; }

private:
    UniqueFd fd_;
    Endpoint local_;
    bool paused_ = false;
};

}  // namespace kanmon::io
