#include "world/nonce_audit.h"

#include <algorithm>

#include "world/judge.h"

namespace kanmon::world {

namespace {

bool authenticates(const crypto::KeyMaterial& material, std::uint8_t key_id, Bytes datagram) {
    crypto::KeySlots slots;
    slots.install(key_id, material);
    Buffer copy = copy_of(datagram);
    return slots.open(copy).has_value();
}

}  // namespace

void NonceAudit::watch(const client::ClientEngine& engine, Bytes datagram) {
    const auto first = wire::peek(datagram);
    if (!first || first->opcode != wire::Opcode::data_v2 || !crypto::is_aead(engine.cipher()))
        return;  // CBC takes a random block per packet and keeps its packet id inside
    const crypto::KeyMaterial* material = engine.tunnel().material(first->key_id);
    if (material == nullptr) return;
    ByteReader in(datagram);
    in.u32();
    const bool epoch = material->format == crypto::DataFormat::epoch;
    const std::uint64_t packet_id = epoch ? in.u64() : in.u32();
    if (!in.ok()) return;
    auto& of_key = seen_[ByteReader(material->block.view()).u64()];
    const auto [known, fresh] = of_key.try_emplace(packet_id, copy_of(datagram));
    if (fresh || std::ranges::equal(known->second, datagram)) return;
    // A corrupted one, or one of the session before this one: only a packet that authenticates
    // counts.
    if (!authenticates(*material, first->key_id, datagram)) return;
    require(!authenticates(*material, first->key_id, known->second), "I5",
            "a nonce was used twice");
    known->second = copy_of(datagram);
}

}  // namespace kanmon::world
