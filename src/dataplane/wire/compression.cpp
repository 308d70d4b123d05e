#include "dataplane/wire/compression.h"

#include <cassert>
#include <cstring>

namespace kanmon::wire {

namespace {

constexpr std::byte lzo_plain{0xfa};
constexpr std::byte swap_plain{0xfb};
constexpr std::byte v2_mark{0x50};
constexpr std::byte v2_plain{0x00};

}  // namespace

Decoded<MutableBytes> take_frame(Framing framing, MutableBytes payload) {
    if (framing == Framing::none) return payload;
    if (payload.empty()) return unexpected(Cause::truncated);
    switch (framing) {
        case Framing::lzo:
            if (payload[0] != lzo_plain) break;
            return payload.subspan(1);
        case Framing::swap:
            if (payload[0] != swap_plain) break;
            payload[0] = payload.back();
            return payload.first(payload.size() - 1);
        case Framing::stub_v2:
            if (payload[0] != v2_mark) return payload;
            if (payload.size() < 2 || payload[1] != v2_plain) break;
            return payload.subspan(2);
        case Framing::none:
            break;
    }
    return unexpected(Cause::unsupported_framing);
}

std::size_t put_frame(Framing framing, Bytes packet, MutableBytes room) {
    assert(room.size() >= packet.size() + framing_octets_max);
    if (framing == Framing::none && packet.data() == room.data()) return packet.size();
    ByteWriter out(room);
    if (framing == Framing::swap && !packet.empty()) {
        out.u8(std::to_integer<std::uint8_t>(swap_plain));
        out.bytes(packet.subspan(1));
        out.bytes(packet.first(1));
        return out.size();
    }
    if (framing == Framing::lzo) out.u8(std::to_integer<std::uint8_t>(lzo_plain));
    if (framing == Framing::stub_v2 && !packet.empty() && packet[0] == v2_mark) {
        out.u8(std::to_integer<std::uint8_t>(v2_mark));
        out.u8(std::to_integer<std::uint8_t>(v2_plain));
    }
    out.bytes(packet);
    return out.size();
}

std::optional<Framing> framing_of(Bytes payload) {
    if (payload.empty()) return std::nullopt;
    if (payload[0] == lzo_plain) return Framing::lzo;
    if (payload[0] == swap_plain) return Framing::swap;
    return std::nullopt;
}

}  // namespace kanmon::wire
