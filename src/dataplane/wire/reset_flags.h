// What a server's reset says after its packet id: a list of type-length-value items.
//
//      0      2        4
//     +------+--------+----------------+
//     | type | length | value          |   repeated to the end of the payload
//     | u16  | u16    | length octets  |
//     +------+--------+----------------+
//
// Type 1 holds flags (u16); bit 0 asks the client to send its wrapped key (wKc) once more, so that
// the server can forget the first packet. Unknown types are skipped.
// Source: wire reference, section 8.
#pragma once

#include "dataplane/wire/opcode.h"

namespace kanmon::wire {

struct ResetFlags {
    bool resend_wrapped_key = false;
    friend bool operator==(const ResetFlags&, const ResetFlags&) = default;
};

/// The payload that asks for the wrapped key, for those who may not take heap.
inline constexpr std::array<std::byte, 6> resend_wrapped_key{
    std::byte{0}, std::byte{1}, std::byte{0}, std::byte{2}, std::byte{0}, std::byte{1}};

/// The payload of HARD_RESET_SERVER_V2; empty when no flag is set.
Buffer encode(const ResetFlags& flags);

/// Errors: `truncated`, `malformed` (flags shorter than 2 octets).
Decoded<ResetFlags> decode_reset_flags(Bytes payload);

}  // namespace kanmon::wire
