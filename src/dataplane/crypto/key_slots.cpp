#include "dataplane/crypto/key_slots.h"

#include <algorithm>
#include <cassert>

namespace kanmon::crypto {
namespace {

constexpr std::uint32_t peer_id_max = 0xffffff;

bool same_keys(const KeyMaterial& left, const KeyMaterial& right) {
    return left.suite == right.suite && left.side == right.side && left.digest == right.digest &&
           left.format == right.format && left.block == right.block;
}

}  // namespace

KeySlots::KeySlots() = default;
KeySlots::~KeySlots() = default;
KeySlots::KeySlots(KeySlots&&) noexcept = default;
KeySlots& KeySlots::operator=(KeySlots&&) noexcept = default;

void KeySlots::set_peer_id(std::optional<std::uint32_t> peer_id) {
    assert(!peer_id || *peer_id <= peer_id_max);
    peer_id_ = peer_id;
    measure();
}

void KeySlots::install(std::uint8_t key_id, const KeyMaterial& material) {
    assert(key_id < slots_.size());
    std::unique_ptr<Slot>& slot = slots_[key_id & 7];
    if (slot != nullptr && same_keys(slot->material, material)) return;
    slot = std::make_unique<Slot>(Slot{material, make_data_key(material)});
    measure();
}

void KeySlots::retire(std::uint8_t key_id) {
    slots_[key_id & 7].reset();
    if (sending_ == key_id) sending_.reset();
    measure();
}

void KeySlots::send_with(std::uint8_t key_id) {
    assert(has(key_id));
    sending_ = key_id;
    measure();
}

void KeySlots::measure() {
    header_octets_ = front_octets_ = back_octets_ = 0;
    if (!sending_) return;
    const DataKey& key = *slots_[*sending_]->key;
    header_octets_ = header_octets_of(peer_id_ ? opcode_data_v2 : opcode_data_v1);
    front_octets_ = header_octets_ + key.front_octets();
    back_octets_ = key.back_octets();
}

bool KeySlots::has(std::uint8_t key_id) const {
    return key_id < slots_.size() && slots_[key_id] != nullptr;
}

std::optional<std::uint8_t> KeySlots::sending_key() const {
    return sending_;
}

Expected<OpenedPacket, Cause> KeySlots::open(MutableBytes datagram) {
    if (datagram.empty()) return unexpected(Cause::truncated);
    const auto first = std::to_integer<std::uint8_t>(datagram.front());
    const auto opcode = static_cast<std::uint8_t>(first >> 3);
    const auto key_id = static_cast<std::uint8_t>(first & 7);
    if (opcode != opcode_data_v1 && opcode != opcode_data_v2) return unexpected(Cause::malformed);
    Slot* slot = slots_[key_id].get();
    if (slot == nullptr) {
        const bool any =
            std::ranges::any_of(slots_, [](const auto& one) { return one != nullptr; });
        return unexpected(any ? Cause::wrong_key_id : Cause::keys_not_ready);
    }
    Expected<OpenedPacket, Cause> opened = slot->key->open(datagram, header_octets_of(opcode));
    if (opened) opened->key_id = key_id;
    wants_preparation_ = wants_preparation_ || slot->key->wants_preparation();
    return opened;
}

Expected<MutableBytes, Cause> KeySlots::seal(MutableBytes packet, std::size_t payload_octets) {
    if (!sending_) return unexpected(Cause::keys_not_ready);
    assert(packet.size() >= front_octets_ + payload_octets + back_octets_);
    ByteWriter header(packet);
    const std::uint8_t opcode = peer_id_ ? opcode_data_v2 : opcode_data_v1;
    header.u8(static_cast<std::uint8_t>(opcode << 3 | *sending_));
    if (peer_id_) header.u24(*peer_id_);
    DataKey& key = *slots_[*sending_]->key;
    const auto octets = key.seal(packet, header_octets_, payload_octets);
    wants_preparation_ = wants_preparation_ || key.wants_preparation();
    if (!octets) return unexpected(octets.error());
    return packet.first(*octets);
}

KeyLimit KeySlots::limit() const {
    return sending_ ? slots_[*sending_]->key->limit() : KeyLimit::far;
}

void KeySlots::prepare() {
    wants_preparation_ = false;
    for (const auto& slot : slots_)
        if (slot != nullptr) slot->key->prepare();
}

}  // namespace kanmon::crypto
