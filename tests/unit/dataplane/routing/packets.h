// Packets for the tests of this folder, and slow second opinions on their checksums.
#pragma once

#include <gtest/gtest.h>

#include <cstring>

#include "dataplane/routing/inner_packet.h"

namespace kanmon::routing {

inline const Ipv4 client{0x0a080006}, target{0xac140001};
inline const Ipv6 client6 = *parse_ipv6("fd00:8::6"), target6 = *parse_ipv6("fd20::10");

inline std::uint32_t sum_of(Bytes octets) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < octets.size(); ++i)
        sum += std::to_integer<std::uint32_t>(octets[i]) << (i % 2 == 0 ? 8 : 0);
    return sum;
}

inline std::uint16_t folded(std::uint32_t sum) {
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(sum);
}

inline Buffer ip_packet(Ipv4 from, Ipv4 to, std::uint8_t protocol, Bytes body) {
    BufferWriter out;
    out.u16(0x4500);
    out.u16(static_cast<std::uint16_t>(20 + body.size()));
    out.u32(0x00010000);
    out.u8(64);
    out.u8(protocol);
    out.u16(0);
    out.u32(from.value);
    out.u32(to.value);
    out.bytes(body);
    return out.finish();
}

inline Buffer with_options_v4(Bytes options) {
    Buffer packet = ip_packet(client, target, 17, Buffer(8));
    packet.insert(packet.begin() + 20, options.begin(), options.end());
    packet[0] = static_cast<std::byte>(0x45 + options.size() / 4);
    ByteWriter(MutableBytes(packet).subspan(2)).u16(static_cast<std::uint16_t>(packet.size()));
    return packet;
}

inline Buffer ip6_packet(const Ipv6& from, const Ipv6& to, std::uint8_t next, Bytes body) {
    BufferWriter out;
    out.u32(0x60000000);
    out.u16(static_cast<std::uint16_t>(body.size()));
    out.u8(next);
    out.u8(64);
    out.bytes(std::as_bytes(std::span(from.octets)));
    out.bytes(std::as_bytes(std::span(to.octets)));
    out.bytes(body);
    return out.finish();
}

/// The sum over pseudo header and upper layer: 0xffff when the checksum is right.
inline std::uint16_t upper_sum(const InnerPacket& packet, std::uint8_t protocol) {
    const Bytes segment = packet.octets.subspan(packet.header_octets);
    const Bytes addresses =
        packet.v6 ? Bytes(packet.octets).subspan(8, 32) : Bytes(packet.octets).subspan(12, 8);
    return folded(sum_of(addresses) + protocol + static_cast<std::uint32_t>(segment.size()) +
                  sum_of(segment));
}

inline std::uint16_t tcp_sum(const InnerPacket& packet) {
    return upper_sum(packet, protocol_tcp);
}

inline void put_word(MutableBytes packet, std::size_t at, std::uint16_t word) {
    ByteWriter(packet.subspan(at)).u16(word);
}

/// Those of IPv4's header, and of TCP or UDP.
inline void finish_checksums(MutableBytes packet) {
    const auto inner = read_inner_packet(packet);
    if (!inner->v6) {
        put_word(packet, 10, 0);
        const std::size_t octets = (std::to_integer<std::size_t>(packet[0]) & 15) * 4;
        put_word(packet, 10, static_cast<std::uint16_t>(~folded(sum_of(packet.first(octets)))));
    }
    const bool tcp = inner->protocol == protocol_tcp;
    const std::size_t at = inner->header_octets + (tcp ? 16U : 6U);
    put_word(packet, at, 0);
    const auto checksum = static_cast<std::uint16_t>(~upper_sum(*inner, inner->protocol));
    put_word(packet, at, checksum == 0 && !tcp ? 0xffff : checksum);
}

struct Segment {
    std::uint32_t sequence = 0x12345678;
    std::uint32_t acknowledged = 0;
    std::uint8_t flags = 0x10;
    Buffer options, payload;
    std::uint16_t from_port = 0x3039, to_port = 80;
};

/// A whole TCP packet with right checksums: from the client to the VPC, or back.
inline Buffer tcp_packet(const Segment& segment, bool v6 = false, bool back = false) {
    BufferWriter out;
    out.u16(back ? segment.to_port : segment.from_port);
    out.u16(back ? segment.from_port : segment.to_port);
    out.u32(segment.sequence);
    out.u32(segment.acknowledged);
    out.u8(static_cast<std::uint8_t>((20 + segment.options.size()) / 4 << 4));
    out.u8(segment.flags);
    out.u16(0xffff);
    out.u32(0);
    out.bytes(segment.options);
    out.bytes(segment.payload);
    const Buffer body = out.finish();
    Buffer packet = v6 ? ip6_packet(back ? target6 : client6, back ? client6 : target6, 6, body)
                       : ip_packet(back ? target : client, back ? client : target, 6, body);
    finish_checksums(packet);
    return packet;
}

/// A whole UDP packet with right checksums, from the client to the VPC.
inline Buffer udp_packet(Bytes payload, bool v6 = false, std::uint16_t from_port = 5000) {
    BufferWriter out;
    out.u16(from_port);
    out.u16(443);
    out.u16(static_cast<std::uint16_t>(8 + payload.size()));
    out.u16(0);
    out.bytes(payload);
    const Buffer body = out.finish();
    Buffer packet = v6 ? ip6_packet(client6, target6, protocol_udp, body)
                       : ip_packet(client, target, protocol_udp, body);
    finish_checksums(packet);
    return packet;
}

inline Buffer syn(Bytes options, std::uint8_t flags = 0x02, bool v6 = false) {
    return tcp_packet({.flags = flags, .options = copy_of(options), .payload = {}}, v6);
}

/// Octets that tell their place.
inline Buffer numbered(std::size_t octets) {
    Buffer made(octets);
    for (std::size_t i = 0; i < octets; ++i) made[i] = static_cast<std::byte>(i * 7 + i / 256);
    return made;
}

}  // namespace kanmon::routing
