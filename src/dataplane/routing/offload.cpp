#include "dataplane/routing/offload.h"

#include <cstring>

namespace kanmon::routing {

namespace {

constexpr std::uint8_t flag_unfinished = 1;
constexpr std::uint8_t kind_none = 0, kind_tcp4 = 1, kind_tcp6 = 4, kind_udp = 5, kind_ecn = 0x80;

std::optional<Offload::Segments> segments_of(std::uint8_t kind) {
    switch (kind & ~kind_ecn) {
        case kind_none:
            return Offload::Segments::none;
        case kind_tcp4:
            return Offload::Segments::tcp4;
        case kind_tcp6:
            return Offload::Segments::tcp6;
        case kind_udp:
            return Offload::Segments::udp;
        default:
            return std::nullopt;
    }
}

std::uint8_t kind_of(Offload::Segments segments) {
    switch (segments) {
        case Offload::Segments::tcp4:
            return kind_tcp4;
        case Offload::Segments::tcp6:
            return kind_tcp6;
        case Offload::Segments::udp:
            return kind_udp;
        case Offload::Segments::none:
            break;
    }
    return kind_none;
}

}  // namespace

std::optional<Offload> read_offload(Bytes header) {
    if (header.size() < offload_octets) return std::nullopt;
    const auto segments = segments_of(std::to_integer<std::uint8_t>(header[1]));
    if (!segments) return std::nullopt;
    std::array<std::uint16_t, 4> words{};
    std::memcpy(words.data(), header.data() + 2, sizeof words);
    return Offload{.segments = *segments,
                   .unfinished_checksum = (header[0] & std::byte{flag_unfinished}) != std::byte{},
                   .header_octets = words[0],
                   .segment_octets = words[1],
                   .checksum_from = words[2],
                   .checksum_at = words[3]};
}

std::array<std::byte, offload_octets> encode(const Offload& offload) {
    std::array<std::byte, offload_octets> header{};
    if (offload.unfinished_checksum) header[0] = std::byte{flag_unfinished};
    header[1] = std::byte{kind_of(offload.segments)};
    const std::array words{offload.header_octets, offload.segment_octets, offload.checksum_from,
                           offload.checksum_at};
    std::memcpy(header.data() + 2, words.data(), sizeof words);
    return header;
}

}  // namespace kanmon::routing
