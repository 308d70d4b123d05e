// F2: a TCP stream as a hostile client may write it, read in pieces of any sizes. However it is
// split: the same packets, the same verdict, and never more kept than one incomplete frame.
//
//   octet 0         which limit applies
//   octet 1..n+1    n (low four bits), then the sizes of the reads, in turn
//   the rest        the stream
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "dataplane/wire/stream_framing.h"

using namespace kanmon;
using namespace kanmon::wire;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

struct Reading {
    std::vector<Buffer> packets;
    bool broken = false;
};

/// As io/streams.h reads: an incomplete frame is kept and what comes next is put behind it.
Reading read(Bytes stream, Bytes sizes, std::size_t limit) {
    Reading reading;
    Buffer kept;
    for (std::size_t turn = 0; !stream.empty() && !reading.broken; ++turn) {
        const std::size_t size = sizes.empty()
                                     ? stream.size()
                                     : std::to_integer<std::size_t>(sizes[turn % sizes.size()]) + 1;
        const Bytes piece = stream.first(std::min(size, stream.size()));
        stream = stream.subspan(piece.size());
        append(kept, piece);
        FrameCutter cutter(kept, limit);
        while (const auto frame = cutter.next()) {
            require(!frame->empty() && frame->size() <= limit);
            reading.packets.push_back(copy_of(*frame));
            std::ranges::fill(*frame, std::byte{0xee});  // opened in place: nobody reads it again
        }
        reading.broken = cutter.broken();
        kept.erase(kept.begin(), kept.end() - static_cast<std::ptrdiff_t>(cutter.rest().size()));
        require(reading.broken || kept.size() < frame_prefix_octets + limit);
    }
    return reading;
}

/// More octets never change what fewer have decided.
void judge_opening(Bytes stream) {
    StreamOpening decided = StreamOpening::undecided;
    for (std::size_t octets = 0; octets <= std::min(stream.size(), std::size_t{8}); ++octets) {
        const StreamOpening now = opening_of(stream.first(octets));
        require(decided == StreamOpening::undecided || now == decided);
        require(octets < stream_opening_octets || now != StreamOpening::undecided);
        decided = now;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ByteReader in(std::as_bytes(std::span(data, size)));
    constexpr std::array<std::size_t, 4> limits{
        frame_octets_before_entry, frame_octets_after_entry(1500), 16, frame_octets_max};
    const std::size_t limit = limits[in.u8() % limits.size()];
    const Bytes sizes = in.bytes(in.u8() & 0x0f);
    const Bytes stream = in.rest();
    judge_opening(stream);
    const Reading whole = read(stream, {}, limit);
    const Reading split = read(stream, sizes, limit);
    require(whole.broken == split.broken && whole.packets == split.packets);
    return 0;
}
