// Messages that travel as tunnelled payload: ping and OCC. Source: wire reference, section 20.
#pragma once

#include "dataplane/wire/opcode.h"

namespace kanmon::wire {

enum class InBand : std::uint8_t {
    none,
    ping,
    occ_request,
    occ_reply,
    occ_mtu_load_request,
    occ_mtu_load,
    occ_mtu_request,
    occ_mtu_reply,
    occ_exit,
    occ_unknown
};

/// What an authenticated payload is; `none` means a tunnelled packet.
InBand classify(Bytes payload);

Bytes ping_payload();      // 16 octets, static storage
Bytes occ_exit_payload();  // 17 octets, static storage
Buffer occ_reply_payload(std::string_view options);
/// The answer to an MTU request: the largest packets received and sent, which nobody measures here.
Buffer occ_mtu_reply_payload();

}  // namespace kanmon::wire
