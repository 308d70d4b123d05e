#include "dataplane/routing/icmp_answer.h"

#include <algorithm>
#include <array>

#include "dataplane/routing/checksum.h"
#include "dataplane/routing/ip_header.h"
#include "dataplane/routing/policy.h"

namespace kanmon::routing {

namespace {

constexpr std::size_t icmp_header_octets = 8;
constexpr std::size_t answer_v4_octets_max = 576;  // RFC 1812: what every host takes
constexpr std::uint16_t mtu_v6_least = 1280;

struct Error {
    std::uint8_t type = 0;
    std::uint8_t code = 0;
    std::uint32_t word = 0;
};

/// Questions and their replies; whatever else ICMP carries is an error or unknown.
constexpr std::array<std::uint8_t, 6> queries_v4{0, 8, 13, 14, 17, 18};

bool is_about_an_error(const InnerPacket& packet) {
    const Bytes icmp = packet.transport();
    const bool is_icmp = packet.protocol == (packet.v6 ? protocol_icmp6 : protocol_icmp);
    if (!is_icmp) return false;
    if (icmp.empty()) return true;
    const auto type = std::to_integer<std::uint8_t>(icmp[0]);
    if (packet.v6) return type < 128;
    return std::ranges::find(queries_v4, type) == queries_v4.end();
}

bool has_single_ends(const InnerPacket& packet) {
    if (packet.v6)
        return !is_multicast(packet.source6) && !is_martian(packet.source6) &&
               !is_multicast(packet.destination6);
    const auto is_single = [](Ipv4 address) {
        return !is_martian(address) && !is_multicast(address);
    };
    return is_single(packet.source) && is_single(packet.destination);
}

void put_checksum(MutableBytes octets, std::size_t at, std::uint16_t checksum) {
    ByteWriter(octets.subspan(at)).u16(checksum);
}

void write_icmp(ByteWriter& out, const Error& error, Bytes quoted) {
    out.u8(error.type);
    out.u8(error.code);
    out.u16(0);
    out.u32(error.word);
    out.bytes(quoted);
}

std::optional<MutableBytes> write_v4(const InnerPacket& packet, const Error& error,
                                     MutableBytes room) {
    const std::size_t most = answer_v4_octets_max - header_v4 - icmp_header_octets;
    const Bytes quoted = Bytes(packet.octets).first(std::min(packet.octets.size(), most));
    ByteWriter out(room);
    write_ip_header(out, answering(packet, protocol_icmp, icmp_header_octets + quoted.size()));
    write_icmp(out, error, quoted);
    if (!out.ok()) return std::nullopt;
    const MutableBytes answer = room.first(out.size());
    finish_ip_header(answer, false);
    InternetSum message;
    message.add(answer.subspan(header_v4));
    put_checksum(answer, header_v4 + 2, message.finish());
    return answer;
}

std::optional<MutableBytes> write_v6(const InnerPacket& packet, const Error& error,
                                     MutableBytes room) {
    const std::size_t most = icmp_answer_octets_max - header_v6 - icmp_header_octets;
    const Bytes quoted = Bytes(packet.octets).first(std::min(packet.octets.size(), most));
    const auto length = static_cast<std::uint16_t>(icmp_header_octets + quoted.size());
    ByteWriter out(room);
    write_ip_header(out, answering(packet, protocol_icmp6, length));
    write_icmp(out, error, quoted);
    if (!out.ok()) return std::nullopt;
    const MutableBytes answer = room.first(out.size());
    InternetSum sum;
    sum.add(packet.destination6);
    sum.add(packet.source6);
    sum.word(length);
    sum.word(protocol_icmp6);
    sum.add(answer.subspan(header_v6));
    put_checksum(answer, header_v6 + 2, sum.finish());
    return answer;
}

std::optional<MutableBytes> write_error(const InnerPacket& packet, const Error& v4, const Error& v6,
                                        MutableBytes room) {
    if (packet.later_fragment || is_about_an_error(packet) || !has_single_ends(packet))
        return std::nullopt;
    return packet.v6 ? write_v6(packet, v6, room) : write_v4(packet, v4, room);
}

}  // namespace

std::optional<MutableBytes> make_unreachable(const InnerPacket& packet, MutableBytes room) {
    return write_error(packet, {3, 1, 0}, {1, 3, 0}, room);
}

std::optional<MutableBytes> make_too_big(const InnerPacket& packet, std::uint16_t mtu,
                                         MutableBytes room) {
    return write_error(packet, {3, 4, mtu}, {2, 0, std::max(mtu, mtu_v6_least)}, room);
}

std::optional<MutableBytes> make_prohibited(const InnerPacket& packet, MutableBytes room) {
    return write_error(packet, {3, 13, 0}, {1, 1, 0}, room);
}

bool AnswerBudget::take(Instant now) {
    const Instant next = std::max(full_at_, now) + interval_;
    if (next - now > 1s) return false;
    full_at_ = next;
    return true;
}

}  // namespace kanmon::routing
