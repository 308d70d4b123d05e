#include "dataplane/routing/segment_size.h"

#include "dataplane/routing/tcp_segment.h"

namespace kanmon::routing {

namespace {

constexpr std::uint8_t option_end = 0, option_nothing = 1, option_segment_size = 2;
constexpr std::size_t segment_size_option_octets = 4;
constexpr std::uint16_t header_v6_more = 20;  // octets that an IPv6 header has more than IPv4's

std::uint8_t octet_at(MutableBytes bytes, std::size_t at) {
    return std::to_integer<std::uint8_t>(bytes[at]);
}

std::uint16_t word_at(MutableBytes bytes, std::size_t at) {
    return ByteReader(bytes.subspan(at)).u16();
}

void put_word(MutableBytes bytes, std::size_t at, std::uint16_t value) {
    ByteWriter(bytes.subspan(at)).u16(value);
}

/// The two octets of `word` as the checksum sees them: an odd offset swaps them.
std::uint16_t as_summed(std::uint16_t word, std::size_t at) {
    return at % 2 == 0 ? word : static_cast<std::uint16_t>(word << 8 | word >> 8);
}

void replace_word(MutableBytes segment, std::size_t at, std::uint16_t value) {
    std::uint32_t sum = static_cast<std::uint16_t>(~word_at(segment, tcp_checksum_at));
    sum += static_cast<std::uint16_t>(~as_summed(word_at(segment, at), at));
    sum += as_summed(value, at);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    put_word(segment, tcp_checksum_at, static_cast<std::uint16_t>(~sum));
    put_word(segment, at, value);
}

/// Where the value of the MSS option stands in the segment, or 0.
std::size_t find_segment_size(MutableBytes segment, std::size_t header_octets) {
    std::size_t at = tcp_header_octets;
    while (at < header_octets) {
        const std::uint8_t kind = octet_at(segment, at);
        if (kind == option_end) return 0;
        if (kind == option_nothing) {
            ++at;
            continue;
        }
        if (at + 1 >= header_octets) return 0;
        const std::size_t length = octet_at(segment, at + 1);
        if (length < 2 || length > header_octets - at) return 0;
        if (kind == option_segment_size) return length == segment_size_option_octets ? at + 2 : 0;
        at += length;
    }
    return 0;
}

}  // namespace

std::uint16_t wrapping_octets(const Wrapping& wrapping) {
    const unsigned outer = (wrapping.outer_v6 ? 40U : 20U) + (wrapping.outer_tcp ? 22U : 8U);
    return static_cast<std::uint16_t>(outer + wrapping.front_octets + wrapping.back_octets);
}

std::uint16_t segment_limit(const Wrapping& wrapping, std::uint16_t outer_max) {
    const unsigned inner = 20U + 20U;  // IPv4 and TCP without options
    const unsigned taken = wrapping_octets(wrapping) + inner;
    const unsigned least = 536;  // every IPv4 host takes it; a smaller clamp would only hurt
    return static_cast<std::uint16_t>(outer_max > taken + least ? outer_max - taken : least);
}

bool clamp_segment_size(const InnerPacket& packet, std::uint16_t limit_v4) {
    if (packet.protocol != protocol_tcp || packet.later_fragment) return false;
    const MutableBytes segment = packet.transport();
    if (segment.size() < tcp_header_octets) return false;
    if ((octet_at(segment, tcp_flags_at) & tcp_syn) == 0) return false;
    const std::size_t header_octets = std::size_t{octet_at(segment, tcp_offset_at)} / 16 * 4;
    if (header_octets < tcp_header_octets || header_octets > segment.size()) return false;
    const std::size_t at = find_segment_size(segment, header_octets);
    const auto limit = static_cast<std::uint16_t>(packet.v6 ? limit_v4 - header_v6_more : limit_v4);
    if (at == 0 || word_at(segment, at) <= limit) return false;
    replace_word(segment, at, limit);
    return true;
}

}  // namespace kanmon::routing
