#include "dataplane/routing/ip_header.h"

#include "dataplane/routing/checksum.h"

namespace kanmon::routing {

namespace {

constexpr std::uint8_t hops = 64;
constexpr std::uint16_t do_not_fragment = 0x4000;
constexpr std::size_t checksum_at_v4 = 10;

Ipv6 mapped(Ipv4 address) {
    return Endpoint::v4(address, 0).address;
}

std::uint32_t unmapped(const Ipv6& address) {
    return Endpoint{address, 0}.as_v4().value;
}

}  // namespace

IpHeader answering(const InnerPacket& packet, std::uint8_t protocol, std::size_t payload_octets) {
    return {.v6 = packet.v6,
            .source = packet.v6 ? packet.destination6 : mapped(packet.destination),
            .destination = packet.v6 ? packet.source6 : mapped(packet.source),
            .protocol = protocol,
            .payload_octets = payload_octets};
}

void write_ip_header(ByteWriter& out, const IpHeader& header) {
    if (header.v6) {
        out.u32(0x60000000);
        out.u16(static_cast<std::uint16_t>(header.payload_octets));
        out.u8(header.protocol);
        out.u8(hops);
        out.bytes(std::as_bytes(std::span(header.source.octets)));
        out.bytes(std::as_bytes(std::span(header.destination.octets)));
        return;
    }
    out.u16(0x4500);
    out.u16(static_cast<std::uint16_t>(header_v4 + header.payload_octets));
    out.u16(0);
    out.u16(header.may_fragment ? 0 : do_not_fragment);
    out.u8(hops);
    out.u8(header.protocol);
    out.u16(0);
    out.u32(unmapped(header.source));
    out.u32(unmapped(header.destination));
}

void finish_ip_header(MutableBytes packet, bool v6) {
    if (v6) return;
    InternetSum sum;
    sum.add(Bytes(packet).first(header_v4));
    ByteWriter(packet.subspan(checksum_at_v4)).u16(sum.finish());
}

}  // namespace kanmon::routing
