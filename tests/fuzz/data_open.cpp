// Data packets: hostile ones between honest ones, some of them twice. No packet id is delivered
// twice, and what is delivered is what was sealed.
//
// Input: one octet for cipher and header, then steps: an octet of kind, an octet of length, octets.
//   kind 0: a datagram as it is        kind 1: seal the octets and deliver
//   kind 2: deliver the packet before  kind 3: deliver the packet before with one octet changed
#include <algorithm>
#include <cstdlib>
#include <set>

#include "../unit/dataplane/crypto/vectors.h"
#include "dataplane/crypto/key_slots.h"

using namespace kanmon;
using namespace kanmon::crypto;

namespace {

struct World {
    KeySlots server, client;
    std::set<std::uint64_t> delivered;
    Buffer sealed, payload;
    bool aead;

    explicit World(std::uint8_t choice) {
        const auto suite = static_cast<CipherSuite>(choice % 8);
        aead = is_aead(suite);
        for (KeySlots* slots : {&server, &client}) {
            slots->install(0, {.suite = suite,
                               .digest = static_cast<Digest>(choice / 8 % 3),
                               .block = vectors::secret<256>(vectors::gcm_key_block),
                               .side = slots == &server ? Side::server : Side::client});
            slots->send_with(0);
            if ((choice & 0x80) == 0) slots->set_peer_id(0);
        }
    }

    void deliver(Buffer datagram, bool honest) {
        const auto packet = server.open(datagram);
        if (!packet) return;
        if (!delivered.insert(packet->packet_id).second) std::abort();
        if (honest && copy_of(packet->payload) != payload) std::abort();
    }

    void seal(Bytes octets) {
        payload = copy_of(octets);
        Buffer room(client.front_octets() + octets.size() + client.back_octets());
        std::ranges::copy(octets,
                          room.begin() + static_cast<std::ptrdiff_t>(client.front_octets()));
        sealed = copy_of(*client.seal(room, octets.size()));
        deliver(sealed, true);
    }

    void change(Bytes octets) {
        if (sealed.empty() || octets.size() < 2 || octets[1] == std::byte{0}) return;
        Buffer changed = sealed;
        changed[std::to_integer<std::size_t>(octets[0]) % changed.size()] ^= octets[1];
        deliver(changed, false);
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ByteReader in(std::as_bytes(std::span(data, size)));
    World world(in.u8());
    while (in.ok() && in.remaining() > 0) {
        const std::uint8_t kind = in.u8() % 4;
        const Bytes octets = in.bytes(in.u8());
        if (kind == 0) world.deliver(copy_of(octets), false);
        if (kind == 1) world.seal(octets);
        if (kind == 2) world.deliver(world.sealed, true);
        if (kind == 3) world.change(octets);
    }
    return 0;
}
