#include "world/inner_packet.h"

namespace kanmon::world {

namespace {

constexpr std::uint16_t body_octets = 8 + 8 + 4 + 4;
constexpr std::uint16_t packet_octets = 20 + body_octets;
constexpr std::uint32_t magic = 0x4b4d0001;
constexpr std::uint64_t network6_high = 0xfd00000800000000;

Ipv6 address6(Ipv4 address) {
    Ipv6 made;
    ByteWriter out(std::as_writable_bytes(std::span(made.octets)));
    out.u64(network6_high);
    out.u32(0);
    out.u32(address.value);
    return made;
}

void write_header(BufferWriter& out, const InnerPacket& packet) {
    out.u16(0x4500);
    out.u16(packet_octets);
    out.u32(0);
    out.u32(0x40110000);  // UDP; nobody here checks the header's sum
    out.u32(packet.source.value);
    out.u32(packet.destination.value);
}

void write_header6(BufferWriter& out, const InnerPacket& packet) {
    out.u32(0x60000000);
    out.u16(body_octets);
    out.u16(0x1140);
    for (const Ipv6& address : {address6(packet.source), address6(packet.destination)})
        out.bytes(std::as_bytes(std::span(address.octets)));
}

/// Nothing when the address is none of the world's.
std::optional<Ipv4> read_address6(ByteReader& in) {
    const bool ours = in.u64() == network6_high;
    const bool plain = in.u32() == 0;
    const Ipv4 address{in.u32()};
    return ours && plain ? std::optional(address) : std::nullopt;
}

}  // namespace

Cidr6 network6(const Cidr& pool) {
    return {address6(pool.base), static_cast<std::uint8_t>(96 + pool.prefix)};
}

Buffer encode(const InnerPacket& packet) {
    BufferWriter out;
    packet.v6 ? write_header6(out, packet) : write_header(out, packet);
    out.u64(0x03e803e800180000);  // ports 1000, 24 octets
    out.u64(packet.number);
    out.u32(packet.true_source.value);
    out.u32(packet.allowed ? magic : magic + 1);
    return out.finish();
}

std::optional<InnerPacket> decode_inner_packet(Bytes octets) {
    ByteReader in(octets);
    InnerPacket packet;
    packet.v6 = !octets.empty() && octets[0] >> 4 == std::byte{6};
    in.bytes(packet.v6 ? 8 : 12);
    if (packet.v6) {
        const auto source = read_address6(in), destination = read_address6(in);
        if (!source || !destination) return std::nullopt;
        packet.source = *source;
        packet.destination = *destination;
    } else {
        packet.source.value = in.u32();
        packet.destination.value = in.u32();
    }
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
