// F1: the first packet of an unknown source. What is read must write back to the same octets.
#include <algorithm>
#include <cstdlib>

#include "dataplane/wire/control_packet.h"
#include "dataplane/wire/reset_flags.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace kanmon;
    const Bytes datagram = std::as_bytes(std::span(data, size));
    const auto first = wire::peek(datagram);
    const auto packet = wire::decode_control_packet(datagram);
    if (!packet) return 0;
    if (!first || wire::is_data(first->opcode)) std::abort();
    const Buffer again = wire::encode(*packet);
    const bool is_ack = packet->opcode == wire::Opcode::ack_v1;  // octets behind its acks are lost
    if (!std::ranges::equal(again, is_ack ? datagram.first(again.size()) : datagram)) std::abort();
    (void)wire::decode_reset_flags(packet->payload);
    return 0;
}
