// The reliability layer of one key state: ordered, acknowledged control packets over lossy
// datagrams.
//
// Two independent halves, used alike by server and client. `SendWindow` numbers payloads, lets a
// few of them fly and repeats what is not acknowledged; `ReceiveWindow` puts payloads back into
// order and remembers what to acknowledge. Payloads are kept, not datagrams: a repetition is
// encoded (and later wrapped) afresh, with the acknowledgements of its own time.
//
// Limits:  6 packets in flight (4 until the peer acknowledged one), 64 kB waiting behind them,
//          12 received out of order, 8 acknowledgements remembered.
// Source:  wire reference, sections 3 and 4.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <utility>

#include "base/short_queue.h"
#include "base/time.h"
#include "dataplane/wire/control_packet.h"

namespace kanmon::session {

/// Peers buffer 8 (before 2.6) or 12 packets beyond the next expected one: 4 and 6 fit both.
inline constexpr std::uint32_t send_window_unproven = 4;
inline constexpr std::uint32_t send_window_proven = 6;
inline constexpr std::uint32_t receive_window = 12;
inline constexpr std::size_t waiting_octets_max = std::size_t{64} << 10;

/// 1250 octets with IPv6 and UDP headers (48), our header with 4 acks (38) and tls-crypt (40),
/// which passes every path that carries a tunnel at all.
inline constexpr std::size_t control_payload_octets_max = 1120;

/// A handshake is a chain of about 8 packets that all have to arrive within 60 s. At 20 % loss each
/// way a repetition fails with probability 0.36, so the chain needs many early tries: 0.75 s (above
/// the round trip of any usable path), then half as much again, at most every 4 s: 16 tries in 60
/// s.
inline constexpr Duration retransmit_first = 750ms;
inline constexpr Duration retransmit_longest = 4s;

/// Acknowledgements of three later packets say that this one was lost, not late.
inline constexpr unsigned fast_retransmit_acks = 3;

inline constexpr std::size_t acks_on_control = 4;  // what a peer expects beside a payload
inline constexpr std::size_t acks_alone = 8;       // what an ACK_V1 takes

class SendWindow {
public:
    /// One packet to be sent now. Borrows its payload until the next call of this window.
    struct Due {
        wire::Opcode opcode = wire::Opcode::control_v1;
        std::uint32_t packet_id = 0;
        Bytes payload;
    };

    /// `first_id` is 1 when the reset (id 0) was sent and acknowledged without this window.
    explicit SendWindow(std::uint32_t first_id) : next_id_(first_id) {}

    /// Cuts `octets` into packets behind those that wait already; a reset is one empty packet.
    /// False, and nothing is queued, when too much waits: the peer does not acknowledge.
    [[nodiscard]] bool queue(wire::Opcode opcode, Bytes octets);

    /// Ids that are not in flight are ignored: peers repeat acknowledgements. True when one was.
    bool acknowledge(const wire::AckList& acks, Instant now);
    /// How long the latest packet that was sent once took to be acknowledged; once. Of a packet
    /// that was repeated nobody knows which one was (Karn's rule).
    std::optional<Duration> take_round_trip() { return std::exchange(round_trip_, std::nullopt); }

    /// The next packet that has to leave at `now`, for the first time or again. Ask until empty.
    std::optional<Due> next_due(Instant now);
    /// When the earliest repetition is due; nothing while no packet flies.
    std::optional<Instant> next_deadline() const;
    /// What is not acknowledged yet is not worth another try.
    void forget();
    /// Everything that was queued has been acknowledged.
    bool idle() const { return flying_.empty() && waiting_.empty(); }

private:
    struct Waiting {
        wire::Opcode opcode = wire::Opcode::control_v1;
        Buffer payload;
    };
    struct Flying {
        Waiting packet;
        std::uint32_t id = 0;
        Instant due{};
        Duration timeout{};
        Instant sent_at{};
        bool repeated = false;
        unsigned later_acks = 0;
    };

    bool acknowledge(std::uint32_t id, Instant now);
    bool may_launch() const;

    ShortQueue<Waiting> waiting_;
    ShortQueue<Flying> flying_;  // by id, oldest first
    std::size_t waiting_octets_ = 0;
    std::uint32_t next_id_;
    bool proven_ = false;
    std::optional<Duration> round_trip_;
};

/// What became of a received packet. Only `outside` is not acknowledged.
enum class Receipt : std::uint8_t { fresh, duplicate, outside };

class ReceiveWindow {
public:
    explicit ReceiveWindow(std::uint32_t first_id) : next_id_(first_id) {}

    Receipt accept(std::uint32_t packet_id, Bytes payload);
    /// The payload of the next packet in order (empty for a reset), or nothing while it is missing.
    std::optional<Buffer> next_in_order();
    /// Octets that wait for a missing packet, or for the reader.
    std::size_t buffered_octets() const;

    bool owes_acks() const;
    /// First what is owed, then, so that a lost acknowledgement costs nothing, the latest ones
    /// again.
    wire::AckList take_acks(std::size_t count_max);

private:
    struct Ack {
        std::uint32_t id = 0;
        bool owed = false;
    };
    void owe(std::uint32_t packet_id);
    std::span<Ack> acks() { return std::span(acks_).first(acks_count_); }
    std::span<const Ack> acks() const { return std::span(acks_).first(acks_count_); }

    ShortQueue<std::optional<Buffer>> slots_;  // slots_[0] is for next_id_
    std::array<Ack, wire::acks_max> acks_{};   // newest first
    std::size_t acks_count_ = 0;
    std::uint32_t next_id_;
};

}  // namespace kanmon::session
