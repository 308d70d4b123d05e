// Packets of clients on their way into one device (F13), each with an octet of how (1: its
// checksums are made right, 2: a flush follows, 4: the last packet again, its id and sequence
// counted on) and two of its length. What the device, cutting them up again, gets is what was
// given, in the order of each flow.
#include <algorithm>
#include <cstdlib>
#include <map>

#include "dataplane/routing/checksum.h"
#include "dataplane/routing/coalescer.h"
#include "dataplane/routing/super_packet.h"
#include "dataplane/routing/tcp_segment.h"

using namespace kanmon;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

std::uint16_t word_at(Bytes octets, std::size_t at) {
    return ByteReader(octets.subspan(at)).u16();
}
void put_word(MutableBytes octets, std::size_t at, std::size_t value) {
    ByteWriter(octets.subspan(at)).u16(static_cast<std::uint16_t>(value));
}

void make_right(MutableBytes packet) {
    const auto inner = routing::read_inner_packet(packet);
    if (!inner) return;
    if (!inner->v6) {
        put_word(packet, 10, 0);
        routing::InternetSum sum;
        sum.add(packet.first((std::to_integer<std::size_t>(packet[0]) & 15) * 4));
        put_word(packet, 10, sum.finish());
    }
    const bool tcp = inner->protocol == protocol_tcp;
    const std::size_t at = tcp ? routing::tcp_checksum_at : routing::udp_checksum_at;
    if (inner->fragment || inner->transport().size() < at + 2) return;
    if (!tcp && inner->protocol != protocol_udp) return;
    if (!tcp) put_word(inner->transport(), routing::udp_length_at, inner->transport().size());
    put_word(inner->transport(), at, 0);
    const std::uint16_t right = routing::transport_checksum(*inner, inner->transport());
    put_word(inner->transport(), at, right == 0 && !tcp ? 0xffff : right);
}

/// What the sender would send next.
void count_on(MutableBytes packet) {
    const auto inner = routing::read_inner_packet(packet);
    if (!inner) return;
    if (!inner->v6) put_word(packet, 4, word_at(packet, 4) + 1U);
    const auto segment = routing::read_tcp_segment(*inner);
    if (!segment) return;
    ByteWriter(inner->transport().subspan(routing::tcp_sequence_at))
        .u32(segment->sequence + segment->payload_octets);
}

/// By addresses, protocol and ports, where these are at their usual place.
using Arrived = std::map<Buffer, std::vector<Buffer>>;

void arrive(Arrived& arrived, Bytes packet) {
    Buffer octets = copy_of(packet);
    Buffer flow = octets;
    const auto inner = routing::read_inner_packet(octets);
    const bool plain = inner && inner->octets.size() == packet.size() && !inner->fragment &&
                       inner->header_octets == (inner->v6 ? 40 : 20) &&
                       inner->transport().size() >= 4 &&
                       (inner->protocol == protocol_tcp || inner->protocol == protocol_udp);
    if (plain) {
        flow = copy_of(inner->v6 ? packet.subspan(8, 36) : packet.subspan(12, 12));
        flow.push_back(std::byte{inner->protocol});
        // The id of a packet that must not be fragmented says nothing.
        routing::InternetSum sum;
        sum.add(packet.first(20));
        if (!inner->v6 && !inner->may_fragment && sum.finish() == 0) {
            put_word(octets, 4, 0);
            put_word(octets, 10, 0);
        }
    }
    arrived[flow].push_back(octets);
}

struct Device final : routing::PacketExit {
    void write(const routing::Offload& offload, Bytes packet) override {
        if (offload == routing::Offload{}) return arrive(arrived, packet);
        Buffer octets = copy_of(packet);
        const auto read = routing::read_super_packet(offload, octets);
        require(read && !read->is_single());
        routing::PacketPieces pieces = read->segments();
        Buffer room(pieces.octets_max());
        while (const auto piece = pieces.next(room)) arrive(arrived, *piece);
    }
    Arrived arrived;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ByteReader in(std::as_bytes(std::span(data, size)));
    static Device device;
    static routing::Coalescer coalescer(device);  // half a MiB, and empty after a flush
    device.arrived.clear();
    Arrived expected;
    Buffer packet;
    const bool datagrams = (in.u8() & 1) != 0;
    while (in.remaining() > 0) {
        const std::uint8_t how = in.u8();
        if ((how & 4) == 0)
            packet = copy_of(in.bytes(std::min<std::size_t>(in.u16(), in.remaining())));
        else
            count_on(packet);
        if ((how & 1) != 0) make_right(packet);
        arrive(expected, packet);
        coalescer.add(packet, datagrams);
        if ((how & 2) != 0) coalescer.flush();
    }
    coalescer.flush();
    require(device.arrived == expected);
    return 0;
}
