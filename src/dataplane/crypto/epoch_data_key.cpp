// The epoch format of 2.7: AEAD whose keys follow each other without a new key exchange. The header
// is 1 octet (V1) or 4 (V2).
//
//   header | epoch u16 | counter 48 bits | ciphertext | tag 16
//
//   additional data: V2 header and the 8 octets of epoch and counter; V1 those 8 octets only
//   nonce:           (epoch, counter, four zeros) xor the epoch's data IV
//
// Sending goes on to the next epoch when a key is used up; when the key that is received with is,
// and both directions stand in the same epoch, so that the peer follows; and when the peer is
// ahead. Receiving knows the present epoch, the one before, and 16 to come. What the coming epochs
// need is derived in `prepare`. One cipher context serves all coming epochs: it stands ready for
// the next one, and a packet of a later one (a peer whose packets were lost) schedules it anew, at
// most once between two preparations, so that forged epochs cost no key schedule a packet and 16
// contexts no memory.
//
// Source: wire reference, section 17.
#include <algorithm>
#include <array>
#include <cassert>

#include "dataplane/crypto/data_key.h"
#include "dataplane/crypto/epoch_schedule.h"
#include "dataplane/crypto/replay_window.h"

namespace kanmon::crypto {
namespace {

constexpr std::size_t packet_id_octets = 8;
constexpr unsigned counter_bits = 48;
constexpr std::uint64_t counter_mask = (std::uint64_t{1} << counter_bits) - 1;
constexpr std::uint32_t future_epochs = 16;

/// What a packet authenticates beside its text.
Bytes additional_data_of(Bytes datagram, std::size_t header_octets) {
    const Bytes head = datagram.first(header_octets + packet_id_octets);
    return header_octets == 1 ? head.last(packet_id_octets) : head;
}

/// One epoch in one direction.
struct EpochKey {
    /// Allocates only the first time.
    void schedule(CipherSuite suite, const EpochMaterial& material, Way way) {
        if (cipher == nullptr)
            cipher = make_aead_key(suite, material.key_of(suite), way);
        else
            cipher->rekey(material.key_of(suite));
        epoch = material.epoch;
        iv = material.iv;
        units = 0;
    }
    std::array<std::byte, aead_nonce_octets> nonce_of(Bytes packet_id) const {
        std::array<std::byte, aead_nonce_octets> nonce{};
        std::ranges::copy(iv.view(), nonce.begin());
        for (std::size_t i = 0; i < packet_id_octets; ++i) nonce[i] ^= packet_id[i];
        return nonce;
    }

    std::uint32_t epoch = 0;  // 0: none
    std::unique_ptr<AeadKey> cipher;
    Secret<aead_nonce_octets> iv;
    std::uint64_t units = 0;
};

// --- receiving -----------------------------------------------------------------------------------

struct ReceivingKey : EpochKey {
    void schedule(CipherSuite suite, const EpochMaterial& material) {
        EpochKey::schedule(suite, material, Way::decrypt);
        failures = 0;
        window = {};
    }

    std::uint64_t failures = 0;
    ReplayWindow window;
};

class Receiver {
public:
    Receiver(const KeyMaterial& material, Bytes half)
        : suite_(material.suite),
          limits_(material.limits),
          schedule_(material.suite, half.first(EpochSecret::size())) {
        current_.schedule(suite_, schedule_.next());
        prepare();
    }

    Expected<OpenedPacket, Cause> open(MutableBytes datagram, std::size_t header_octets) {
        const Bytes packet_id = datagram.subspan(header_octets, packet_id_octets);
        const std::uint64_t id = ByteReader(packet_id).u64();
        const auto epoch = static_cast<std::uint32_t>(id >> counter_bits);
        ReceivingKey* key = key_of(epoch);
        if (key == nullptr) return unexpected(Cause::epoch_unknown);
        if (key->failures >= limits_.failures_max) return unexpected(Cause::key_exhausted);
        if (!key->window.is_fresh(id & counter_mask)) return unexpected(Cause::replayed);

        const MutableBytes body = datagram.subspan(header_octets + packet_id_octets);
        const MutableBytes text = body.first(body.size() - aead_tag_octets);
        if (counts_units(suite_)) key->units += units_of(text.size());
        if (!key->cipher->open(key->nonce_of(packet_id),
                               additional_data_of(datagram, header_octets), text,
                               body.last(aead_tag_octets))) {
            ++key->failures;
            return unexpected(Cause::bad_tag);
        }
        key->window.mark(id & counter_mask);
        if (key == &coming_) advance();
        return OpenedPacket{.payload = text, .packet_id = id};
    }

    std::uint32_t epoch() const { return current_.epoch; }
    /// The peer should go on to another epoch.
    bool is_used_up() const {
        return current_.units > limits_.units_max || current_.failures > limits_.failures_soft;
    }
    bool wants_preparation() const { return wants_preparation_; }

    void prepare() {
        wants_preparation_ = false;
        while (schedule_.epoch() <= furthest()) {
            EpochMaterial material = schedule_.next();
            future_[material.epoch % future_epochs] = material;
        }
        const std::uint32_t next = current_.epoch + 1;
        if (next <= furthest() && coming_.epoch != next)
            coming_.schedule(suite_, future_[next % future_epochs]);
    }

private:
    std::uint32_t furthest() const {
        return std::min<std::uint32_t>(current_.epoch + future_epochs, limits_.epoch_last);
    }

    /// Nothing for an epoch that is gone, or too far ahead, or 0.
    ReceivingKey* key_of(std::uint32_t epoch) {
        if (epoch == 0) return nullptr;
        if (epoch == current_.epoch) return &current_;
        if (epoch == retiring_.epoch) return &retiring_;
        if (epoch < current_.epoch || epoch > furthest()) return nullptr;
        if (epoch == coming_.epoch) return &coming_;
        if (wants_preparation_) return nullptr;
        const EpochMaterial& material = future_[epoch % future_epochs];
        assert(material.epoch == epoch);
        wants_preparation_ = true;
        coming_.schedule(suite_, material);
        return &coming_;
    }

    /// The coming key has opened a packet: it is the present one from now on.
    void advance() {
        std::swap(retiring_, current_);
        std::swap(current_, coming_);
        coming_.epoch = 0;  // what retired before is forgotten; its context is used again
        wants_preparation_ = true;
    }

    CipherSuite suite_;
    KeyLimits limits_;
    EpochSchedule schedule_;
    ReceivingKey current_, retiring_, coming_;
    std::array<EpochMaterial, future_epochs> future_;  // by epoch modulo their number
    bool wants_preparation_ = false;
};

// --- sending -------------------------------------------------------------------------------------

class Sender {
public:
    Sender(const KeyMaterial& material, Bytes half)
        : suite_(material.suite),
          limits_(material.limits),
          schedule_(material.suite, half.first(EpochSecret::size())),
          counter_(material.limits.packet_id_first) {
        current_.schedule(suite_, schedule_.next(), Way::encrypt);
        prepare();
    }

    Expected<void, Cause> seal(MutableBytes datagram, std::size_t header_octets) {
        const MutableBytes body = datagram.subspan(header_octets + packet_id_octets);
        const MutableBytes text = body.first(body.size() - aead_tag_octets);
        const std::uint64_t units = counts_units(suite_) ? units_of(text.size()) : 0;
        if (is_used_up(units) && !advance()) return unexpected(Cause::key_exhausted);
        ByteWriter(datagram.subspan(header_octets))
            .u64(std::uint64_t{current_.epoch} << counter_bits | counter_++);
        current_.units += units;
        const Bytes packet_id = datagram.subspan(header_octets, packet_id_octets);
        current_.cipher->seal(current_.nonce_of(packet_id),
                              additional_data_of(datagram, header_octets), text,
                              body.last(aead_tag_octets));
        return {};
    }

    std::uint32_t epoch() const { return current_.epoch; }
    /// The peer is there already, or should be.
    void follow(std::uint32_t epoch) { wanted_ = std::max(wanted_, epoch); }
    bool wants_preparation() const { return lacks_following() || wanted_ > current_.epoch; }

    void prepare() {
        derive_following();
        while (wanted_ > current_.epoch && advance()) derive_following();
        wanted_ = 0;  // beyond the last epoch nobody can follow
    }

    KeyLimit limit() const {
        const bool last = current_.epoch >= limits_.epoch_last;
        if (last && is_used_up(1)) return KeyLimit::hard;
        return current_.epoch >= limits_.epoch_soft ? KeyLimit::soft : KeyLimit::far;
    }

private:
    bool is_used_up(std::uint64_t more_units) const {
        return counter_ > limits_.epoch_counter_last ||
               (current_.units > 0 && current_.units + more_units > limits_.units_max);
    }
    bool lacks_following() const {
        return following_.epoch <= current_.epoch && current_.epoch < limits_.epoch_last;
    }
    void derive_following() {
        if (lacks_following()) following_ = schedule_.next();
    }
    bool advance() {
        if (following_.epoch != current_.epoch + 1) return false;
        current_.schedule(suite_, following_, Way::encrypt);
        counter_ = 1;
        return true;
    }

    CipherSuite suite_;
    KeyLimits limits_;
    EpochSchedule schedule_;
    EpochKey current_;
    EpochMaterial following_;  // of the next epoch, when it is derived already
    std::uint64_t counter_;
    std::uint32_t wanted_ = 0;  // the epoch to be reached by `prepare`
};

// --- both ----------------------------------------------------------------------------------------

class EpochDataKey final : public DataKey {
public:
    explicit EpochDataKey(const KeyMaterial& material)
        : sender_(material, halves_of(material).sealing),
          receiver_(material, halves_of(material).opening) {}

    std::size_t front_octets() const override { return packet_id_octets; }
    std::size_t back_octets() const override { return aead_tag_octets; }

    Expected<OpenedPacket, Cause> open(MutableBytes datagram, std::size_t header_octets) override {
        if (datagram.size() < header_octets + packet_id_octets + aead_tag_octets)
            return unexpected(Cause::truncated);
        auto opened = receiver_.open(datagram, header_octets);
        if (receiver_.epoch() > sender_.epoch())
            sender_.follow(receiver_.epoch());
        else if (receiver_.epoch() == sender_.epoch() && receiver_.is_used_up())
            sender_.follow(sender_.epoch() + 1);
        return opened;
    }

    Expected<std::size_t, Cause> seal(MutableBytes packet, std::size_t header_octets,
                                      std::size_t payload_octets) override {
        const MutableBytes datagram =
            packet.first(header_octets + packet_id_octets + payload_octets + aead_tag_octets);
        if (const auto sealed = sender_.seal(datagram, header_octets); !sealed)
            return unexpected(sealed.error());
        return datagram.size();
    }

    KeyLimit limit() const override { return sender_.limit(); }
    bool wants_preparation() const override {
        return receiver_.wants_preparation() || sender_.wants_preparation();
    }
    void prepare() override {
        receiver_.prepare();
        sender_.prepare();
    }

private:
    Sender sender_;
    Receiver receiver_;
};

}  // namespace

std::unique_ptr<DataKey> make_epoch_data_key(const KeyMaterial& material) {
    return std::make_unique<EpochDataKey>(material);
}

}  // namespace kanmon::crypto
