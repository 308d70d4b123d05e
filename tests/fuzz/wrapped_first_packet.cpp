// The doorway and a session under every wrapping: whatever arrives, and what arrives after somebody
// with the right key has sealed it. Input: one octet for the kind, one for the way, then octets.
#include <cstdlib>

#include "client/wrapping_pair.h"
#include "dataplane/shard/doorway.h"
#include "dataplane/shard/wrong_key.h"

using namespace kanmon;
using client::WrappingPair;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

const std::array pairs{
    WrappingPair(bridge::Wrapping::none), WrappingPair(bridge::Wrapping::tls_auth, 1, "SHA1", true),
    WrappingPair(bridge::Wrapping::tls_auth, 2, "SHA256", false),
    WrappingPair(bridge::Wrapping::tls_crypt, 3), WrappingPair(bridge::Wrapping::tls_crypt_v2, 4)};

struct Kind {
    explicit Kind(const WrappingPair& pair)
        : server(pair.server()),
          theirs(pair.client(1)),
          door(shard::Doorway::make(server)),
          envelope(theirs, client::openvpn_2_6, 1'700'000'000) {}

    bridge::ControlWrapping server;
    client::ClientWrapping theirs;
    std::unique_ptr<shard::Doorway> door;
    client::Envelope envelope;
};

/// Hostile octets: what opens is never longer than what came, and opens for a session once.
void raw(Kind& kind, Bytes datagram) {
    const auto opened = kind.door->open(datagram, {});
    if (opened) {
        require(opened->packet.size() <= datagram.size());
        session::Wrapping session(kind.door->for_session());
        Buffer room(2048);
        require(session.unwrap(datagram, room).has_value());
        if (opened->replay) require(!session.unwrap(datagram, room));
    } else {
        static_cast<void>(shard::wrong_key_text(kind.server, datagram));
    }
    static_cast<void>(kind.door->open(datagram, datagram.last(datagram.size() / 2)));
}

/// Any octets, sealed: they open to what was sealed, and to nothing when an octet is changed.
void sealed(Kind& kind, Bytes plain, std::size_t at) {
    const auto first = wire::peek(plain);
    if (!first || plain.size() < 10 || plain.size() > 900) return;
    Buffer datagram = kind.envelope.wrap(0, copy_of(plain));
    const auto opened = kind.door->open(datagram, kind.theirs.wrapped_key);
    if (opened) require(copy_of(opened->packet) == copy_of(plain) || !opened->replay);
    const bool changes = kind.server.kind != bridge::Wrapping::none && opened;
    datagram[at % datagram.size()] ^= std::byte{1};
    if (changes) require(!kind.door->open(datagram, kind.theirs.wrapped_key));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3) return 0;
    Kind kind(pairs[data[0] % pairs.size()]);
    const Bytes octets = std::as_bytes(std::span(data + 2, size - 2));
    if (data[1] % 2 == 0)
        raw(kind, octets);
    else
        sealed(kind, octets, data[1] / 2 * 7);
    return 0;
}
