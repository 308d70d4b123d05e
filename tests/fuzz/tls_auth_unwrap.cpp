// tls-auth: whatever arrives, and what arrives after an honest peer wrapped it.
// Input: one octet for digest and direction, then a datagram.
#include <cstdlib>

#include "../unit/dataplane/crypto/vectors.h"
#include "../unit/dataplane/crypto/wrap_by_value.h"
#include "dataplane/crypto/control_wrap.h"

using namespace kanmon;
using namespace kanmon::crypto;

namespace {

StaticKey captured_key() {
    StaticKey key;
    const Buffer first = from_hex(vectors::static_hmac0_sha1);
    const Buffer second = from_hex(vectors::static_hmac1_sha1);
    for (std::size_t i = 0; i < first.size(); ++i) {
        key.mutable_view()[64 + i] = first[i];
        key.mutable_view()[192 + i] = second[i];
    }
    return key;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const Bytes datagram = std::as_bytes(std::span(data + 1, size - 1));
    const auto digest = static_cast<Digest>(data[0] % 3);
    const bool server = (data[0] & 0x80) == 0;
    TlsAuth ours(captured_key(), server ? KeyDirection::normal : KeyDirection::inverse, digest);
    TlsAuth theirs(captured_key(), server ? KeyDirection::inverse : KeyDirection::normal, digest);
    const ReplayId replay{.id = 5, .time = 6};
    if (const auto packet = unwrapped(ours, datagram))
        if (wrapped(theirs, packet->packet, packet->replay) != copy_of(datagram)) std::abort();
    if (datagram.size() < 10) return 0;
    const auto packet = unwrapped(ours, wrapped(theirs, datagram, replay));
    if (!packet || packet->packet != copy_of(datagram) || packet->replay.id != 5) std::abort();
    return 0;
}
