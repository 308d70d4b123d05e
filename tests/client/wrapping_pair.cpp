#include "client/wrapping_pair.h"

#include <algorithm>

#include "base/random.h"
#include "dataplane/crypto/wrapped_client_key.h"

namespace kanmon::client {

WrappingPair::WrappingPair(bridge::Wrapping kind, std::uint64_t seed, std::string digest,
                           bool directed)
    : seed_(seed) {
    server_.kind = kind;
    server_.digest = std::move(digest);
    server_.directed = directed;
    SeededRandom random(seed);
    if (kind == bridge::Wrapping::tls_crypt_v2)
        server_.key = SecretBuffer(random.array<crypto::server_key_v2_octets>());
    else if (kind != bridge::Wrapping::none)
        server_.key = SecretBuffer(random.array<crypto::StaticKey::size()>());
}

ClientWrapping WrappingPair::client(std::uint64_t number, Bytes metadata) const {
    ClientWrapping wrapping;
    wrapping.kind = static_cast<KnownWrapping>(server_.kind);
    wrapping.digest = crypto::digest_of(server_.digest).value_or(crypto::Digest::sha1);
    wrapping.direction =
        server_.directed ? crypto::KeyDirection::inverse : crypto::KeyDirection::both;
    if (server_.kind == bridge::Wrapping::tls_crypt_v2) {
        const crypto::ClientKeyV2 own{
            .key = crypto::StaticKey(SeededRandom(seed_ ^ number << 20).array<256>()),
            .metadata = copy_of(metadata)};
        wrapping.key = own.key;
        wrapping.wrapped_key =
            crypto::wrap_client_key(*crypto::server_key_v2(server_.key.view()), own);
    } else {
        std::ranges::copy(server_.key.view(), wrapping.key.mutable_view().begin());
    }
    return wrapping;
}

}  // namespace kanmon::client
