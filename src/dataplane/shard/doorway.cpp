#include "dataplane/shard/doorway.h"

#include <algorithm>
#include <cassert>

namespace kanmon::shard {

namespace {

/// A client's hello has one length without wrapping; with tls-auth it is longer by 28, 40 or 72
/// octets, with tls-crypt by 40.
constexpr std::size_t plain_hello_octets = 14;
constexpr std::array<std::size_t, 4> hello_octets{plain_hello_octets, 42, 54, 86};

std::unique_ptr<crypto::StaticKey> static_key(const SecretBuffer& octets) {
    if (octets.view().size() != crypto::StaticKey::size()) return nullptr;
    auto key = std::make_unique<crypto::StaticKey>();
    std::ranges::copy(octets.view(), key->mutable_view().begin());
    return key;
}

/// Whole as it is, so that only its wrapping can be wrong.
bool is_whole_hello(wire::Opcode opcode, Bytes datagram) {
    return opcode == wire::Opcode::hard_reset_client_v2 &&
           std::ranges::find(hello_octets, datagram.size()) != hello_octets.end();
}

}  // namespace

bool Doorway::Opened::early_negotiation() const {
    constexpr std::uint32_t mark = 0x0f000000;
    return replay && (replay->id & mark) == mark;
}

std::unique_ptr<Doorway> Doorway::make(const bridge::ControlWrapping& wrapping) {
    std::unique_ptr<Doorway> door(new Doorway());
    const auto key = static_key(wrapping.key);
    switch (wrapping.kind) {
        case bridge::Wrapping::none:
            return door;
        case bridge::Wrapping::tls_auth: {
            const auto digest = crypto::digest_of(wrapping.digest);
            if (!key || !digest) return nullptr;
            const auto direction =
                wrapping.directed ? crypto::KeyDirection::normal : crypto::KeyDirection::both;
            door->fixed_ = std::make_shared<crypto::TlsAuth>(*key, direction, *digest);
            return door;
        }
        case bridge::Wrapping::tls_crypt:
            if (!key) return nullptr;
            door->fixed_ = std::make_shared<crypto::TlsCrypt>(*key, crypto::Side::server);
            return door;
        case bridge::Wrapping::tls_crypt_v2: {
            const auto server = crypto::server_key_v2(wrapping.key.view());
            if (!server) return nullptr;
            door->reader_.emplace(*server);
            door->brought_.emplace(crypto::StaticKey(), crypto::Side::server);
            return door;
        }
    }
    return nullptr;
}

Expected<Doorway::Opened, Cause> Doorway::open(Bytes datagram, Bytes remembered) {
    const auto first = wire::peek(datagram);
    if (!first) return unexpected(first.error());
    if (datagram.size() > opened_.size()) return unexpected(Cause::malformed);
    const bool carries_key = first->opcode == wire::Opcode::hard_reset_client_v3 ||
                             first->opcode == wire::Opcode::control_wkc_v1;
    if (brings_keys()) {
        const bool foreign = first->opcode == wire::Opcode::hard_reset_client_v2;
        if (foreign) return unexpected(Cause::wrapping_mismatch);
        return open_with_key(datagram, carries_key, remembered);
    }
    if (carries_key) return unexpected(Cause::wrapping_mismatch);
    const bool whole_hello = is_whole_hello(first->opcode, datagram);
    if (!fixed_) {
        if (whole_hello && datagram.size() != plain_hello_octets)
            return unexpected(Cause::wrapping_mismatch);
        return Opened{.packet = datagram, .replay = {}, .wrapped_key = {}, .metadata = {}};
    }
    const auto opened = fixed_->unwrap(datagram, opened_);
    if (!opened) return unexpected(whole_hello ? Cause::wrapping_mismatch : opened.error());
    return Opened{
        .packet = opened->packet, .replay = opened->replay, .wrapped_key = {}, .metadata = {}};
}

Expected<Doorway::Opened, Cause> Doorway::open_with_key(Bytes datagram, bool carries_key,
                                                        Bytes remembered) {
    crypto::SplitWkc parts{.packet = datagram, .wrapped_key = remembered};
    if (carries_key) {
        const auto split = crypto::split_wrapped_client_key(datagram);
        if (!split) return unexpected(split.error());
        parts = *split;
    } else if (remembered.empty()) {
        return unexpected(Cause::unknown_client);
    }
    const auto brought = reader_->read(parts.wrapped_key);
    if (!brought) return unexpected(brought.error());
    brought_->rekey(brought->key);
    const auto opened = brought_->unwrap(parts.packet, opened_);
    if (!opened) return unexpected(opened.error());
    return Opened{.packet = opened->packet,
                  .replay = opened->replay,
                  .wrapped_key = parts.wrapped_key,
                  .metadata = brought->metadata};
}

Bytes Doorway::wrap(Bytes packet, crypto::ReplayId replay) {
    assert(packet.size() + crypto::wrapping_octets_max <= wrapped_.size());
    if (brought_) return brought_->wrap(packet, replay, wrapped_);
    if (fixed_) return fixed_->wrap(packet, replay, wrapped_);
    return packet;
}

session::WrappingStart Doorway::for_session() const {
    session::WrappingStart start{.wrap = fixed_, .brings_key = brings_keys()};
    if (brought_)
        start.wrap =
            std::make_shared<crypto::TlsCrypt>(brought_->static_key(), crypto::Side::server);
    return start;
}

}  // namespace kanmon::shard
