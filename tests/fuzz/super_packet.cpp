// What the kernel may give as one packet (F13): ten octets of offload, then the packet. Segments
// are packets that we would read, with right checksums, and together hold what the whole held.
#include <algorithm>
#include <cstdlib>

#include "dataplane/routing/super_packet.h"
#include "dataplane/routing/tcp_segment.h"

using namespace kanmon;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes input = std::as_bytes(std::span(data, size));
    const auto offload = routing::read_offload(input);
    if (!offload) return 0;
    require(routing::read_offload(routing::encode(*offload)) == offload);
    const Bytes rest = input.subspan(routing::offload_octets);
    Buffer packet(rest.begin(), rest.end());
    const auto read = routing::read_super_packet(*offload, packet);
    if (!read) return 0;
    require(read->packets() > 0);
    if (read->is_single()) return 0;
    routing::PacketPieces pieces = read->segments();
    Buffer room(pieces.octets_max());
    const std::size_t headers = pieces.octets_max() - offload->segment_octets;
    std::size_t made = 0;
    Buffer together;
    while (const auto piece = pieces.next(room)) {
        ++made;
        const auto inner = routing::read_inner_packet(*piece);
        require(inner && inner->octets.size() == piece->size());
        require(inner->header_octets == read->whole.header_octets);
        if (inner->protocol == protocol_tcp)
            require(routing::transport_checksum(*inner, inner->transport()) == 0);
        append(together, piece->subspan(headers));
    }
    require(made == read->packets());
    require(std::ranges::equal(together, read->whole.octets.subspan(headers)));
    return 0;
}
