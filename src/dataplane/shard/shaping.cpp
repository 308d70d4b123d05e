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

Shaping::Shaping(shaper::DropCounter& drops)
    : drops_(drops),
      store_(blocks),
      queues_(queues_max),
      room_(std::make_unique_for_overwrite<std::byte[]>(packet_octets_max)) {}

void Shaping::arrange(std::vector<std::shared_ptr<shaper::GatewayLines>> lines) {
    by_server_.assign(lines.size(), nullptr);
    for (std::size_t server = 0; server < lines.size(); ++server) {
        if (!lines[server]) continue;
        auto same = std::ranges::find_if(
            gateways_, [&](const auto& gateway) { return gateway->lines == lines[server]; });
        if (same == gateways_.end()) {
            gateways_.push_back(std::make_unique<Gateway>(*this, lines[server]));
            same = std::prev(gateways_.end());
        }
        by_server_[server] = same->get();
    }
    const auto gone = [&](Gateway* gateway) {
        return std::ranges::find(by_server_, gateway) == by_server_.end();
    };
    std::erase_if(busy_, gone);
    std::erase_if(gateways_, [&](const auto& gateway) { return gone(gateway.get()); });
    busy_.reserve(gateways_.size());
}

Shaping::Gateway* Shaping::gateway_of(const Client& client) const {
    return client.path.server < by_server_.size() ? by_server_[client.path.server] : nullptr;
}

bool Shaping::passes(Client& client, Direction direction, std::size_t octets, Instant now) {
    Gateway* gateway = gateway_of(client);
    return gateway == nullptr ||
           gateway->queue(direction).passes(ticket_of(client, direction), octets, now);
}

void Shaping::wait(Client& client, Direction direction, Bytes packet, Instant now) {
    Gateway* gateway = gateway_of(client);
    shaper::Ticket& ticket = ticket_of(client, direction);
    ticket.client = client.slot;
    gateway->queue(direction).push(ticket, packet, now);
    if (!gateway->busy) {
        gateway->busy = true;
        busy_.push_back(gateway);
    }
}

void Shaping::forget(Client& client) {
    Gateway* gateway = gateway_of(client);
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
