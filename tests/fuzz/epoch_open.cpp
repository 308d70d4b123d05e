// Data packets of the epoch format: hostile ones between honest ones, keys that advance all the
// time. No id is delivered or sealed twice, and what is delivered is what was sealed.
//
// Input: one octet for cipher, header and limits, then steps: an octet of kind, of length, octets.
//   kind 0: a datagram as it is         kind 3: deliver the packet before with one octet changed
//   kind 1: seal the octets, deliver    kind 4: the server prepares     kind 5: the client does
//   kind 2: deliver the packet before   kind 6: the server answers      kind 7: name another epoch
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
    std::set<std::uint64_t> delivered, answered;
    std::set<Buffer> sealed_ids;
    Buffer sealed, payload;

    explicit World(std::uint8_t choice) {
        const auto suite = static_cast<CipherSuite>(choice % 4);
        const KeyLimits limits{.units_max = 1 + choice / 4 % 4 * 8u,
                               .failures_soft = 8,
                               .epoch_counter_last = 4,
                               .epoch_soft = 0x20,
                               .epoch_last = 0x28};
        for (KeySlots* slots : {&server, &client}) {
            slots->install(0, {.suite = suite,
                               .block = vectors::secret<256>(vectors::gcm_key_block),
                               .side = slots == &server ? Side::server : Side::client,
                               .format = DataFormat::epoch,
                               .limits = limits});
            slots->send_with(0);
            if ((choice & 0x80) == 0) slots->set_peer_id(0);
        }
    }

    void deliver(Buffer datagram, bool honest) {
        datagram.shrink_to_fit();
        const auto packet = server.open(datagram);
        if (!packet) return;
        if (!delivered.insert(packet->packet_id).second) std::abort();
        if (honest && copy_of(packet->payload) != payload) std::abort();
    }

    std::optional<Buffer> seal(KeySlots& from, Bytes octets) {
        Buffer room(from.front_octets() + octets.size() + from.back_octets());
        std::ranges::copy(octets, room.begin() + static_cast<std::ptrdiff_t>(from.front_octets()));
        const auto datagram = from.seal(room, octets.size());
        if (!datagram) return std::nullopt;
        return copy_of(*datagram);
    }

    void send(Bytes octets) {
        auto datagram = seal(client, octets);
        if (!datagram) return;
        payload = copy_of(octets);
        sealed = std::move(*datagram);
        if (!sealed_ids.insert(copy_of(Bytes(sealed).first(client.front_octets()))).second)
            std::abort();
        deliver(sealed, true);
    }

    void answer(Bytes octets) {
        auto datagram = seal(server, octets);
        if (!datagram) return;
        const auto packet = client.open(*datagram);
        if (packet && !answered.insert(packet->packet_id).second) std::abort();
        if (packet && !std::ranges::equal(packet->payload, octets)) std::abort();
    }

    void change(Bytes octets, bool epoch) {
        if (sealed.empty() || octets.size() < 2) return;
        Buffer changed = sealed;
        if (epoch)
            std::ranges::copy(octets.first(2), changed.begin() + static_cast<std::ptrdiff_t>(
                                                                     client.front_octets() - 8));
        else
            changed[std::to_integer<std::size_t>(octets[0]) % changed.size()] ^= octets[1];
        if (changed != sealed) deliver(changed, false);
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ByteReader in(std::as_bytes(std::span(data, size)));
    World world(in.u8());
    while (in.ok() && in.remaining() > 0) {
        const std::uint8_t kind = in.u8() % 8;
        const Bytes octets = in.bytes(in.u8());
        if (kind == 0) world.deliver(copy_of(octets), false);
        if (kind == 1) world.send(octets);
        if (kind == 2) world.deliver(world.sealed, true);
        if (kind == 3) world.change(octets, false);
        if (kind == 4) world.server.prepare();
        if (kind == 5) world.client.prepare();
        if (kind == 6) world.answer(octets);
        if (kind == 7) world.change(octets, true);
    }
    return 0;
}
