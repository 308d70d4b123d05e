// Slots, deadlines, ends and burials.
#include <algorithm>
#include <functional>

#include "dataplane/shard/state.h"

namespace kanmon::shard {

namespace {

/// A deadline that is past already when it is set is met in the next turn, not in this one.
constexpr Duration deadline_least = 1ms;

}  // namespace

Slot Shard::State::take_slot() {
    while (!quarantine.empty() && quarantine.front().until <= now) {
        free_slots.push_back(quarantine.front().slot);
        quarantine.pop_front();
    }
    if (!free_slots.empty()) {
        const Slot slot = free_slots.back();
        free_slots.pop_back();
        return slot;
    }
    return never_used < slots_max ? never_used++ : no_slot;
}

void Shard::State::give_back(Slot slot, bool quarantined) {
    if (quarantined)
        quarantine.push_back({slot, now + peer_id_quarantine});
    else
        free_slots.push_back(slot);
}

/// The end as others see it: once, whatever follows.
void Shard::State::conclude(Client& client, Cause cause, bridge::Stage stage, std::string detail) {
    if (client.over) return;
    client.over = true;
    client.keys = crypto::KeySlots();  // nothing passes any more, whatever the client sends
    shaping.forget(client);
    if (client.leased) {
        client.leased = false;
        --leased;
        outlet.left(client.number, cause);
    }
    if (Server* server = server_of(client.path); server != nullptr)
        server->addresses->clear(client.tunnel_address, client.slot);
    if (client.connected) report(client, bridge::ClientStatus::ended, cause);
    keep_counts_of(client, cause);
    if (client.connected)
        record(client, bridge::Happening::ended, bridge::Stage::ended, cause, std::move(detail));
    else
        record(client, bridge::Happening::refused, stage, cause, std::move(detail));
}

void Shard::State::remove(Client& client, Cause cause, std::string detail) {
    conclude(client, cause, client.session.stage(), std::move(detail));
    bury_later(client);
}

void Shard::State::bury_later(Client& client) {
    if (client.buried) return;
    client.buried = true;
    half_open.leave(client.slot);
    graves.push_back(client.slot);
}

void Shard::State::bury() {
    for (const Slot slot : graves) {
        directory.remove(slot);
        if (flows) flows->forget(slot);
        observer.forget(slot);
        give_back(slot, clients[slot]->had_keys);
        const std::unique_ptr<Client> gone = std::move(clients[slot]);
        if (gone->path.is_stream() && directory.newest_at(place_of(gone->path)) == no_slot)
            outlet.finished(gone->path);
    }
    graves.clear();
}

void Shard::State::schedule(Client& client) {
    if (client.buried) return;
    const auto deadline = client.session.next_deadline();
    const auto hole = client.upload_hole.due();
    if (!deadline && !hole) return;
    Instant at = deadline ? deadline->at : *hole;
    if (hole) at = std::min(at, *hole);
    at = std::max(at, now + deadline_least);
    // An earlier entry finds out by itself that there is nothing to do yet.
    if (client.scheduled && *client.scheduled <= at) return;
    client.scheduled = at;
    deadlines.push_back({at, client.number});
    std::ranges::push_heap(deadlines, std::greater<>());
}

void Shard::State::reach() {
    while (!deadlines.empty() && deadlines.front().at <= now) {
        const Due due = deadlines.front();
        std::ranges::pop_heap(deadlines, std::greater<>());
        deadlines.pop_back();
        Client* client = find(due.session);
        if (client == nullptr || client->scheduled != due.at) continue;
        client->scheduled.reset();
        client->session.reach(now);
        tell_upload(*client);
        pump(*client);
    }
    let_waiting_leave();
}

}  // namespace kanmon::shard
