#include "dataplane/routing/inner_packet.h"

#include <algorithm>

namespace kanmon::routing {

namespace {

constexpr std::uint16_t fragment_offset_mask = 0x1fff;

Cause cause_of_foreign_start(std::uint8_t first) {
    // Compression framings, wire reference section 19. 0x66 and 0x69 look like IPv6, 0x50 like
    // none.
    const bool framed = first == 0xfa || first == 0xfb || first == 0x50;
    return framed ? Cause::unsupported_framing : Cause::not_ip;
}

bool is_broadcast_of(const Cidr& network, Ipv4 address) {
    return network.prefix <= 30 && address == network.last();
}

}  // namespace

Expected<InnerPacket, Cause> read_inner_packet(MutableBytes payload) {
    ByteReader in(payload);
    const std::uint8_t first = in.u8();
    if (!in.ok()) return unexpected(Cause::truncated);
    if (first >> 4 != 4) return unexpected(cause_of_foreign_start(first));
    InnerPacket packet;
    packet.header_octets = static_cast<std::uint8_t>((first & 0x0f) * 4);
    in.bytes(1);
    const std::uint16_t length = in.u16();
    in.bytes(2);
    packet.later_fragment = (in.u16() & fragment_offset_mask) != 0;
    in.bytes(1);
    packet.protocol = in.u8();
    in.bytes(2);
    packet.source = Ipv4{in.u32()};
    packet.destination = Ipv4{in.u32()};
    if (!in.ok()) return unexpected(Cause::truncated);
    if (packet.header_octets < 20 || length < packet.header_octets)
        return unexpected(Cause::malformed);
    if (length > payload.size()) return unexpected(Cause::truncated);
    packet.octets = payload.first(length);
    return packet;
}

Expected<void, Cause> check_from_client(const InnerPacket& packet, Ipv4 client,
                                        const Neighbourhood& neighbourhood) {
    if (packet.source != client) return unexpected(Cause::spoofed_source);
    const Ipv4 to = packet.destination;
    const std::uint8_t top = static_cast<std::uint8_t>(to.value >> 24);
    if (top >= 224) return unexpected(Cause::multicast);  // multicast, reserved and 255.255.255.255
    if (top == 0 || top == 127) return unexpected(Cause::malformed);
    if (neighbourhood.client_pool.contains(to)) {
        if (to == neighbourhood.server_address) return {};
        const bool edge =
            to == neighbourhood.client_pool.base || to == neighbourhood.client_pool.last();
        return unexpected(edge ? Cause::multicast : Cause::client_to_client);
    }
    if (std::ranges::any_of(neighbourhood.local_networks,
                            [to](const Cidr& network) { return is_broadcast_of(network, to); }))
        return unexpected(Cause::multicast);
    return {};
}

}  // namespace kanmon::routing
