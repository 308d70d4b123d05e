#include "dataplane/shard/shaping.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace kanmon::shard {

namespace {

shaper::Ticket& ticket_of(Client& client, Direction direction) {
    return direction == Direction::to_client ? client.download : client.upload;
}

}  // namespace

Shaping::Gateway::Gateway(Shaping& shaping, std::shared_ptr<shaper::GatewayLines> of)
    : lines(std::move(of)),
      to_clients(shaping.store_, shaping.queues_, lines->to_clients, shaping.drops_),
      from_clients(shaping.store_, shaping.queues_, lines->from_clients, shaping.drops_) {}

bool Shaping::Gateway::rest() {
    busy = to_clients.waiting_clients() != 0 || from_clients.waiting_clients() != 0;
    return !busy;
}

Shaping::Shaping(shaper::DropCounter& drops, std::uint32_t blocks)
    : drops_(drops),
      store_(blocks),
      queues_(queues_max),
      room_(std::make_unique_for_overwrite<std::byte[]>(packet_octets_max)) {}

void Shaping::arrange(const std::vector<Share>& shares) {
    by_server_.assign(shares.size(), {});
    for (std::size_t server = 0; server < shares.size(); ++server) {
        const Share& share = shares[server];
        if (!share.lines) continue;
        auto same = std::ranges::find_if(
            gateways_, [&](const auto& gateway) { return gateway->lines == share.lines; });
        if (same == gateways_.end()) {
            gateways_.push_back(std::make_unique<Gateway>(*this, share.lines));
            same = std::prev(gateways_.end());
        }
        by_server_[server] = {same->get(), share.client_bits_per_second};
    }
    const auto gone = [&](Gateway* gateway) {
        return std::ranges::find(by_server_, gateway, &Place::gateway) == by_server_.end();
    };
    std::erase_if(busy_, gone);
    std::erase_if(gateways_, [&](const auto& gateway) { return gone(gateway.get()); });
    busy_.reserve(gateways_.size());
}

Shaping::Place Shaping::place_of(const Client& client) const {
    return client.path.server < by_server_.size() ? by_server_[client.path.server] : Place{};
}

bool Shaping::passes(Client& client, Direction direction, std::size_t octets, Instant now) {
    const Place place = place_of(client);
    if (place.gateway == nullptr) return true;
    shaper::FairQueue& queue = place.gateway->queue(direction);
    shaper::Ticket& ticket = ticket_of(client, direction);
    // The first packet after a change brings it; what waits leaves at the former pace until then.
    if (ticket.bits_per_second != place.client_bits_per_second)
        queue.limit(ticket, place.client_bits_per_second);
    return queue.passes(ticket, octets, now);
}

void Shaping::wait(Client& client, Direction direction, Bytes packet, Instant now) {
    Gateway* gateway = place_of(client).gateway;
    shaper::Ticket& ticket = ticket_of(client, direction);
    ticket.client = client.slot;
    gateway->queue(direction).push(ticket, packet, now);
    if (!gateway->busy) {
        gateway->busy = true;
        busy_.push_back(gateway);
    }
}

void Shaping::forget(Client& client) {
    Gateway* gateway = place_of(client).gateway;
    if (gateway == nullptr) return;
    gateway->to_clients.forget(client.download);
    gateway->from_clients.forget(client.upload);
}

std::optional<Instant> Shaping::due() const {
    std::optional<Instant> first;
    for (Gateway* gateway : busy_)
        for (const shaper::FairQueue* queue : {&gateway->to_clients, &gateway->from_clients})
            if (const auto due = queue->due()) first = std::min(first.value_or(*due), *due);
    return first;
}

}  // namespace kanmon::shard
