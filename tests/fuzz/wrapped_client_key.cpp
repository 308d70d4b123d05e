// tls-crypt-v2: a datagram with a wrapped key at its end, the key by itself, the key files' text.
#include <cstdlib>

#include "../unit/dataplane/crypto/vectors.h"
#include "../unit/dataplane/crypto/wrap_by_value.h"
#include "dataplane/crypto/wrapped_client_key.h"

using namespace kanmon;
using namespace kanmon::crypto;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes input = std::as_bytes(std::span(data, size));
    const ServerKeyV2 server{vectors::secret<32>(vectors::v2_server_cipher),
                             vectors::secret<32>(vectors::v2_server_mac)};
    const auto check = [&server](Bytes wrapped) {
        const auto client = unwrap_client_key(server, wrapped);
        if (client && wrap_client_key(server, *client) != copy_of(wrapped)) std::abort();
        if (!client) return;
        TlsCrypt crypt(client->key, Side::server);
        static_cast<void>(unwrapped(crypt, wrapped));
    };
    check(input);
    if (const auto split = split_wrapped_client_key(input)) {
        if (split->packet.size() + split->wrapped_key.size() != size) std::abort();
        check(split->wrapped_key);
    }
    if (size >= 256 && size <= 900) {
        ClientKeyV2 client;
        std::copy(input.begin(), input.begin() + 256, client.key.mutable_view().begin());
        client.metadata = copy_of(input.subspan(256));
        const auto back = unwrap_client_key(server, wrap_client_key(server, client));
        if (!back || !(back->key == client.key) || back->metadata != client.metadata) std::abort();
    }
    static_cast<void>(parse_static_key(as_text(input)));
    static_cast<void>(parse_server_key_v2(as_text(input)));
    return 0;
}
