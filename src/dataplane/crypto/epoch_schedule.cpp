#include "dataplane/crypto/epoch_schedule.h"

#include <array>
#include <cassert>
#include <string_view>

#include "dataplane/crypto/hmac.h"

namespace kanmon::crypto {
namespace {

constexpr std::string_view prefix = "ovpn ";

/// At most one block of SHA-256, so that expanding is a single HMAC over `info` and the octet 1.
/// `keyed` by the secret.
void expand_label(Hmac& keyed, std::string_view label, MutableBytes to) {
    const std::array head{std::byte{0}, static_cast<std::byte>(to.size()),
                          static_cast<std::byte>(prefix.size() + label.size())};
    constexpr std::array tail{std::byte{0}, std::byte{1}};
    keyed.start();
    for (const Bytes part : {Bytes(head), as_bytes(prefix), as_bytes(label), Bytes(tail)})
        keyed.add(part);
    Secret<32> block;
    keyed.finish(block.mutable_view());
    assert(to.size() <= block.size());
    std::memcpy(to.data(), block.view().data(), to.size());
}

}  // namespace

EpochSchedule::EpochSchedule(CipherSuite suite, Bytes first_secret) : suite_(suite) {
    std::memcpy(secret_.mutable_view().data(), first_secret.data(), EpochSecret::size());
}

EpochMaterial EpochSchedule::next() {
    Hmac keyed(Digest::sha256, secret_.view());
    EpochMaterial material;
    material.epoch = static_cast<std::uint16_t>(epoch_);
    expand_label(keyed, "data_key", material.key.mutable_view().first(key_bits(suite_) / 8u));
    expand_label(keyed, "data_iv", material.iv.mutable_view());
    EpochSecret following;
    expand_label(keyed, "datakey upd", following.mutable_view());
    secret_ = following;
    ++epoch_;
    return material;
}

}  // namespace kanmon::crypto
