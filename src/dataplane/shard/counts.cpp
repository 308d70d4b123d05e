// What was carried and counted. The packet path counts in its clients alone; they are added up when
// somebody asks, once a second.
#include <algorithm>

#include "dataplane/shard/state.h"

namespace kanmon::shard {

namespace {

using bridge::Meter;

std::array<std::uint64_t, bridge::client_meter_count> meters_of(const Client& client) {
    return {client.received_octets, client.sent_octets, client.received_packets,
            client.sent_packets, client.refused_packets + client.late_packets()};
}

/// Octets and packets; what was dropped is counted by cause.
void add_traffic(bridge::ServerFact& fact, const Client& client) {
    const auto meters = meters_of(client);
    for (std::size_t i = 0; i < static_cast<std::size_t>(Meter::dropped_packets); ++i)
        fact.meters[i] += meters[i];
}

}  // namespace

/// Null while its server is not there.
bridge::ServerFact* Shard::State::counts_of(const Client& client) {
    const ServerIndex index = client.path.server;
    if (index >= counts.size() || counts[index].server_id != client.profile->server.id)
        return nullptr;
    return &counts[index];
}

void Shard::State::count(const Client& client, Meter meter) {
    if (bridge::ServerFact* fact = counts_of(client))
        ++fact->meters[static_cast<std::size_t>(meter)];
}

void Shard::State::keep_counts_of(const Client& gone, Cause cause) {
    // Who is asked for its code comes again with it: nothing was refused.
    const bool asked = cause == Cause::login_code_asked;
    if (!gone.connected && !asked) count(gone, Meter::handshakes_refused);
    if (bridge::ServerFact* fact = counts_of(gone)) add_traffic(*fact, gone);
}

/// A new snapshot: whoever stays keeps what was counted.
void Shard::State::follow_servers() {
    std::vector<bridge::ServerFact> present(servers.size());
    for (std::size_t i = 0; i < servers.size(); ++i) {
        if (!servers[i].datagrams) continue;
        const std::string& id = servers[i].settings().id;
        const auto former = std::ranges::find(counts, id, &bridge::ServerFact::server_id);
        if (former != counts.end())
            present[i] = std::move(*former);
        else
            present[i].server_id = id;
    }
    counts = std::move(present);
    serving = no_server;
}

Traffic Shard::State::traffic() {
    tell_denials();
    Traffic traffic{.clients = {}, .servers = counts};
    for (Slot slot = 0; slot < never_used; ++slot) {
        Client* client = at(slot);
        if (client == nullptr || client->over) continue;
        const auto index = client->path.server;
        const bool counted = counts_of(*client) != nullptr;
        if (counted) {
            add_traffic(traffic.servers[index], *client);
            ++(client->connected ? traffic.servers[index].online
                                 : traffic.servers[index].half_open);
        }
        const auto meters = meters_of(*client);
        const std::uint64_t packets = meters[2] + meters[3] + meters[4];
        if (!client->connected || packets == client->told_packets) continue;
        client->told_packets = packets;
        traffic.clients.push_back({client->number, meters});
    }
    std::erase_if(traffic.servers, [](const auto& fact) { return fact.server_id.empty(); });
    for (bridge::ServerFact& fact : traffic.servers)
        for (const std::uint64_t dropped : fact.drops)
            fact.meters[static_cast<std::size_t>(Meter::dropped_packets)] += dropped;
    return traffic;
}

}  // namespace kanmon::shard
