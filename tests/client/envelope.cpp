#include "client/envelope.h"

namespace kanmon::client {

namespace {

constexpr std::uint32_t early_negotiation_mark = 0x0f000000;
constexpr std::uint32_t replay_window_of_stock_programs = 64;

}  // namespace

std::unique_ptr<crypto::ControlWrap> wrap_of(const ClientWrapping& wrapping) {
    if (wrapping.kind == KnownWrapping::none) return nullptr;
    if (wrapping.kind == KnownWrapping::tls_auth)
        return std::make_unique<crypto::TlsAuth>(wrapping.key, wrapping.direction, wrapping.digest);
    return std::make_unique<crypto::TlsCrypt>(wrapping.key, crypto::Side::client);
}

Envelope::Envelope(const ClientWrapping& wrapping, const Personality& personality,
                   std::uint32_t unix_seconds)
    : wrapping_(wrapping), time_(unix_seconds) {
    const bool marked =
        wrapping.kind == KnownWrapping::tls_crypt_v2 && personality.early_negotiation;
    if (auto wrap = wrap_of(wrapping)) {
        fixed_.emplace();
        fixed_->wrap = std::move(wrap);
        fixed_->sent = marked ? early_negotiation_mark : 0;
    }
}

wire::Opcode Envelope::hello() const {
    return wrapping_.kind == KnownWrapping::tls_crypt_v2 ? wire::Opcode::hard_reset_client_v3
                                                         : wire::Opcode::hard_reset_client_v2;
}

std::size_t Envelope::reckoned_octets() const {
    constexpr std::size_t replay_octets = 8, tag_octets = 32, block_octets = 16;
    if (!fixed_) return 0;
    if (wrapping_.kind == KnownWrapping::tls_auth)
        return replay_octets + crypto::digest_octets(wrapping_.digest);
    return replay_octets + tag_octets + block_octets;
}

bool Envelope::goes_dynamic(wire::KeyId key_id) const {
    return dynamic_ && (key_id != 0 || dynamic_for_all_);
}

bool Envelope::wraps(wire::KeyId key_id) const {
    return fixed_ || goes_dynamic(key_id);
}

Buffer Envelope::wrap(wire::KeyId key_id, Buffer packet) {
    if (!wraps(key_id)) return packet;
    Layer& layer = goes_dynamic(key_id) ? *dynamic_ : *fixed_;
    const auto first = wire::peek(packet);
    Buffer datagram = crypto::wrapped(*layer.wrap, packet, {.id = ++layer.sent, .time = time_});
    if (first->opcode == wire::Opcode::hard_reset_client_v3 ||
        first->opcode == wire::Opcode::control_wkc_v1)
        append(datagram, wrapping_.wrapped_key);
    return datagram;
}

std::optional<Buffer> Envelope::unwrap(Bytes datagram) {
    const auto first = wire::peek(datagram);
    if (!first) return std::nullopt;
    if (first->key_id != 0 && dynamic_) return open(*dynamic_, datagram);
    if (!fixed_) return copy_of(datagram);
    return open(*fixed_, datagram);
}

std::optional<Buffer> Envelope::open(Layer& layer, Bytes datagram) {
    Buffer room(datagram.size());
    const auto opened = layer.wrap->unwrap(datagram, room);
    if (!opened) return std::nullopt;
    if (is_replay(layer, opened->replay)) {
        ++replays_;
        return std::nullopt;
    }
    return copy_of(opened->packet);
}

bool Envelope::is_replay(Layer& layer, const crypto::ReplayId& replay) {
    if (replay.id == 0 || replay.time < layer.seen_time) return true;
    if (replay.time > layer.seen_time) {
        layer.seen_time = replay.time;
        layer.seen.clear();
    }
    const std::uint32_t newest = layer.seen.empty() ? 0 : *layer.seen.rbegin();
    if (replay.id + replay_window_of_stock_programs <= newest) return true;
    return !layer.seen.insert(replay.id).second;
}

void Envelope::begin_dynamic(const crypto::StaticKey& exported) {
    const auto key = crypto::dynamic_key(exported, fixed_ ? &fixed_->wrap->static_key() : nullptr);
    dynamic_.emplace();
    dynamic_->wrap = std::make_unique<crypto::TlsCrypt>(key, crypto::Side::client);
}

}  // namespace kanmon::client
