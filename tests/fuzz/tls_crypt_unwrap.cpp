// tls-crypt: whatever arrives, and what arrives after an honest peer wrapped it.
// Input: one octet for the side, then a datagram.
#include <algorithm>
#include <cstdlib>

#include "../unit/dataplane/crypto/vectors.h"
#include "../unit/dataplane/crypto/wrap_by_value.h"
#include "dataplane/crypto/control_wrap.h"

using namespace kanmon;
using namespace kanmon::crypto;

namespace {

StaticKey captured_key() {
    StaticKey key;
    const auto put = [&key](std::ptrdiff_t at, std::string_view hex) {
        std::ranges::copy(from_hex(hex), key.mutable_view().begin() + at);
    };
    put(0, vectors::crypt_to_client_cipher);
    put(64, vectors::crypt_to_client_mac);
    put(128, vectors::crypt_to_server_cipher);
    put(192, vectors::crypt_to_server_mac);
    return key;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const Bytes datagram = std::as_bytes(std::span(data + 1, size - 1));
    const bool server = (data[0] & 1) == 0;
    TlsCrypt ours(captured_key(), server ? Side::server : Side::client);
    TlsCrypt theirs(captured_key(), server ? Side::client : Side::server);
    if (const auto packet = unwrapped(ours, datagram))
        if (wrapped(theirs, packet->packet, packet->replay) != copy_of(datagram)) std::abort();
    if (datagram.size() < 10) return 0;
    const auto packet = unwrapped(ours, wrapped(theirs, datagram, {.id = 5, .time = 6}));
    if (!packet || packet->packet != copy_of(datagram) || packet->replay.time != 6) std::abort();
    return 0;
}
