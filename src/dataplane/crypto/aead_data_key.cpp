// GCM and ChaCha20-Poly1305, as clients from 2.4 on know them. The header is 1 octet (V1) or 4
// (V2).
//
//   header | packet id u32 | tag 16 | ciphertext
//
//   additional data: V2 header and packet id; V1 packet id only
//   nonce:           packet id | implicit IV 8
//
// Source: wire reference, sections 14 and 15.
#include <algorithm>
#include <array>
#include <cstring>

#include "dataplane/crypto/aead.h"
#include "dataplane/crypto/data_key.h"
#include "dataplane/crypto/replay_window.h"

namespace kanmon::crypto {
namespace {

constexpr std::size_t packet_id_octets = 4;
constexpr std::size_t implicit_iv_octets = 8;

struct Direction {
    Direction(CipherSuite suite, Bytes half, Way way)
        : cipher(make_aead_key(suite, half.first(key_bits(suite) / 8u), way)) {
        std::memcpy(nonce.data() + packet_id_octets, half.data() + 64, implicit_iv_octets);
    }
    void set_packet_id(Bytes packet_id) {
        std::memcpy(nonce.data(), packet_id.data(), packet_id_octets);
    }

    std::unique_ptr<AeadKey> cipher;
    std::array<std::byte, aead_nonce_octets> nonce{};
    std::uint64_t units = 0;
};

/// What a packet authenticates beside its text.
Bytes additional_data_of(Bytes datagram, std::size_t header_octets) {
    const Bytes head = datagram.first(header_octets + packet_id_octets);
    return header_octets == 1 ? head.last(packet_id_octets) : head;
}

class AeadDataKey final : public DataKey {
public:
    explicit AeadDataKey(const KeyMaterial& material)
        : limits_(material.limits),
          counts_units_(counts_units(material.suite)),
          sealing_(material.suite, halves_of(material).sealing, Way::encrypt),
          opening_(material.suite, halves_of(material).opening, Way::decrypt),
          next_packet_id_(material.limits.packet_id_first) {}

    std::size_t front_octets() const override { return packet_id_octets + aead_tag_octets; }
    std::size_t back_octets() const override { return 0; }

    Expected<OpenedPacket, Cause> open(MutableBytes datagram, std::size_t header_octets) override {
        const std::size_t front = header_octets + front_octets();
        if (datagram.size() < front) return unexpected(Cause::truncated);
        if (failures_ >= limits_.failures_max ||
            (counts_units_ && opening_.units >= limits_.units_max))
            return unexpected(Cause::key_exhausted);
        const Bytes packet_id = datagram.subspan(header_octets, packet_id_octets);
        const std::uint32_t id = ByteReader(packet_id).u32();
        if (!window_.is_fresh(id)) return unexpected(Cause::replayed);

        const MutableBytes text = datagram.subspan(front);
        opening_.set_packet_id(packet_id);
        opening_.units += units_of(text.size());
        if (!opening_.cipher->open(
                opening_.nonce, additional_data_of(datagram, header_octets), text,
                datagram.subspan(header_octets + packet_id_octets, aead_tag_octets))) {
            ++failures_;
            return unexpected(Cause::bad_tag);
        }
        window_.mark(id);
        return OpenedPacket{.payload = text, .packet_id = id};
    }

    Expected<std::size_t, Cause> seal(MutableBytes packet, std::size_t header_octets,
                                      std::size_t payload_octets) override {
        const std::uint64_t units = sealing_.units + units_of(payload_octets);
        if (next_packet_id_ > limits_.packet_id_last ||
            (counts_units_ && units > limits_.units_max))
            return unexpected(Cause::key_exhausted);
        const MutableBytes datagram = packet.first(header_octets + front_octets() + payload_octets);
        ByteWriter out(datagram.subspan(header_octets));
        out.u32(static_cast<std::uint32_t>(next_packet_id_++));
        const MutableBytes tag = out.take(aead_tag_octets);
        sealing_.set_packet_id(datagram.subspan(header_octets, packet_id_octets));
        sealing_.cipher->seal(sealing_.nonce, additional_data_of(datagram, header_octets),
                              datagram.last(payload_octets), tag);
        sealing_.units = units;
        return datagram.size();
    }

    KeyLimit limit() const override {
        const std::uint64_t units = counts_units_ ? std::max(sealing_.units, opening_.units) : 0;
        if (next_packet_id_ > limits_.packet_id_last || units >= limits_.units_max ||
            failures_ >= limits_.failures_max)
            return KeyLimit::hard;
        if (next_packet_id_ >= limits_.packet_id_soft ||
            window_.highest() >= limits_.packet_id_soft || units >= limits_.units_soft() ||
            failures_ >= limits_.failures_soft)
            return KeyLimit::soft;
        return KeyLimit::far;
    }

private:
    KeyLimits limits_;
    bool counts_units_;
    Direction sealing_, opening_;
    ReplayWindow window_;
    std::uint64_t next_packet_id_;
    std::uint64_t failures_ = 0;
};

}  // namespace

std::unique_ptr<DataKey> make_aead_data_key(const KeyMaterial& material) {
    return std::make_unique<AeadDataKey>(material);
}

}  // namespace kanmon::crypto
