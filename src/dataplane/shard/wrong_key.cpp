#include "dataplane/shard/wrong_key.h"

#include <algorithm>

#include "dataplane/crypto/wrapped_client_key.h"
#include "dataplane/wire/control_packet.h"

namespace kanmon::shard {

namespace {

using crypto::Digest;
using crypto::KeyDirection;

std::string name_of(bridge::Wrapping kind) {
    switch (kind) {
        case bridge::Wrapping::none:
            return "no wrapping";
        case bridge::Wrapping::tls_auth:
            return "tls-auth";
        case bridge::Wrapping::tls_crypt:
            return "tls-crypt";
        case bridge::Wrapping::tls_crypt_v2:
            return "tls-crypt-v2";
    }
    return {};
}

std::string but_ours(std::string_view client, bridge::Wrapping kind) {
    return "the client uses " + std::string(client) + ", this server " + name_of(kind);
}

bool opens(crypto::ControlWrap& wrap, Bytes hello) {
    Buffer room(hello.size());
    return wrap.unwrap(hello, room).has_value();
}

bool is_plain(Bytes hello) {
    const auto packet = wire::decode_control_packet(hello);
    return packet && packet->acks.count == 0 && packet->packet_id == 0U && packet->payload.empty();
}

std::string digest_text(Digest theirs, const bridge::ControlWrapping& ours) {
    return "the client's auth is " + std::string(crypto::name_of(theirs)) + ", this server's " +
           ours.digest;
}

/// Which half of the key the client sends with is what its key-direction says.
std::string direction_text(bool second_half, const bridge::ControlWrapping& ours) {
    if (ours.directed && !second_half)
        return "the client's key-direction is wrong: it is 0 or missing and must be 1";
    if (!ours.directed && second_half)
        return "the client's key-direction is wrong: it is 1 and must be left out";
    return {};
}

/// The client has our key and uses it in another way.
std::string other_use_text(const bridge::ControlWrapping& ours, Bytes hello) {
    crypto::StaticKey key;
    std::ranges::copy(ours.key.view(), key.mutable_view().begin());
    const bool auth = ours.kind == bridge::Wrapping::tls_auth;
    crypto::TlsCrypt crypt(key, crypto::Side::server);
    if (auth && opens(crypt, hello)) return but_ours("the key for tls-crypt", ours.kind);
    for (const Digest digest : {Digest::sha1, Digest::sha256, Digest::sha512})
        for (const bool second_half : {false, true}) {
            crypto::TlsAuth wrap(key, second_half ? KeyDirection::normal : KeyDirection::inverse,
                                 digest);
            if (!opens(wrap, hello)) continue;
            if (!auth) return but_ours("the key for tls-auth", ours.kind);
            const std::string direction = direction_text(second_half, ours);
            if (crypto::digest_of(ours.digest) == digest) return direction;
            return digest_text(digest, ours) + (direction.empty() ? "" : "; " + direction);
        }
    return {};
}

std::string brought_text(const bridge::ControlWrapping& ours, Bytes hello) {
    const auto server = crypto::server_key_v2(ours.key.view());
    const auto split = crypto::split_wrapped_client_key(hello);
    if (!server || !split) return "the client's tls-crypt-v2 key is damaged";
    if (!crypto::unwrap_client_key(*server, split->wrapped_key))
        return "the client's tls-crypt-v2 key was made for another server";
    return "the client's two halves of a tls-crypt-v2 key do not belong together";
}

}  // namespace

std::string wrong_key_text(const bridge::ControlWrapping& ours, Bytes hello) {
    const auto first = wire::peek(hello);
    const bool v2 = first && first->opcode == wire::Opcode::hard_reset_client_v3;
    if (v2 && ours.kind == bridge::Wrapping::tls_crypt_v2) return brought_text(ours, hello);
    if (v2) return but_ours("tls-crypt-v2", ours.kind);
    if (is_plain(hello)) return but_ours("no wrapping", ours.kind);
    if (ours.kind == bridge::Wrapping::none || ours.kind == bridge::Wrapping::tls_crypt_v2)
        return but_ours("tls-auth or tls-crypt", ours.kind);
    if (ours.key.view().size() == crypto::StaticKey::size())
        if (std::string text = other_use_text(ours, hello); !text.empty()) return text;
    return "the client has another " + name_of(ours.kind) + " key";
}

}  // namespace kanmon::shard
