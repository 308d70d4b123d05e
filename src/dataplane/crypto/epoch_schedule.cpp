#include "dataplane/crypto/epoch_schedule.h"

#include <cassert>
#include <string_view>

#include "dataplane/crypto/hmac.h"

namespace kanmon::crypto {
namespace {

constexpr std::string_view prefix = "ovpn ";

/// At most one block of SHA-256, so that expanding is a single HMAC over `info` and the octet 1.
void expand_label(const EpochSecret& secret, std::string_view label, MutableBytes to) {
    BufferWriter info;
    info.u16(static_cast<std::uint16_t>(to.size()));
    info.u8(static_cast<std::uint8_t>(prefix.size() + label.size()));
    info.bytes(as_bytes(prefix));
    info.bytes(as_bytes(label));
    info.u8(0);
    info.u8(1);
    Buffer block = hmac_of(Digest::sha256, secret.view(), {info.finish()});
    assert(to.size() <= block.size());
    std::memcpy(to.data(), block.data(), to.size());
    wipe(block);
}

}  // namespace

EpochSchedule::EpochSchedule(CipherSuite suite, Bytes first_secret) : suite_(suite) {
    std::memcpy(secret_.mutable_view().data(), first_secret.data(), EpochSecret::size());
}

EpochMaterial EpochSchedule::next() {
    EpochMaterial material;
    material.epoch = static_cast<std::uint16_t>(epoch_);
    expand_label(secret_, "data_key", material.key.mutable_view().first(key_bits(suite_) / 8u));
    expand_label(secret_, "data_iv", material.iv.mutable_view());
    EpochSecret following;
    expand_label(secret_, "datakey upd", following.mutable_view());
    secret_ = following;
    ++epoch_;
    return material;
}

}  // namespace kanmon::crypto
