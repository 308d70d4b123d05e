// F6: the reliability layer under a network that does what the input says: drop, duplicate,
// reorder, delay, forge. Whatever it does, the receiver reads a prefix of what was sent, and no
// bound breaks.
#include "dataplane/session/reliability.h"

#include <cstdlib>
#include <cstring>
#include <deque>

using namespace kanmon;
using namespace kanmon::session;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

struct Flying {
    std::uint32_t packet_id;
    Buffer payload;
};

class Network {
public:
    void act(std::uint8_t action, std::uint8_t argument) {
        switch (action % 8) {
            case 0:
                return send_some(argument);
            case 1:
                return pass(argument);
            case 2:
                return deliver(argument, false);
            case 3:
                return deliver(argument, true);
            case 4:
                return drop(argument);
            case 5:
                return acknowledge();
            case 6:
                return forge_ack(argument);
            case 7:
                return forge_packet(argument);
        }
    }

private:
    void send_some(std::uint8_t count) {
        Buffer octets(std::size_t{count} * 37, static_cast<std::byte>(sent_.size() & 0xff));
        if (sender_.queue(wire::Opcode::control_v1, octets)) append(sent_, octets);
    }

    void pass(std::uint8_t hundredths) {
        now_ += std::chrono::milliseconds(hundredths * 10);
        std::size_t leaving = 0;
        while (const auto due = sender_.next_due(now_)) {
            require(due->payload.size() <= control_payload_octets_max);
            require(++leaving <=
                    2 * send_window_proven);  // each packet once, then the clock stands
            air_.push_back({due->packet_id, copy_of(due->payload)});
        }
        require(!sender_.next_deadline() || *sender_.next_deadline() > now_);
        if (air_.size() > 64) air_.erase(air_.begin(), air_.begin() + 32);
    }

    void deliver(std::uint8_t which, bool again) {
        if (air_.empty()) return;
        const auto at = air_.begin() + which % static_cast<std::ptrdiff_t>(air_.size());
        require(receiver_.accept(at->packet_id, at->payload) != Receipt::outside);
        if (!again) air_.erase(at);
        while (const auto payload = receiver_.next_in_order()) read(*payload);
    }

    void read(Bytes payload) {
        require(payload.size() <= sent_.size() - received_octets_);
        require(payload.empty() ||
                std::memcmp(payload.data(), &sent_[received_octets_], payload.size()) == 0);
        received_octets_ += payload.size();
    }

    void drop(std::uint8_t which) {
        if (!air_.empty())
            air_.erase(air_.begin() + which % static_cast<std::ptrdiff_t>(air_.size()));
    }

    void acknowledge() {
        while (receiver_.owes_acks()) {
            const wire::AckList acks = receiver_.take_acks(acks_on_control);
            require(acks.count > 0 && acks.count <= acks_on_control);
            sender_.acknowledge(acks, now_);
        }
    }

    void forge_ack(std::uint8_t id) {
        wire::AckList acks;
        acks.add(std::uint32_t{id} + 1'000'000);
        require(!sender_.acknowledge(acks, now_));
    }

    /// Beyond the window or long past: neither may change what is read.
    void forge_packet(std::uint8_t id) {
        require(receiver_.accept(std::uint32_t{id} + 1'000'000, {}) == Receipt::outside);
    }

    SendWindow sender_{1};
    ReceiveWindow receiver_{1};
    Instant now_ = instant_of(1);
    std::deque<Flying> air_;
    Buffer sent_;
    std::size_t received_octets_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Network network;
    for (std::size_t i = 0; i + 1 < size && i < 8192; i += 2) network.act(data[i], data[i + 1]);
    return 0;
}
