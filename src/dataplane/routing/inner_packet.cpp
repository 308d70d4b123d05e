#include "dataplane/routing/inner_packet.h"

#include <algorithm>
#include <cstring>

namespace kanmon::routing {

namespace {

constexpr std::uint16_t do_not_fragment = 0x4000, more_fragments = 0x2000;
constexpr std::uint16_t fragment_offset_mask = 0x1fff;

constexpr std::uint8_t option_end = 0, option_nothing = 1;
constexpr std::uint8_t option_loose_route = 131, option_strict_route = 137;

constexpr std::uint8_t hop_by_hop = 0, routing = 43, fragment_header = 44, authentication = 51,
                       destination_options = 60, mobility = 135, host_identity = 139, shim6 = 140;

using Read = Expected<InnerPacket, Cause>;
enum class Extent : std::uint8_t { whole, quoted };

Cause cause_of_foreign_start(std::uint8_t first) {
    // Compression framings, wire reference section 19. 0x66 and 0x69 look like IPv6, 0x50 like
    // none.
    const bool framed = first == 0xfa || first == 0xfb || first == 0x50;
    return framed ? Cause::unsupported_framing : Cause::not_ip;
}

/// Options that name further hops. A list that breaks its format names none that a router follows.
bool has_source_route(Bytes options) {
    ByteReader in(options);
    while (in.remaining() > 0) {
        const std::uint8_t kind = in.u8();
        if (kind == option_end) return false;
        if (kind == option_nothing) continue;
        if (kind == option_loose_route || kind == option_strict_route) return true;
        const std::uint8_t length = in.u8();
        if (length < 2) return false;
        in.bytes(length - 2U);
    }
    return false;
}

Read read_v4(MutableBytes payload, Extent extent) {
    ByteReader in(payload);
    InnerPacket packet;
    packet.header_octets = static_cast<std::uint16_t>((in.u8() & 0x0f) * 4);
    in.bytes(1);
    const std::uint16_t length = in.u16();
    in.bytes(2);
    const std::uint16_t flags = in.u16();
    in.bytes(1);
    packet.protocol = in.u8();
    in.bytes(2);
    packet.source = Ipv4{in.u32()};
    packet.destination = Ipv4{in.u32()};
    if (!in.ok()) return unexpected(Cause::truncated);
    if (packet.header_octets < header_v4 || length < packet.header_octets)
        return unexpected(Cause::malformed);
    const bool cut = extent == Extent::quoted && packet.header_octets <= payload.size();
    if (length > payload.size() && !cut) return unexpected(Cause::truncated);
    packet.octets = payload.first(std::min<std::size_t>(length, payload.size()));
    packet.later_fragment = (flags & fragment_offset_mask) != 0;
    packet.fragment = packet.later_fragment || (flags & more_fragments) != 0;
    packet.may_fragment = (flags & do_not_fragment) == 0;
    packet.source_routed =
        packet.header_octets > header_v4 &&
        has_source_route(packet.octets.subspan(header_v4, packet.header_octets - header_v4));
    return packet;
}

/// Octets of an extension header by its length field, or 0 for a protocol that is none. Source: RFC
/// 8200 section 4, RFC 4302 section 2.2 (counts in fours).
std::size_t extension_octets(std::uint8_t kind, std::uint8_t length) {
    switch (kind) {
        case hop_by_hop:
        case routing:
        case destination_options:
        case mobility:
        case host_identity:
        case shim6:
            return (std::size_t{length} + 1) * 8;
        case fragment_header:
            return 8;
        case authentication:
            return (std::size_t{length} + 2) * 4;
        default:
            return 0;
    }
}

void note_fragment(InnerPacket& packet, Bytes header) {
    const std::uint16_t offset_and_more = ByteReader(header.subspan(2)).u16();
    packet.later_fragment = offset_and_more >> 3 != 0;
    packet.fragment = packet.fragment || packet.later_fragment || (offset_and_more & 1) != 0;
}

/// Type 0 is no longer allowed at all (RFC 5095); others are over when no segment is left.
bool still_routes(Bytes header) {
    ByteReader in(header.subspan(2));
    const std::uint8_t type = in.u8();
    return type == 0 || in.u8() != 0;
}

/// Walks the extension headers. False when the chain breaks the rules.
bool walk_extensions(InnerPacket& packet) {
    for (unsigned count = 0;; ++count) {
        const Bytes rest = Bytes(packet.octets).subspan(packet.header_octets);
        if (packet.later_fragment || extension_octets(packet.protocol, 0) == 0) return true;
        const bool misplaced = packet.protocol == hop_by_hop && count > 0;
        if (misplaced || count == extension_headers_max || rest.size() < 8) return false;
        ByteReader in(rest);
        const std::uint8_t next = in.u8();
        const std::size_t length = extension_octets(packet.protocol, in.u8());
        if (length > rest.size()) return false;
        if (packet.protocol == fragment_header) note_fragment(packet, rest);
        if (packet.protocol == routing) packet.source_routed |= still_routes(rest);
        packet.header_octets = static_cast<std::uint16_t>(packet.header_octets + length);
        packet.protocol = next;
    }
}

Read read_v6(MutableBytes payload, Extent extent) {
    ByteReader in(payload);
    InnerPacket packet;
    packet.v6 = true;
    packet.header_octets = header_v6;
    in.bytes(4);
    const std::size_t length = header_v6 + in.u16();
    packet.protocol = in.u8();
    in.bytes(1);
    const Bytes addresses = in.bytes(32);
    if (!in.ok() || (length > payload.size() && extent == Extent::whole))
        return unexpected(Cause::truncated);
    std::memcpy(packet.source6.octets.data(), addresses.data(), 16);
    std::memcpy(packet.destination6.octets.data(), addresses.data() + 16, 16);
    packet.octets = payload.first(std::min(length, payload.size()));
    if (!walk_extensions(packet)) return unexpected(Cause::malformed);
    return packet;
}

Read read_packet(MutableBytes payload, Extent extent) {
    if (payload.empty()) return unexpected(Cause::truncated);
    const auto first = std::to_integer<std::uint8_t>(payload[0]);
    if (first >> 4 == 4) return read_v4(payload, extent);
    if (first >> 4 == 6) return read_v6(payload, extent);
    return unexpected(cause_of_foreign_start(first));
}

}  // namespace

Read read_inner_packet(MutableBytes payload) {
    return read_packet(payload, Extent::whole);
}

Read read_quoted_packet(MutableBytes quoted) {
    return read_packet(quoted, Extent::quoted);
}

}  // namespace kanmon::routing
