#include "dataplane/wire/control_packet.h"

namespace kanmon::wire {

Decoded<ControlPacket> decode_control_packet(Bytes datagram) {
    const auto first = peek(datagram);
    if (!first) return unexpected(first.error());
    if (is_data(first->opcode)) return unexpected(Cause::unknown_opcode);
    if (datagram.size() > control_datagram_octets_max) return unexpected(Cause::malformed);

    ByteReader in(datagram);
    in.u8();
    ControlPacket packet;
    packet.opcode = first->opcode;
    packet.key_id = first->key_id;
    packet.sender.octets = in.array<8>();
    const std::uint8_t count = in.u8();
    if (count > acks_max) return unexpected(Cause::malformed);
    for (unsigned i = 0; i < count; ++i) packet.acks.add(in.u32());
    if (count > 0) packet.receiver.octets = in.array<8>();
    if (packet.opcode != Opcode::ack_v1) {
        packet.packet_id = in.u32();
        packet.payload = in.rest();
    }
    if (!in.ok()) return unexpected(Cause::truncated);
    if (packet.sender.is_zero()) return unexpected(Cause::malformed);
    return packet;
}

Buffer encode(const ControlPacket& packet) {
    BufferWriter out;
    out.u8(std::to_integer<std::uint8_t>(first_octet(packet.opcode, packet.key_id)));
    out.bytes(packet.sender.octets);
    out.u8(packet.acks.count);
    for (unsigned i = 0; i < packet.acks.count; ++i) out.u32(packet.acks.ids[i]);
    if (packet.acks.count > 0) out.bytes(packet.receiver.octets);
    if (packet.opcode != Opcode::ack_v1) {
        out.u32(packet.packet_id.value_or(0));
        out.bytes(packet.payload);
    }
    return out.finish();
}

}  // namespace kanmon::wire
