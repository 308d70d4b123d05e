// tls-crypt-v2: a client's key, wrapped by the server that will read it, at the end of a datagram.
//
//      0         32                                      length-2   length
//     +---------+----------------------------------------+---------+
//     | tag 32  | AES-CTR of: client key 256 | metadata  | length  |
//     +---------+----------------------------------------+---------+
//     tag: HMAC-SHA256 over length | client key | metadata; `length` counts all of it
//
// Source: wire reference, section 8.
#include "dataplane/crypto/wrapped_client_key.h"

#include <algorithm>
#include <cassert>

#include "dataplane/crypto/armour.h"

namespace kanmon::crypto {
namespace {

constexpr std::string_view server_key_label = "OpenVPN tls-crypt-v2 server key";
constexpr std::size_t length_octets = 2;
constexpr std::size_t wrapped_octets_min = siv_tag_octets + StaticKey::size() + length_octets;

std::size_t length_at_end(Bytes octets) {
    return ByteReader(octets.last(length_octets)).u16();
}

}  // namespace

std::optional<ServerKeyV2> server_key_v2(Bytes octets) {
    if (octets.size() != server_key_v2_octets) return std::nullopt;
    ServerKeyV2 key;
    std::ranges::copy(octets.first(32), key.cipher.mutable_view().begin());
    std::ranges::copy(octets.subspan(64, 32), key.mac.mutable_view().begin());
    return key;
}

std::optional<ServerKeyV2> parse_server_key_v2(std::string_view pem) {
    const auto lines = inside_armour(pem, server_key_label);
    if (!lines) return std::nullopt;
    auto octets = from_base64(*lines);
    if (!octets) return std::nullopt;
    auto key = server_key_v2(*octets);
    wipe(*octets);
    return key;
}

Expected<ClientKeyReader::Read, Cause> ClientKeyReader::read(Bytes wrapped) {
    if (wrapped.size() < wrapped_octets_min) return unexpected(Cause::truncated);
    if (wrapped.size() > wrapped_client_key_octets_max || length_at_end(wrapped) != wrapped.size())
        return unexpected(Cause::malformed);
    const auto plain = seal_.open({wrapped.last(length_octets)},
                                  wrapped.first(wrapped.size() - length_octets), plain_);
    if (!plain) return unexpected(Cause::wrapping_mismatch);
    std::ranges::copy(plain->first(StaticKey::size()), key_.mutable_view().begin());
    return Read{.key = key_, .metadata = plain->subspan(StaticKey::size())};
}

Expected<ClientKeyV2, Cause> unwrap_client_key(const ServerKeyV2& server, Bytes wrapped) {
    ClientKeyReader reader(server);
    const auto read = reader.read(wrapped);
    if (!read) return unexpected(read.error());
    return ClientKeyV2{.key = read->key, .metadata = copy_of(read->metadata)};
}

Buffer wrap_client_key(const ServerKeyV2& server, const ClientKeyV2& client) {
    const std::size_t octets = wrapped_octets_min + client.metadata.size();
    assert(octets <= wrapped_client_key_octets_max);
    std::array<std::byte, length_octets> length{};
    ByteWriter(length).u16(static_cast<std::uint16_t>(octets));
    Buffer plain = copy_of(client.key.view());
    append(plain, client.metadata);
    Buffer wrapped(octets);
    TagThenEncrypt(server.cipher, server.mac).seal({length}, plain, wrapped);
    wipe(plain);
    std::ranges::copy(length, MutableBytes(wrapped).last(length_octets).begin());
    return wrapped;
}

Expected<SplitWkc, Cause> split_wrapped_client_key(Bytes datagram) {
    if (datagram.size() <= wrapped_octets_min) return unexpected(Cause::truncated);
    const std::size_t octets = length_at_end(datagram);
    if (octets < wrapped_octets_min || octets > wrapped_client_key_octets_max)
        return unexpected(Cause::malformed);
    if (octets >= datagram.size()) return unexpected(Cause::truncated);
    return SplitWkc{.packet = datagram.first(datagram.size() - octets),
                    .wrapped_key = datagram.last(octets)};
}

}  // namespace kanmon::crypto
