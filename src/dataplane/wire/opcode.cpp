#include "dataplane/wire/opcode.h"

namespace kanmon::wire {

Decoded<FirstOctet> peek(Bytes datagram) {
    ByteReader in(datagram);
    const unsigned octet = in.u8();
    if (!in.ok()) return unexpected(Cause::truncated);
    const unsigned opcode = octet >> 3;
    if (opcode < static_cast<unsigned>(Opcode::soft_reset_v1) ||
        opcode > static_cast<unsigned>(Opcode::control_wkc_v1))
        return unexpected(Cause::unknown_opcode);
    return FirstOctet{static_cast<Opcode>(opcode), static_cast<KeyId>(octet & 7U)};
}

}  // namespace kanmon::wire
