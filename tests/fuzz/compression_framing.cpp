// The frames around payloads of clients configured for compression: nothing is read or written
// beside the octets given, and what comes out of a frame goes into the same frame again.
//
// Input: one octet that chooses the framing, then the payload.
#include <cstdlib>

#include "dataplane/wire/compression.h"

using namespace kanmon;
using namespace kanmon::wire;

namespace {

Buffer framed(Framing framing, Bytes packet) {
    Buffer room(packet.size() + framing_octets_max);
    room.resize(put_frame(framing, packet, room));
    return room;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ByteReader in(std::as_bytes(std::span(data, size)));
    const auto framing = static_cast<Framing>(in.u8() % 4);
    const Buffer payload = copy_of(in.rest());
    Buffer opened = payload;
    opened.shrink_to_fit();
    const auto packet = take_frame(framing, opened);
    // Stub v2 frames packets that need none in two ways; all other frames are the only one.
    if (packet && !packet->empty() && framing != Framing::stub_v2 &&
        framed(framing, *packet) != payload)
        std::abort();
    if (!packet && framing == Framing::none) std::abort();

    Buffer again = framed(framing, payload);
    if (payload.empty()) return 0;
    const auto back = take_frame(framing, again);
    if (!back || copy_of(*back) != payload) std::abort();
    if (framing_of(payload) && framing_of(payload) == Framing::none) std::abort();
    return 0;
}
