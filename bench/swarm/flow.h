// One client's synthetic traffic: what it asks for next, and what came back. Pure.
//
// So many packets are under way at most; what is answered makes room for more, so that a flow goes
// as fast as its path takes it. Optionally not faster than a rate. What is not answered within
// `patience` after the last answer is lost, and the flow goes on.
//
//     echo   every request is answered by one of its size
//     up     large requests; every `answered_every`th is answered by a small one
//     down   small requests; each is answered by `answered_every` large ones
#pragma once

#include <optional>

#include "base/time.h"
#include "swarm/echo_message.h"

namespace kanmon::swarm {

enum class Direction : std::uint8_t { echo, up, down };

struct FlowPlan {
    Direction direction = Direction::echo;
    std::size_t inner_octets = 1350;  // of the large packets, IP header included
    std::size_t headers = 28;         // IP and UDP
    std::uint32_t window = 64;        // packets under way
    double packets_per_second = 0;    // of the counted direction; 0: no limit
};

/// In packets of the plan's size, in the direction that is counted (of echo: that came back).
struct FlowCounts {
    std::uint64_t sent = 0;  // or asked for
    std::uint64_t arrived = 0;
    std::uint64_t lost = 0;
};

class Flow {
public:
    static constexpr std::uint16_t answered_every = 16;
    static constexpr Duration patience = 500ms;

    Flow(const FlowPlan& plan, std::uint32_t run, std::uint64_t client, Instant now);

    struct Request {
        EchoMessage message;
        std::size_t inner_octets = 0;
    };
    /// What may be sent now; nothing while enough is under way or the rate forbids it.
    std::optional<Request> next(Instant now);
    void answered(const EchoMessage& answer, Instant now);

    const FlowCounts& counts() const { return counts_; }

private:
    void give_up(Instant now);
    bool allowed(Instant now) const;

    FlowPlan plan_;
    EchoMessage message_;  // of the next request
    std::uint64_t under_way_ = 0;
    std::uint64_t acknowledged_ = 0;  // up: requests up to here
    std::uint64_t received_ = 0;      // up: as the echo counts
    Instant began_, heard_;
    FlowCounts counts_;
};

}  // namespace kanmon::swarm
