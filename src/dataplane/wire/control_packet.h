// One control packet without its wrapping (none, or tls-auth / tls-crypt already taken off).
//
//      0        1            9     10        10+4n
//     +--------+------------+-----+---------+-------------+-----------+----------------+
//     | opcode | session id | n   | n acked | session id  | packet id | payload        |
//     | key id | of sender  | u8  | u32 ids | of receiver | u32       | to the end     |
//     +--------+------------+-----+---------+-------------+-----------+----------------+
//                                  n <= 8     only if n>0   not in ACK   TLS octets
//
// Source: wire reference, sections 3 and 8 (TLVs in a server's reset).
#pragma once

#include <optional>

#include "dataplane/wire/opcode.h"

namespace kanmon::wire {

inline constexpr std::size_t acks_max = 8;
inline constexpr std::size_t control_datagram_octets_max = 2048;  // accepted; larger is `malformed`
/// The most octets a control packet's header takes: opcode, both session ids, 8 acks, packet id.
inline constexpr std::size_t control_header_octets_max = 1 + 8 + 1 + 4 * acks_max + 8 + 4;

struct AckList {
    std::array<std::uint32_t, acks_max> ids{};
    std::uint8_t count = 0;

    void add(std::uint32_t id) { ids[count++] = id; }  // caller checks `full`
    bool full() const { return count == acks_max; }
    bool contains(std::uint32_t id) const {
        for (unsigned i = 0; i < count; ++i)
            if (ids[i] == id) return true;
        return false;
    }
    friend bool operator==(const AckList&, const AckList&) = default;
};

struct ControlPacket {
    Opcode opcode = Opcode::control_v1;
    KeyId key_id = 0;
    SessionId sender;
    AckList acks;
    SessionId receiver;                      // meaningful only when acks.count > 0
    std::optional<std::uint32_t> packet_id;  // absent in ACK_V1
    Bytes payload;                           // borrows from the datagram
};

/// Errors: `truncated`, `malformed` (more than 8 acks, larger than the maximum, a zero sender),
/// `unknown_opcode` for data opcodes.
Decoded<ControlPacket> decode_control_packet(Bytes datagram);

/// Errors: none for a packet whose payload fits `control_datagram_octets_max`.
Buffer encode(const ControlPacket& packet);

}  // namespace kanmon::wire
