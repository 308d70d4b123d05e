#include "world/key_ring.h"

#include "world/judge.h"

namespace kanmon::world {

KeyRing::KeyRing(const client::WrappingPair& pair, std::uint32_t laptops)
    : pair_(pair), insider_wrapping_(pair.client(laptops)) {
    for (std::uint32_t laptop = 0; laptop < laptops; ++laptop)
        wraps_.push_back(client::wrap_of(pair.client(laptop)));
    insider_ = client::wrap_of(insider_wrapping_);
}

std::optional<Buffer> KeyRing::read(std::uint32_t laptop, Bytes datagram) {
    if (is_open()) return copy_of(datagram);
    Buffer room(datagram.size());
    const auto opened = wraps_[laptop]->unwrap(datagram, room);
    if (!opened) return std::nullopt;
    judge_order(opened->packet, opened->replay);
    return copy_of(opened->packet);
}

void KeyRing::judge_order(Bytes packet, const crypto::ReplayId& replay) {
    ByteReader in(packet);
    in.u8();
    crypto::ReplayId& latest = latest_[in.array<8>()];
    const bool is_reset = wire::peek(packet)->opcode == wire::Opcode::hard_reset_server_v2;
    const bool later = replay.time > latest.time ||
                       (replay.time == latest.time && (replay.id > latest.id || is_reset));
    require(later, "W1", "the counter or the time of a wrapped packet ran back");
    latest = replay;
}

std::optional<Buffer> KeyRing::read_as_insider(Bytes datagram) {
    if (is_open()) return copy_of(datagram);
    Buffer room(datagram.size());
    const auto opened = insider_->unwrap(datagram, room);
    if (!opened) return std::nullopt;
    return copy_of(opened->packet);
}

Buffer KeyRing::seal_as_insider(wire::ControlPacket packet) {
    client::Envelope envelope(insider_wrapping_, client::openvpn_2_6, 1'800'000'000);
    if (packet.opcode == wire::Opcode::hard_reset_client_v2) {
        packet.opcode = envelope.hello();
    } else if (pair_.server().kind == bridge::Wrapping::tls_crypt_v2) {
        packet.opcode = wire::Opcode::control_wkc_v1;
    }
    return envelope.wrap(packet.key_id, wire::encode(packet));
}

}  // namespace kanmon::world
