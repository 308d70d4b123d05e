#include "dataplane/wire/stream_framing.h"

#include "dataplane/wire/opcode.h"

namespace kanmon::wire {

namespace {

/// A hello without anything that a wrapping adds: opcode, session id, no acknowledgements, id.
constexpr std::size_t hello_octets_min = 1 + 8 + 1 + 4;

bool may_be_hello_length(std::size_t octets) {
    return octets >= hello_octets_min && octets <= frame_octets_before_entry;
}

}  // namespace

StreamOpening opening_of(Bytes first_octets) {
    const auto octet = [&](std::size_t at) {
        return std::to_integer<std::size_t>(first_octets[at]);
    };
    if (first_octets.empty()) return StreamOpening::undecided;
    if (octet(0) << 8 > frame_octets_before_entry) return StreamOpening::stranger;
    if (first_octets.size() < frame_prefix_octets) return StreamOpening::undecided;
    if (!may_be_hello_length(octet(0) << 8 | octet(1))) return StreamOpening::stranger;
    if (first_octets.size() < stream_opening_octets) return StreamOpening::undecided;
    const std::byte first = first_octets[frame_prefix_octets];
    const bool hello = first == first_octet(Opcode::hard_reset_client_v2, 0) ||
                       first == first_octet(Opcode::hard_reset_client_v3, 0);
    return hello ? StreamOpening::hello : StreamOpening::stranger;
}

std::optional<MutableBytes> FrameCutter::next() {
    if (broken_ || rest_.size() < frame_prefix_octets) return std::nullopt;
    const std::size_t octets = ByteReader(rest_).u16();
    broken_ = octets == 0 || octets > allowed_;
    if (broken_ || rest_.size() - frame_prefix_octets < octets) return std::nullopt;
    const MutableBytes frame = rest_.subspan(frame_prefix_octets, octets);
    rest_ = rest_.subspan(frame_prefix_octets + octets);
    return frame;
}

}  // namespace kanmon::wire
