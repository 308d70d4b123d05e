#include "client/tunnel.h"

#include <cstring>
#include <utility>

namespace kanmon::client {

void Tunnel::start(std::optional<std::uint32_t> peer_id, Duration ping, Duration ping_restart,
                   Instant now) {
    started_ = true;
    slots_.set_peer_id(peer_id);
    ping_ = ping;
    ping_restart_ = ping_restart;
    sent_ = heard_ = now;
}

void Tunnel::install(wire::KeyId key_id, const crypto::KeyMaterial& material) {
    slots_.install(key_id, material);
    materials_[key_id] = material;
    ++installs_;
}

void Tunnel::retire(wire::KeyId key_id) {
    if (slots_.has(key_id)) slots_.retire(key_id);
    materials_.erase(key_id);
}

Expected<Tunnel::Opened, Cause> Tunnel::open(MutableBytes datagram, Instant now) {
    const auto opened = slots_.open(datagram);
    slots_.prepare();
    if (!opened) return unexpected(opened.error());
    heard_ = now;
    const auto payload = wire::take_frame(framing_, opened->payload);
    if (!payload) return unexpected(payload.error());
    return Opened{wire::classify(*payload), *payload};
}

std::optional<Buffer> Tunnel::seal(Bytes payload, Instant now) {
    if (!started_ || !slots_.sending_key()) return std::nullopt;
    Buffer packet(slots_.front_octets() + payload.size() + wire::framing_octets_max +
                  slots_.back_octets());
    const std::size_t octets =
        wire::put_frame(framing_, payload, MutableBytes(packet).subspan(slots_.front_octets()));
    const auto sealed = slots_.seal(packet, octets);
    slots_.prepare();
    if (!sealed) return std::nullopt;
    sent_ = now;
    packet.resize(sealed->size());
    return packet;
}

std::optional<MutableBytes> Tunnel::seal_in_place(MutableBytes packet, std::size_t payload_octets,
                                                  Instant now) {
    if (!started_ || !slots_.sending_key() || framing_ != wire::Framing::none) return std::nullopt;
    const auto sealed = slots_.seal(packet, payload_octets);
    slots_.prepare();
    if (!sealed) return std::nullopt;
    sent_ = now;
    return *sealed;
}

std::optional<Instant> Tunnel::ping_due() const {
    if (!started_ || ping_ == Duration{}) return std::nullopt;
    return sent_ + ping_;
}

std::optional<Instant> Tunnel::silence_end() const {
    if (!started_ || ping_restart_ == Duration{}) return std::nullopt;
    return heard_ + ping_restart_;
}

std::optional<Buffer> Tunnel::next_inner() {
    if (inner_.empty()) return std::nullopt;
    Buffer packet = std::move(inner_.front());
    inner_.pop_front();
    return packet;
}

const crypto::KeyMaterial* Tunnel::material(wire::KeyId key_id) const {
    const auto found = materials_.find(key_id);
    return found == materials_.end() ? nullptr : &found->second;
}

}  // namespace kanmon::client
