// A tunnelled packet as the observer wants it. Pure: time is an argument.
#pragma once

#include <optional>

#include "dataplane/flows/observer.h"
#include "dataplane/routing/flow.h"

namespace kanmon::shard {

/// One packet. Nothing for what names no flow: later fragments, and headers that are not whole.
std::optional<flows::Sighting> sighting_of(const routing::InnerPacket& packet, routing::Way way);

/// Tells an observer of packets. Packets come in runs: the next of a run is known by its header as
/// it stands, and costs a tenth of one whose flow is read and looked for.
class Observing {
public:
    explicit Observing(flows::Observer& observer) : observer_(observer) {}

    /// `packets`: how many it stands for. `denied`: why the gateway lets none of them pass.
    void note(std::uint32_t client, const routing::InnerPacket& packet, routing::Way way,
              std::size_t packets, std::optional<Cause> denied, Instant now);

private:
    bool continues_run(std::uint32_t client, const routing::InnerPacket& packet,
                       routing::Way way) const;
    void begin_run(std::uint32_t client, const routing::InnerPacket& packet, routing::Way way);

    flows::Observer& observer_;
    // Of the latest run, while there is one.
    bool running_ = false;
    bool v6_ = false;
    std::uint8_t protocol_ = 0;
    routing::Way way_ = routing::Way::from_client;
    std::uint32_t client_ = 0;
    std::uint32_t ports_ = 0;  // both, as they stand
    Ipv4 remote_;
    Ipv6 remote6_;
};

}  // namespace kanmon::shard
