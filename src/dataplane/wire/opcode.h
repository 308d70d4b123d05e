// The first octet of every OpenVPN packet, and the ids that the headers carry.
//
//      7       3 2     0
//     +---------+-------+
//     | opcode  | key id|
//     +---------+-------+
//
// Source: wire reference, section 2.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "bridge/causes.h"

namespace kanmon::wire {

template <class T>
using Decoded = Expected<T, Cause>;

enum class Opcode : std::uint8_t {
    hard_reset_client_v1 = 1,
    hard_reset_server_v1 = 2,
    soft_reset_v1 = 3,
    control_v1 = 4,
    ack_v1 = 5,
    data_v1 = 6,
    hard_reset_client_v2 = 7,
    hard_reset_server_v2 = 8,
    data_v2 = 9,
    hard_reset_client_v3 = 10,
    control_wkc_v1 = 11,
};

using KeyId = std::uint8_t;    // 0..7; 0 only for the first TLS session of a connection
using PeerId = std::uint32_t;  // 0..2^24-1; chosen by the server
inline constexpr PeerId peer_id_none = 0xffffff;

struct SessionId {
    std::array<std::byte, 8> octets{};
    bool is_zero() const { return *this == SessionId{}; }
    friend bool operator==(const SessionId&, const SessionId&) = default;
};

struct FirstOctet {
    Opcode opcode;
    KeyId key_id;
};

/// Errors: `truncated` for an empty datagram, `unknown_opcode` for values outside 3..11 (1 and 2
/// are key-method 1, obsolete).
Decoded<FirstOctet> peek(Bytes datagram);

constexpr std::byte first_octet(Opcode opcode, KeyId key_id) {
    return static_cast<std::byte>(static_cast<unsigned>(opcode) << 3 | (key_id & 7U));
}

constexpr bool is_data(Opcode opcode) {
    return opcode == Opcode::data_v1 || opcode == Opcode::data_v2;
}

/// The key id after this one: 0,1,…,7,1,…
constexpr KeyId next_key_id(KeyId key_id) {
    return key_id == 7 ? KeyId{1} : KeyId(key_id + 1);
}

}  // namespace kanmon::wire
