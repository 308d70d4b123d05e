#include "world/inner_packet.h"

namespace kanmon::world {

namespace {

constexpr std::uint16_t packet_octets = 20 + 8 + 8 + 4 + 4;
constexpr std::uint32_t magic = 0x4b4d0001;

}  // namespace

Buffer encode(const InnerPacket& packet) {
    BufferWriter out;
    out.u16(0x4500);
    out.u16(packet_octets);
    out.u32(0);
    out.u32(0x40110000);  // UDP; nobody here checks the header's sum
    out.u32(packet.source.value);
    out.u32(packet.destination.value);
    out.u64(0x03e803e800180000);  // ports 1000, 24 octets
    out.u64(packet.number);
    out.u32(packet.true_source.value);
    out.u32(packet.allowed ? magic : magic + 1);
    return out.finish();
}

std::optional<InnerPacket> decode_inner_packet(Bytes octets) {
    ByteReader in(octets);
    InnerPacket packet;
    in.bytes(12);
    packet.source.value = in.u32();
    packet.destination.value = in.u32();
    in.u64();
    packet.number = in.u64();
    packet.true_source.value = in.u32();
    const std::uint32_t mark = in.u32();
    packet.allowed = mark == magic;
    const bool whole = in.ok() && in.remaining() == 0;
    if (!whole || (mark != magic && mark != magic + 1)) return std::nullopt;
    return packet;
}

}  // namespace kanmon::world
