// Data packets, as they lie in a datagram. The header is 1 octet (V1) or 4 (V2).
//
//   V1 header: opcode 5 bits, key id 3 bits          V2 header: the same, then peer id u24
//
//   AEAD:  header | packet id u32 | tag 16 | ciphertext
//          additional data: V2 header and packet id; V1 packet id only
//          nonce: packet id | implicit IV 8
//   CBC:   header | HMAC | IV 16 | CBC( packet id u32 | payload | PKCS#7 padding )
//          the HMAC covers IV and ciphertext, not the header
//
// Source: wire reference, sections 14 to 16.
#include "dataplane/crypto/key_slots.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cassert>

#include "dataplane/crypto/hmac.h"
#include "dataplane/crypto/openssl_handle.h"

namespace kanmon::crypto {
namespace {

constexpr std::uint8_t opcode_data_v1 = 6;
constexpr std::uint8_t opcode_data_v2 = 9;
constexpr std::uint32_t peer_id_max = 0xffffff;
constexpr std::size_t packet_id_octets = 4;
constexpr std::size_t tag_octets = 16;
constexpr std::size_t block_octets = 16;
constexpr std::size_t iv_octets = 16;
constexpr std::size_t nonce_octets = 12;

constexpr std::uint64_t packet_id_soft = 0xff000000;
constexpr std::uint64_t packet_id_hard = 0xffffffff;
constexpr std::uint64_t aead_units_hard = (std::uint64_t{1} << 36) - 1;
constexpr std::uint64_t aead_units_soft = aead_units_hard / 8 * 7;
constexpr std::uint64_t failures_soft = std::uint64_t{1} << 35;
constexpr std::uint64_t failures_hard = std::uint64_t{1} << 36;

constexpr std::size_t header_octets_of(std::uint8_t opcode) {
    return opcode == opcode_data_v2 ? 4 : 1;
}

/// One message and its blocks, as the usage limit of GCM counts them.
constexpr std::uint64_t units_of(std::size_t octets) {
    return 1 + (octets + block_octets - 1) / block_octets;
}

/// What one direction of one key needs for a packet; everything is set up once.
struct Direction {
    CipherContext cipher;
    std::optional<Hmac> hmac;
    std::array<std::byte, nonce_octets> nonce{};  // packet id, then the implicit IV
    std::uint64_t units = 0;
};

/// `half` is 128 octets: cipher key material, then HMAC key material.
Direction make_direction(const KeyMaterial& material, Bytes half, Way way) {
    Direction direction;
    const Bytes key = half.first(key_bits(material.suite) / 8u);
    const Bytes second = half.subspan(64);
    const char* name = material.suite == CipherSuite::chacha20_poly1305
                           ? "ChaCha20-Poly1305"
                           : name_of(material.suite).data();
    direction.cipher = make_cipher(name, key, way);
    if (is_aead(material.suite))
        std::memcpy(direction.nonce.data() + packet_id_octets, second.data(), 8);
    else
        direction.hmac.emplace(material.digest, second.first(digest_octets(material.digest)));
    return direction;
}

void set_packet_id(Direction& direction, Bytes packet_id) {
    std::memcpy(direction.nonce.data(), packet_id.data(), packet_id_octets);
}

bool authenticate(evp_cipher_ctx_st* context, Bytes additional_data) {
    int written = 0;
    return EVP_CipherUpdate(context, nullptr, &written, octets_of(additional_data),
                            static_cast<int>(additional_data.size())) == 1;
}

bool finish(evp_cipher_ctx_st* context) {
    unsigned char nothing[block_octets];
    int written = 0;
    return EVP_CipherFinal_ex(context, nothing, &written) == 1;
}

/// The payload without its padding; an empty optional when the padding is not PKCS#7. The HMAC
/// has vouched for these octets, so the time this takes tells an attacker nothing.
std::optional<std::size_t> length_without_padding(Bytes plain) {
    const auto padding = std::to_integer<std::size_t>(plain.back());
    if (padding == 0 || padding > block_octets || padding > plain.size()) return std::nullopt;
    for (const std::byte octet : plain.last(padding))
        if (octet != plain.back()) return std::nullopt;
    return plain.size() - padding;
}

}  // namespace

struct KeySlots::Slot {
    explicit Slot(const KeyMaterial& material);

    bool aead() const { return is_aead(suite); }
    std::size_t front_octets(std::size_t header_octets) const;
    Expected<OpenedPacket, Cause> open_aead(MutableBytes datagram, std::size_t header_octets);
    Expected<OpenedPacket, Cause> open_cbc(MutableBytes datagram, std::size_t header_octets);
    void seal_aead(MutableBytes datagram, std::size_t header_octets, std::uint32_t packet_id);
    void seal_cbc(MutableBytes datagram, std::size_t header_octets, std::uint32_t packet_id,
                  std::size_t payload_octets);
    bool counts_units() const { return aead() && suite != CipherSuite::chacha20_poly1305; }
    KeyLimit limit() const;

    CipherSuite suite;
    Digest digest;
    Side side;
    KeyBlock block;  // kept to notice the same material being installed again
    std::size_t mac_octets = 0;
    Direction sealing, opening;
    ReplayWindow window;
    std::uint64_t next_packet_id = 1;
    std::uint64_t failures = 0;
};

KeySlots::Slot::Slot(const KeyMaterial& material)
    : suite(material.suite), digest(material.digest), side(material.side), block(material.block) {
    const Bytes to_server = block.view().first(128);
    const Bytes to_client = block.view().last(128);
    const bool server = side == Side::server;
    sealing = make_direction(material, server ? to_client : to_server, Way::encrypt);
    opening = make_direction(material, server ? to_server : to_client, Way::decrypt);
    mac_octets = aead() ? tag_octets : digest_octets(digest);
}

std::size_t KeySlots::Slot::front_octets(std::size_t header_octets) const {
    return header_octets + mac_octets + packet_id_octets + (aead() ? 0 : iv_octets);
}

KeyLimit KeySlots::Slot::limit() const {
    const std::uint64_t units = counts_units() ? std::max(sealing.units, opening.units) : 0;
    if (next_packet_id > packet_id_hard || units >= aead_units_hard || failures >= failures_hard)
        return KeyLimit::hard;
    if (next_packet_id >= packet_id_soft || window.highest() >= packet_id_soft ||
        units >= aead_units_soft || failures >= failures_soft)
        return KeyLimit::soft;
    return KeyLimit::far;
}

Expected<OpenedPacket, Cause> KeySlots::Slot::open_aead(MutableBytes datagram,
                                                        std::size_t header_octets) {
    const Bytes header = datagram.first(header_octets);
    const Bytes packet_id = datagram.subspan(header_octets, packet_id_octets);
    const std::uint32_t id = ByteReader(packet_id).u32();
    if (!window.is_fresh(id)) return unexpected(Cause::replayed);

    const MutableBytes tag = datagram.subspan(header_octets + packet_id_octets, tag_octets);
    const MutableBytes text = datagram.subspan(front_octets(header_octets));
    const Bytes additional_data =
        header.size() == 1 ? packet_id : Bytes(datagram).first(header_octets + packet_id_octets);
    set_packet_id(opening, packet_id);
    evp_cipher_ctx_st* context = opening.cipher.get();
    require(start_cipher(context, opening.nonce), "starting to open a packet");
    require(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, tag_octets, tag.data()) == 1,
            "giving a tag");
    const bool genuine = authenticate(context, additional_data) &&
                         (text.empty() || run_cipher(context, text, text.data())) &&
                         finish(context);
    opening.units += units_of(text.size());
    if (!genuine) {
        ++failures;
        return unexpected(Cause::bad_tag);
    }
    window.mark(id);
    return OpenedPacket{.payload = text, .packet_id = id};
}

Expected<OpenedPacket, Cause> KeySlots::Slot::open_cbc(MutableBytes datagram,
                                                       std::size_t header_octets) {
    const MutableBytes covered = datagram.subspan(header_octets + mac_octets);
    const MutableBytes text = covered.subspan(iv_octets);
    if (text.empty()) return unexpected(Cause::truncated);
    if (text.size() % block_octets != 0) return unexpected(Cause::malformed);

    std::array<std::byte, 64> expected{};
    opening.hmac->start();
    opening.hmac->add(covered);
    opening.hmac->finish(expected);
    if (!constant_time_equal(Bytes(expected).first(mac_octets),
                             datagram.subspan(header_octets, mac_octets))) {
        ++failures;
        return unexpected(Cause::bad_tag);
    }
    require(start_cipher(opening.cipher.get(), covered.first(iv_octets)) &&
                run_cipher(opening.cipher.get(), text, text.data()),
            "opening a packet");
    const std::optional<std::size_t> length = length_without_padding(text);
    if (!length || *length < packet_id_octets) return unexpected(Cause::malformed);
    const std::uint32_t id = ByteReader(text).u32();
    if (!window.is_fresh(id)) return unexpected(Cause::replayed);
    window.mark(id);
    return OpenedPacket{.payload = text.first(*length).subspan(packet_id_octets), .packet_id = id};
}

void KeySlots::Slot::seal_aead(MutableBytes datagram, std::size_t header_octets,
                               std::uint32_t packet_id) {
    ByteWriter out(datagram.subspan(header_octets));
    out.u32(packet_id);
    const MutableBytes tag = out.take(tag_octets);
    const MutableBytes text = datagram.subspan(front_octets(header_octets));
    const Bytes head = datagram.first(header_octets + packet_id_octets);
    set_packet_id(sealing, head.last(packet_id_octets));
    evp_cipher_ctx_st* context = sealing.cipher.get();
    require(start_cipher(context, sealing.nonce) &&
                authenticate(context, header_octets == 1 ? head.last(packet_id_octets) : head) &&
                (text.empty() || run_cipher(context, text, text.data())) && finish(context) &&
                EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, tag_octets, tag.data()) == 1,
            "sealing a packet");
    sealing.units += units_of(text.size());
}

void KeySlots::Slot::seal_cbc(MutableBytes datagram, std::size_t header_octets,
                              std::uint32_t packet_id, std::size_t payload_octets) {
    const MutableBytes covered = datagram.subspan(header_octets + mac_octets);
    const MutableBytes iv = covered.first(iv_octets);
    const MutableBytes text = covered.subspan(iv_octets);
    ByteWriter(text).u32(packet_id);
    const std::size_t filled = packet_id_octets + payload_octets;
    for (std::byte& octet : text.subspan(filled))
        octet = static_cast<std::byte>(text.size() - filled);
    // CBC needs an IV nobody can foresee. OpenSSL's generator keeps its state per thread and asks
    // the kernel only to reseed, so this costs no system call per packet.
    require(RAND_bytes(octets_of(iv), iv_octets) == 1, "randomness for an IV");
    require(start_cipher(sealing.cipher.get(), iv) &&
                run_cipher(sealing.cipher.get(), text, text.data()),
            "sealing a packet");
    std::array<std::byte, 64> mac{};
    sealing.hmac->start();
    sealing.hmac->add(covered);
    sealing.hmac->finish(mac);
    std::memcpy(datagram.data() + header_octets, mac.data(), mac_octets);
}

KeySlots::KeySlots() = default;
KeySlots::~KeySlots() = default;
KeySlots::KeySlots(KeySlots&&) noexcept = default;
KeySlots& KeySlots::operator=(KeySlots&&) noexcept = default;

void KeySlots::set_peer_id(std::optional<std::uint32_t> peer_id) {
    assert(!peer_id || *peer_id <= peer_id_max);
    peer_id_ = peer_id;
}

void KeySlots::install(std::uint8_t key_id, const KeyMaterial& material) {
    assert(key_id < slots_.size());
    if (const Slot* present = slot_of(key_id);
        present != nullptr && present->suite == material.suite && present->side == material.side &&
        present->digest == material.digest && present->block == material.block)
        return;
    slots_[key_id & 7] = std::make_unique<Slot>(material);
}

void KeySlots::retire(std::uint8_t key_id) {
    slots_[key_id & 7].reset();
    if (sending_ == key_id) sending_.reset();
}

void KeySlots::send_with(std::uint8_t key_id) {
    assert(has(key_id));
    sending_ = key_id;
}

bool KeySlots::has(std::uint8_t key_id) const {
    return key_id < slots_.size() && slot_of(key_id) != nullptr;
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
    Slot* slot = slot_of(key_id);
    if (slot == nullptr) {
        const bool any =
            std::ranges::any_of(slots_, [](const auto& one) { return one != nullptr; });
        return unexpected(any ? Cause::wrong_key_id : Cause::keys_not_ready);
    }
    const std::size_t header_octets = header_octets_of(opcode);
    const std::size_t least = slot->aead() ? slot->front_octets(header_octets)
                                           : header_octets + slot->mac_octets + iv_octets;
    if (datagram.size() < least) return unexpected(Cause::truncated);
    if (slot->failures >= failures_hard ||
        (slot->counts_units() && slot->opening.units >= aead_units_hard))
        return unexpected(Cause::key_exhausted);

    Expected<OpenedPacket, Cause> opened = slot->aead() ? slot->open_aead(datagram, header_octets)
                                                        : slot->open_cbc(datagram, header_octets);
    if (opened) opened->key_id = key_id;
    return opened;
}

std::size_t KeySlots::front_octets() const {
    if (!sending_) return 0;
    return slot_of(*sending_)->front_octets(
        header_octets_of(peer_id_ ? opcode_data_v2 : opcode_data_v1));
}

std::size_t KeySlots::back_octets() const {
    return !sending_ || slot_of(*sending_)->aead() ? 0 : block_octets;
}

Expected<MutableBytes, Cause> KeySlots::seal(MutableBytes packet, std::size_t payload_octets) {
    if (!sending_) return unexpected(Cause::keys_not_ready);
    Slot& slot = *slot_of(*sending_);
    if (slot.next_packet_id > packet_id_hard ||
        (slot.counts_units() && slot.sealing.units + units_of(payload_octets) > aead_units_hard))
        return unexpected(Cause::key_exhausted);

    const std::uint8_t opcode = peer_id_ ? opcode_data_v2 : opcode_data_v1;
    const std::size_t header_octets = header_octets_of(opcode);
    const std::size_t front = slot.front_octets(header_octets);
    const std::size_t plain = packet_id_octets + payload_octets;
    const std::size_t padding = slot.aead() ? 0 : block_octets - plain % block_octets;
    assert(packet.size() >= front + payload_octets + padding);
    const MutableBytes datagram = packet.first(front + payload_octets + padding);

    ByteWriter header(datagram);
    header.u8(static_cast<std::uint8_t>(opcode << 3 | *sending_));
    if (peer_id_) header.u24(*peer_id_);
    const auto packet_id = static_cast<std::uint32_t>(slot.next_packet_id++);
    if (slot.aead())
        slot.seal_aead(datagram, header_octets, packet_id);
    else
        slot.seal_cbc(datagram, header_octets, packet_id, payload_octets);
    return datagram;
}

KeyLimit KeySlots::limit() const {
    return sending_ ? slot_of(*sending_)->limit() : KeyLimit::far;
}

void KeySlots::set_next_packet_id(std::uint8_t key_id, std::uint32_t next) {
    assert(has(key_id));
    slot_of(key_id)->next_packet_id = next;
}

}  // namespace kanmon::crypto
