// Tunnelled packets as hostile clients, and the VPC, may form them: header, policy, MSS clamp.
#include <cstdlib>

#include "dataplane/routing/inner_packet.h"
#include "dataplane/routing/segment_size.h"

using namespace kanmon;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes input = std::as_bytes(std::span(data, size));
    Buffer payload(input.begin(), input.end());
    const auto packet = routing::read_inner_packet(payload);
    if (!packet) return 0;
    const std::vector<Cidr> networks{Cidr{Ipv4{0xac140000}, 16}};
    const routing::Neighbourhood around{Cidr{Ipv4{0x0a080000}, 24}, Ipv4{0x0a080001}, networks};
    const bool allowed = routing::check_from_client(*packet, Ipv4{0x0a080006}, around).has_value();
    if (allowed && packet->source != Ipv4{0x0a080006}) std::abort();
    if (packet->octets.size() > payload.size()) std::abort();
    routing::clamp_segment_size(*packet, 1328);
    if (routing::clamp_segment_size(*packet, 1328)) std::abort();  // once is enough
    return 0;
}
