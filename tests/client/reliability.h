// The client's own reliability layer of one key: deliberately not the gateway's, so that a mistake
// there is not mirrored here. Habits (windows, timers, how acknowledgements repeat) are arguments.
//
// Owner:  one Negotiation. Source: wire reference, sections 3 and 4.
#pragma once

#include <deque>
#include <map>
#include <optional>

#include "client/personality.h"
#include "dataplane/wire/control_packet.h"

namespace kanmon::client {

class Reliability {
public:
    explicit Reliability(const ControlHabits& habits) : habits_(habits) {}

    /// Cuts the octets into packets; a reset is one packet without payload.
    void queue(wire::Opcode opcode, Bytes octets);
    void acknowledged(const wire::AckList& acks);
    bool everything_acknowledged() const { return packets_.empty(); }

    /// False: beyond the window, not to be acknowledged.
    bool accept(std::uint32_t packet_id, Bytes payload);
    std::optional<Buffer> next_in_order();

    struct Due {
        wire::Opcode opcode;
        std::uint32_t packet_id;
        Bytes payload;  // borrows until the next call
    };
    std::optional<Due> next_due(Instant now);
    std::optional<Instant> next_deadline() const;

    bool owes_acks() const { return !owed_.empty(); }
    wire::AckList take_acks(bool alone);

private:
    std::size_t piece_octets_max() const;

    struct Packet {
        wire::Opcode opcode;
        std::uint32_t id;
        Buffer payload;
        bool sent = false;
        Instant due{};
        Duration timeout{};
        unsigned later_acks = 0;
    };

    ControlHabits habits_;
    std::deque<Packet> packets_;  // not acknowledged, by id
    std::uint32_t next_send_id_ = 0;
    std::uint32_t next_receive_id_ = 0;
    std::map<std::uint32_t, Buffer> received_;
    std::deque<std::uint32_t> owed_;    // oldest first
    std::deque<std::uint32_t> latest_;  // newest first
};

}  // namespace kanmon::client
