#include "dataplane/session/wrapping.h"

#include "dataplane/crypto/wrapped_client_key.h"

namespace kanmon::session {

namespace {

bool carries_key(wire::Opcode opcode) {
    return opcode == wire::Opcode::hard_reset_client_v3 || opcode == wire::Opcode::control_wkc_v1;
}

}  // namespace

bool ControlReplay::take(const crypto::ReplayId& replay) {
    if (replay.time < time_) return false;
    if (replay.time > time_) {
        time_ = replay.time;
        window_ = {};
    }
    if (!window_.is_fresh(replay.id)) return false;
    window_.mark(replay.id);
    return true;
}

Buffer Wrapping::Layer::seal(Bytes packet) {
    if (++sent == 0) {  // the counter is used up: a later time starts another
        ++time;
        ++sent;
    }
    return crypto::wrapped(*wrap, packet, {.id = sent, .time = time});
}

wire::Decoded<Bytes> Wrapping::Layer::open(Bytes datagram, MutableBytes room) {
    const auto opened = wrap->unwrap(datagram, room);
    if (!opened) return unexpected(opened.error());
    if (!seen.take(opened->replay)) return unexpected(Cause::wrapping_replayed);
    return opened->packet;
}

Wrapping::Wrapping(WrappingStart start) : brings_key_(start.brings_key), time_(start.time) {
    if (start.wrap)
        fixed_ = std::make_unique<Layer>(
            Layer{.wrap = std::move(start.wrap), .time = time_, .sent = start.sent});
}

wire::Decoded<Bytes> Wrapping::unwrap(Bytes datagram, MutableBytes room) {
    const auto first = wire::peek(datagram);
    if (!first) return unexpected(first.error());
    if (datagram.size() > room.size()) return unexpected(Cause::malformed);
    const bool may_be_fixed = first->key_id == 0;
    if (!dynamic_key_ || (may_be_fixed && !dynamic_)) {
        auto opened = unwrap_fixed(datagram, first->opcode, room);
        if (opened || !dynamic_key_ || opened.error() != Cause::wrapping_mismatch) return opened;
        return dynamic().open(datagram, room);
    }
    // openvpn3 wraps what it says under key id 0 with the dynamic key too, once it has used that.
    auto opened = dynamic().open(datagram, room);
    if (opened || !may_be_fixed || opened.error() == Cause::wrapping_replayed) return opened;
    return unwrap_fixed(datagram, first->opcode, room);
}

wire::Decoded<Bytes> Wrapping::unwrap_fixed(Bytes datagram, wire::Opcode opcode,
                                            MutableBytes room) {
    if (carries_key(opcode)) {
        if (!brings_key_) return unexpected(Cause::unknown_opcode);
        // Whose key this is was found out when the session began; now it is only in the way.
        const auto split = crypto::split_wrapped_client_key(datagram);
        if (!split) return unexpected(split.error());
        datagram = split->packet;
    }
    if (!fixed_) return datagram;
    return fixed_->open(datagram, room);
}

Buffer Wrapping::wrap(wire::KeyId key_id, Buffer packet) {
    if (key_id != 0 && dynamic_key_) return dynamic().seal(packet);
    if (fixed_) return fixed_->seal(packet);
    return packet;
}

void Wrapping::begin_dynamic(const crypto::StaticKey& exported) {
    dynamic_key_ = crypto::dynamic_key(exported, fixed_ ? &fixed_->wrap->static_key() : nullptr);
    dynamic_.reset();
}

Wrapping::Layer& Wrapping::dynamic() {
    if (!dynamic_)
        dynamic_ = std::make_unique<Layer>(
            Layer{.wrap = std::make_shared<crypto::TlsCrypt>(*dynamic_key_, crypto::Side::server),
                  .time = time_});
    return *dynamic_;
}

}  // namespace kanmon::session
