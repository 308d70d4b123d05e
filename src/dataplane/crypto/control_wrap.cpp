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
#include "dataplane/crypto/hmac.h"
#include "dataplane/crypto/tag_then_encrypt.h"

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

/// `half` 0 or 1 of a static key file.
Bytes mac_key(const StaticKey& key, std::size_t half, std::size_t octets) {
    return key.view().subspan(half * half_octets + mac_offset, octets);
}

template <std::size_t N>
Secret<N> secret_of(Bytes octets) {
    assert(octets.size() == N);
    Secret<N> secret;
    std::ranges::copy(octets, secret.mutable_view().begin());
    return secret;
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

TlsAuth::TlsAuth(const StaticKey& key, KeyDirection direction, Digest digest) : digest_(digest) {
    const std::size_t octets = digest_octets(digest);
    const std::size_t send_half = direction == KeyDirection::inverse ? 1 : 0;
    const std::size_t receive_half = direction == KeyDirection::normal ? 1 : 0;
    send_key_ = SecretBuffer(mac_key(key, send_half, octets));
    receive_key_ = SecretBuffer(mac_key(key, receive_half, octets));
}

Buffer TlsAuth::wrap(Bytes packet, ReplayId replay) const {
    assert(packet.size() >= head_octets);
    const Bytes head = packet.first(head_octets);
    const Bytes rest = packet.subspan(head_octets);
    const auto replay_field = encoded(replay);
    Buffer wrapped = copy_of(head);
    append(wrapped, hmac_of(digest_, send_key_.view(), {replay_field, head, rest}));
    append(wrapped, replay_field);
    append(wrapped, rest);
    return wrapped;
}

Expected<Unwrapped, Cause> TlsAuth::unwrap(Bytes datagram) const {
    ByteReader in(datagram);
    const Bytes head = in.bytes(head_octets);
    const Bytes hmac = in.bytes(digest_octets(digest_));
    const Bytes replay = in.bytes(replay_octets);
    const Bytes rest = in.rest();
    if (!in.ok() || rest.empty()) return unexpected(Cause::truncated);
    const Buffer expected = hmac_of(digest_, receive_key_.view(), {replay, head, rest});
    if (!constant_time_equal(expected, hmac)) return unexpected(Cause::wrapping_mismatch);
    Unwrapped unwrapped{.packet = copy_of(head), .replay = decoded(replay)};
    append(unwrapped.packet, rest);
    return unwrapped;
}

TlsCrypt::TlsCrypt(const StaticKey& key, Side side) {
    const std::size_t send = side == Side::server ? 0 : half_octets;
    const std::size_t receive = side == Side::server ? half_octets : 0;
    send_cipher_ = secret_of<32>(key.view().subspan(send, 32));
    send_mac_ = secret_of<32>(key.view().subspan(send + mac_offset, 32));
    receive_cipher_ = secret_of<32>(key.view().subspan(receive, 32));
    receive_mac_ = secret_of<32>(key.view().subspan(receive + mac_offset, 32));
}

Buffer TlsCrypt::wrap(Bytes packet, ReplayId replay) const {
    assert(packet.size() >= head_octets);
    Buffer wrapped = copy_of(packet.first(head_octets));
    append(wrapped, encoded(replay));
    const Bytes rest = packet.subspan(head_octets);
    append(wrapped, tag_then_encrypt(send_cipher_, send_mac_, copy_of(wrapped), rest));
    return wrapped;
}

Expected<Unwrapped, Cause> TlsCrypt::unwrap(Bytes datagram) const {
    constexpr std::size_t clear_octets = head_octets + replay_octets;
    if (datagram.size() <= clear_octets + siv_tag_octets) return unexpected(Cause::truncated);
    const Bytes clear = datagram.first(clear_octets);
    const auto rest =
        decrypt_then_check(receive_cipher_, receive_mac_, clear, datagram.subspan(clear_octets));
    if (!rest) return unexpected(Cause::wrapping_mismatch);
    Unwrapped unwrapped{.packet = copy_of(clear.first(head_octets)),
                        .replay = decoded(clear.last(replay_octets))};
    append(unwrapped.packet, *rest);
    return unwrapped;
}

}  // namespace kanmon::crypto
