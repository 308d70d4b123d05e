// CBC with an HMAC, and the HMAC alone where an operator insists on no cipher. The header is 1
// octet (V1) or 4 (V2) and nothing covers it.
//
//   CBC:   header | HMAC | IV 16 | CBC( packet id u32 | payload | PKCS#7 padding )
//          the HMAC covers IV and ciphertext
//   none:  header | HMAC | packet id u32 | payload
//          the HMAC covers packet id and payload: nobody can change them, everybody can read them
//
// Source: wire reference, sections 14 and 16.
#include <openssl/rand.h>

#include <array>
#include <cstring>

#include "dataplane/crypto/data_key.h"
#include "dataplane/crypto/hmac.h"
#include "dataplane/crypto/replay_window.h"

namespace kanmon::crypto {
namespace {

constexpr std::size_t packet_id_octets = 4;
constexpr std::size_t block_octets = 16;
constexpr std::size_t iv_octets = 16;
constexpr std::size_t mac_octets_max = 64;

/// The payload without its padding; an empty optional when the padding is not PKCS#7. The HMAC
/// has vouched for these octets, so the time this takes tells an attacker nothing.
std::optional<std::size_t> length_without_padding(Bytes plain) {
    const auto padding = std::to_integer<std::size_t>(plain.back());
    if (padding == 0 || padding > block_octets || padding > plain.size()) return std::nullopt;
    for (const std::byte octet : plain.last(padding))
        if (octet != plain.back()) return std::nullopt;
    return plain.size() - padding;
}

struct Direction {
    Direction(const KeyMaterial& material, Bytes half, Way way)
        : hmac(material.digest, half.subspan(64, digest_octets(material.digest))) {
        if (material.suite != CipherSuite::none)
            cipher = make_cipher(material.suite, half.first(key_bits(material.suite) / 8u), way);
    }
    /// Over `covered`, into the front of `room`.
    void authenticate(Bytes covered, MutableBytes room) {
        hmac.start();
        hmac.add(covered);
        hmac.finish(room);
    }

    CipherContext cipher;  // null: no cipher
    Hmac hmac;
};

class HmacDataKey final : public DataKey {
public:
    explicit HmacDataKey(const KeyMaterial& material)
        : limits_(material.limits),
          encrypts_(material.suite != CipherSuite::none),
          mac_octets_(digest_octets(material.digest)),
          sealing_(material, halves_of(material).sealing, Way::encrypt),
          opening_(material, halves_of(material).opening, Way::decrypt),
          next_packet_id_(material.limits.packet_id_first) {}

    std::size_t front_octets() const override {
        return mac_octets_ + (encrypts_ ? iv_octets : 0) + packet_id_octets;
    }
    std::size_t back_octets() const override { return encrypts_ ? block_octets : 0; }

    Expected<OpenedPacket, Cause> open(MutableBytes datagram, std::size_t header_octets) override {
        const std::size_t before_text = mac_octets_ + (encrypts_ ? iv_octets : 0);
        if (datagram.size() <= header_octets + before_text) return unexpected(Cause::truncated);
        if (failures_ >= limits_.failures_max) return unexpected(Cause::key_exhausted);
        const MutableBytes covered = datagram.subspan(header_octets + mac_octets_);
        std::array<std::byte, mac_octets_max> expected;
        opening_.authenticate(covered, expected);
        if (!constant_time_equal(Bytes(expected).first(mac_octets_),
                                 datagram.subspan(header_octets, mac_octets_))) {
            ++failures_;
            return unexpected(Cause::bad_tag);
        }
        const auto plain = encrypts_ ? decrypt(covered) : Expected<MutableBytes, Cause>(covered);
        if (!plain) return unexpected(plain.error());
        if (plain->size() < packet_id_octets) return unexpected(Cause::malformed);
        const std::uint32_t id = ByteReader(*plain).u32();
        if (!window_.is_fresh(id)) return unexpected(Cause::replayed);
        window_.mark(id);
        return OpenedPacket{.payload = plain->subspan(packet_id_octets), .packet_id = id};
    }

    Expected<std::size_t, Cause> seal(MutableBytes packet, std::size_t header_octets,
                                      std::size_t payload_octets) override {
        if (next_packet_id_ > limits_.packet_id_last) return unexpected(Cause::key_exhausted);
        const std::size_t plain_octets = packet_id_octets + payload_octets;
        const std::size_t padding = encrypts_ ? block_octets - plain_octets % block_octets : 0;
        const MutableBytes datagram =
            packet.first(header_octets + front_octets() + payload_octets + padding);
        const MutableBytes covered = datagram.subspan(header_octets + mac_octets_);
        const MutableBytes text = covered.subspan(encrypts_ ? iv_octets : 0);
        ByteWriter(text).u32(static_cast<std::uint32_t>(next_packet_id_++));
        if (encrypts_) encrypt(covered, padding);
        std::array<std::byte, mac_octets_max> mac;
        sealing_.authenticate(covered, mac);
        std::memcpy(datagram.data() + header_octets, mac.data(), mac_octets_);
        return datagram.size();
    }

    KeyLimit limit() const override {
        if (next_packet_id_ > limits_.packet_id_last || failures_ >= limits_.failures_max)
            return KeyLimit::hard;
        if (next_packet_id_ >= limits_.packet_id_soft ||
            window_.highest() >= limits_.packet_id_soft || failures_ >= limits_.failures_soft)
            return KeyLimit::soft;
        return KeyLimit::far;
    }

private:
    /// IV and ciphertext, which have authenticated; returns packet id and payload.
    Expected<MutableBytes, Cause> decrypt(MutableBytes covered) {
        const MutableBytes text = covered.subspan(iv_octets);
        if (text.size() % block_octets != 0) return unexpected(Cause::malformed);
        require(start_cipher(opening_.cipher.get(), covered.first(iv_octets)) &&
                    run_cipher(opening_.cipher.get(), text, text.data()),
                "opening a packet");
        const std::optional<std::size_t> length = length_without_padding(text);
        if (!length) return unexpected(Cause::malformed);
        return text.first(*length);
    }

    void encrypt(MutableBytes covered, std::size_t padding) {
        const MutableBytes iv = covered.first(iv_octets);
        const MutableBytes text = covered.subspan(iv_octets);
        for (std::byte& octet : text.last(padding)) octet = static_cast<std::byte>(padding);
        // CBC needs an IV nobody can foresee. OpenSSL's generator keeps its state per thread and
        // asks the kernel only to reseed, so this costs no system call per packet.
        require(RAND_bytes(octets_of(iv), iv_octets) == 1, "randomness for an IV");
        require(start_cipher(sealing_.cipher.get(), iv) &&
                    run_cipher(sealing_.cipher.get(), text, text.data()),
                "sealing a packet");
    }

    KeyLimits limits_;
    bool encrypts_;
    std::size_t mac_octets_;
    Direction sealing_, opening_;
    ReplayWindow window_;
    std::uint64_t next_packet_id_;
    std::uint64_t failures_ = 0;
};

}  // namespace

std::unique_ptr<DataKey> make_hmac_data_key(const KeyMaterial& material) {
    return std::make_unique<HmacDataKey>(material);
}

}  // namespace kanmon::crypto
