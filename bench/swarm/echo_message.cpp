#include "swarm/echo_message.h"

#include <algorithm>

#include "dataplane/routing/checksum.h"
#include "dataplane/routing/ip_header.h"

namespace kanmon::swarm {

namespace {

constexpr std::uint32_t mark = 0x6b73776d;
constexpr std::size_t udp_payload_max = 65000;

void add_address(routing::InternetSum& sum, const Endpoint& end) {
    if (end.is_v4())
        sum.add(end.as_v4());
    else
        sum.add(end.address);
}

}  // namespace

void encode(const EchoMessage& message, MutableBytes payload) {
    ByteWriter out(payload);
    out.u32(mark);
    out.u32(message.run);
    out.u64(message.client);
    out.u64(message.number);
    out.u64(message.received);
    out.u16(message.answer_octets);
    out.u16(message.answers);
    std::ranges::fill(payload.subspan(out.size()), std::byte{0});
}

std::optional<EchoMessage> decode_echo_message(Bytes payload) {
    ByteReader in(payload);
    if (in.u32() != mark) return std::nullopt;
    EchoMessage message;
    message.run = in.u32();
    message.client = in.u64();
    message.number = in.u64();
    message.received = in.u64();
    message.answer_octets = in.u16();
    message.answers = in.u16();
    const bool sane = message.answers <= answers_max && message.answer_octets >= message_octets &&
                      message.answer_octets <= udp_payload_max;
    if (!in.ok() || !sane) return std::nullopt;
    return message;
}

std::size_t headers_octets(const Endpoint& to) {
    return (to.is_v4() ? routing::header_v4 : routing::header_v6) + udp_header_octets;
}

void write_inner(MutableBytes room, const Endpoint& from, const Endpoint& to,
                 const EchoMessage& message, std::size_t inner_octets) {
    const MutableBytes packet = room.first(inner_octets);
    const bool v6 = !to.is_v4();
    const std::size_t ip_octets = headers_octets(to) - udp_header_octets;
    const auto udp_octets = static_cast<std::uint16_t>(inner_octets - ip_octets);
    ByteWriter out(packet);
    routing::write_ip_header(out, {.v6 = v6,
                                   .source = from.address,
                                   .destination = to.address,
                                   .protocol = protocol_udp,
                                   .payload_octets = udp_octets,
                                   .may_fragment = false});
    out.u16(from.port);
    out.u16(to.port);
    out.u16(udp_octets);
    out.u16(0);
    encode(message, packet.subspan(ip_octets + udp_header_octets));
    routing::finish_ip_header(packet, v6);
    routing::InternetSum sum;
    add_address(sum, from);
    add_address(sum, to);
    sum.word(protocol_udp);
    sum.word(udp_octets);
    sum.add(packet.subspan(ip_octets));
    const std::uint16_t checksum = sum.finish();
    ByteWriter(packet.subspan(ip_octets + 6)).u16(checksum == 0 ? 0xffff : checksum);
}

std::optional<Bytes> udp_payload(MutableBytes packet) {
    const auto read = routing::read_inner_packet(packet);
    if (!read || read->protocol != protocol_udp || read->fragment) return std::nullopt;
    const Bytes transport = read->transport();
    if (transport.size() < udp_header_octets) return std::nullopt;
    return transport.subspan(udp_header_octets);
}

}  // namespace kanmon::swarm
