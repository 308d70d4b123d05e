// tls-auth: the packet in clear with an HMAC. The digest covers the fields in another order.
//
//      0       1            9        9+D         13+D         17+D
//     +-------+------------+--------+-----------+------------+------+
//     | op/kid| session id | HMAC D | replay id | time       | rest |
//     +-------+------------+--------+-----------+------------+------+
//     HMAC over: replay id | time | op/kid | session id | rest
//
// tls-crypt: the tag is HMAC-SHA256 over the header and the plain rest, and its first 16 octets are
// the IV of AES-256-CTR.
//
//      0       1            9           13           17        49
//     +-------+------------+-----------+------------+---------+------------------+
//     | op/kid| session id | replay id | time       | tag 32  | AES-CTR of rest  |
//     +-------+------------+-----------+------------+---------+------------------+
//
// Source: wire reference, sections 6 and 7.
#include "dataplane/crypto/control_wrap.h"

#include <algorithm>
#include <cassert>

#include "dataplane/crypto/armour.h"

namespace kanmon::crypto {
namespace {

constexpr std::string_view static_key_label = "OpenVPN Static key V1";
constexpr std::size_t head_octets = 9;  // opcode and session id
constexpr std::size_t replay_octets = 8;
constexpr std::size_t half_octets = 128;
constexpr std::size_t mac_offset = 64;

std::array<std::byte, replay_octets> encoded(ReplayId replay) {
    std::array<std::byte, replay_octets> octets{};
    ByteWriter out(octets);
    out.u32(replay.id);
    out.u32(replay.time);
    return octets;
}

ReplayId decoded(Bytes octets) {
    ByteReader in(octets);
    const std::uint32_t id = in.u32();
    return {.id = id, .time = in.u32()};
}

template <std::size_t N>
Secret<N> secret_of(Bytes octets) {
    assert(octets.size() == N);
    Secret<N> secret;
    std::ranges::copy(octets, secret.mutable_view().begin());
    return secret;
}

/// `half` 0 or 1 of a static key file.
Bytes mac_key(const StaticKey& key, std::size_t half, std::size_t octets) {
    return key.view().subspan(half * half_octets + mac_offset, octets);
}
Secret<32> crypt_cipher_key(const StaticKey& key, std::size_t half) {
    return secret_of<32>(key.view().subspan(half * half_octets, 32));
}
Secret<32> crypt_mac_key(const StaticKey& key, std::size_t half) {
    return secret_of<32>(mac_key(key, half, 32));
}

std::size_t auth_send_half(KeyDirection direction) {
    return direction == KeyDirection::inverse ? 1 : 0;
}
std::size_t auth_receive_half(KeyDirection direction) {
    return direction == KeyDirection::normal ? 1 : 0;
}
/// By custom the server of tls-crypt sends with the first half.
std::size_t crypt_send_half(Side side) {
    return side == Side::server ? 0 : 1;
}
std::size_t crypt_receive_half(Side side) {
    return side == Side::server ? 1 : 0;
}

/// Puts the pieces one behind the other into the front of `room`.
MutableBytes joined(std::initializer_list<Bytes> pieces, MutableBytes room) {
    std::size_t octets = 0;
    for (const Bytes piece : pieces) {
        std::ranges::copy(piece, room.subspan(octets).begin());
        octets += piece.size();
    }
    return room.first(octets);
}

}  // namespace

std::optional<StaticKey> parse_static_key(std::string_view text) {
    const auto lines = inside_armour(text, static_key_label);
    if (!lines) return std::nullopt;
    Buffer octets = from_hex(*lines);
    std::optional<StaticKey> key;
    if (octets.size() == StaticKey::size()) key = secret_of<StaticKey::size()>(octets);
    wipe(octets);
    return key;
}

std::string format_static_key(const StaticKey& key) {
    std::string text = "-----BEGIN " + std::string(static_key_label) + "-----\n";
    for (std::size_t line = 0; line < StaticKey::size(); line += 16)
        text += to_hex(key.view().subspan(line, 16)) + "\n";
    return text + "-----END " + std::string(static_key_label) + "-----\n";
}

Buffer wrapped(ControlWrap& wrap, Bytes packet, ReplayId replay) {
    Buffer room(packet.size() + wrapping_octets_max);
    room.resize(wrap.wrap(packet, replay, room).size());
    return room;
}

TlsAuth::TlsAuth(const StaticKey& key, KeyDirection direction, Digest digest)
    : ControlWrap(key),
      send_(digest, mac_key(key, auth_send_half(direction), digest_octets(digest))),
      receive_(digest, mac_key(key, auth_receive_half(direction), digest_octets(digest))) {}

MutableBytes TlsAuth::wrap(Bytes packet, ReplayId replay, MutableBytes room) {
    assert(packet.size() >= head_octets);
    const Bytes head = packet.first(head_octets);
    const Bytes rest = packet.subspan(head_octets);
    const auto replay_field = encoded(replay);
    std::array<std::byte, 64> digest{};
    send_.start();
    for (const Bytes part : {Bytes(replay_field), head, rest}) send_.add(part);
    send_.finish(digest);
    return joined({head, Bytes(digest).first(send_.octets()), replay_field, rest}, room);
}

Expected<Unwrapped, Cause> TlsAuth::unwrap(Bytes datagram, MutableBytes room) {
    ByteReader in(datagram);
    const Bytes head = in.bytes(head_octets);
    const Bytes hmac = in.bytes(receive_.octets());
    const Bytes replay = in.bytes(replay_octets);
    const Bytes rest = in.rest();
    if (!in.ok() || rest.empty()) return unexpected(Cause::truncated);
    std::array<std::byte, 64> digest{};
    receive_.start();
    for (const Bytes part : {replay, head, rest}) receive_.add(part);
    receive_.finish(digest);
    if (!constant_time_equal(Bytes(digest).first(receive_.octets()), hmac))
        return unexpected(Cause::wrapping_mismatch);
    return Unwrapped{.packet = joined({head, rest}, room), .replay = decoded(replay)};
}

TlsCrypt::TlsCrypt(const StaticKey& key, Side side)
    : ControlWrap(key),
      side_(side),
      send_(crypt_cipher_key(key, crypt_send_half(side)),
            crypt_mac_key(key, crypt_send_half(side))),
      receive_(crypt_cipher_key(key, crypt_receive_half(side)),
               crypt_mac_key(key, crypt_receive_half(side))) {}

void TlsCrypt::rekey(const StaticKey& key) {
    key_ = key;
    send_.rekey(crypt_cipher_key(key, crypt_send_half(side_)),
                crypt_mac_key(key, crypt_send_half(side_)));
    receive_.rekey(crypt_cipher_key(key, crypt_receive_half(side_)),
                   crypt_mac_key(key, crypt_receive_half(side_)));
}

MutableBytes TlsCrypt::wrap(Bytes packet, ReplayId replay, MutableBytes room) {
    assert(packet.size() >= head_octets);
    const MutableBytes clear = joined({packet.first(head_octets), encoded(replay)}, room);
    const MutableBytes sealed =
        send_.seal({clear}, packet.subspan(head_octets), room.subspan(clear.size()));
    return room.first(clear.size() + sealed.size());
}

Expected<Unwrapped, Cause> TlsCrypt::unwrap(Bytes datagram, MutableBytes room) {
    constexpr std::size_t clear_octets = head_octets + replay_octets;
    if (datagram.size() <= clear_octets + siv_tag_octets) return unexpected(Cause::truncated);
    const Bytes clear = datagram.first(clear_octets);
    const MutableBytes head = joined({clear.first(head_octets)}, room);
    const auto rest =
        receive_.open({clear}, datagram.subspan(clear_octets), room.subspan(head.size()));
    if (!rest) return unexpected(Cause::wrapping_mismatch);
    return Unwrapped{.packet = room.first(head.size() + rest->size()),
                     .replay = decoded(clear.last(replay_octets))};
}

StaticKey dynamic_key(const StaticKey& exported, const StaticKey* fixed) {
    StaticKey key = exported;
    if (fixed == nullptr) return key;
    const MutableBytes octets = key.mutable_view();
    for (std::size_t i = 0; i < octets.size(); ++i) octets[i] ^= fixed->view()[i];
    return key;
}

}  // namespace kanmon::crypto
