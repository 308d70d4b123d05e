// Tunnelled packets in both directions: which may pass, and what becomes of those that do not fit.
// Nothing here locks, allocates or logs.
#include <cstring>

#include "dataplane/routing/packet_pieces.h"
#include "dataplane/routing/segment_size.h"
#include "dataplane/shard/state.h"

namespace kanmon::shard {

namespace {

/// How often a session hears that packets are sent; its pings are seconds apart.
constexpr Duration sent_interval = 1s;
/// How often the VPC is told that packets for one client are too big.
constexpr Duration too_big_interval = 50ms;
/// What every wire below us takes in one frame; the kernel sends anything larger in fragments.
constexpr std::size_t wire_octets = 1500;
/// No IPv6 sender makes its packets smaller than this. Source: RFC 8200 section 5.
constexpr std::size_t inner_v6_least = 1280;

/// Somebody asked for a place where the tunnel does not lead.
bool is_about_destination(Cause cause) {
    return cause == Cause::client_to_client || cause == Cause::tunnel_in_tunnel;
}

std::size_t inner_octets(const Client& client, std::uint16_t outer_octets) {
    const std::size_t wrapping = client.wrapping_octets;
    return outer_octets > wrapping ? outer_octets - wrapping : 0;
}

}  // namespace

// --- from the client -----------------------------------------------------------------------------

void Shard::State::forward(Client& client, MutableBytes payload) {
    const auto packet = routing::read_inner_packet(payload);
    if (!packet) return drop(packet.error());
    const routing::Neighbourhood& around = servers[client.path.server].around;
    const auto allowed = routing::check_from_client(*packet, client.sender, around);
    if (!allowed) {
        if (allowed.error() != Cause::link_local) ++client.refused_packets;
        if (is_about_destination(allowed.error()))
            observing.note(client.slot, *packet, routing::Way::from_client, 1, allowed.error(),
                           now);
        return drop(allowed.error());
    }
    if (client.access.rules.limits && !may_pass(client, *packet, routing::Way::from_client)) return;
    observing.note(client.slot, *packet, routing::Way::from_client, 1, std::nullopt, now);
    routing::clamp_segment_size(*packet, client.segment_limit);
    if (client.path_limit.watching())
        if (const auto segment = routing::read_tcp_segment(*packet);
            segment && client.path_limit.acknowledged(*segment))
            measure(client);
    if (!shaping.passes(client, Direction::from_client, packet->octets.size(), now))
        return shaping.wait(client, Direction::from_client, packet->octets, now);
    hand_in(client, packet->octets);
}

void Shard::State::hand_in(Client& client, MutableBytes packet) {
    client.received_octets += packet.size();
    ++client.received_packets;
    note_carried(client);
    outlet.deliver(client.path.server, packet);
}

// --- to the client -------------------------------------------------------------------------------

/// Looked up and judged once, whatever it stands for.
void Shard::State::from_tunnel(ServerIndex index, const routing::Offload& offload,
                               MutableBytes octets) {
    const auto packet = routing::read_super_packet(offload, octets);
    if (!packet) return drop(packet.error());
    const routing::InnerPacket& inner = packet->whole;
    if (index >= servers.size() || !servers[index].addresses)
        return drop(Cause::no_client_for_address, packet->packets());
    const Server& server = servers[index];
    if (const auto allowed = routing::check_to_client(inner, server.around); !allowed)
        return drop(allowed.error(), packet->packets());
    Client* client = at(inner.v6 ? server.addresses->find(inner.destination6)
                                 : server.addresses->find(inner.destination));
    if (client == nullptr || client->over) return answer_unreachable(index, *packet);
    if (client->access.rules.limits &&
        !may_pass(*client, inner, routing::Way::to_client, packet->packets()))
        return;
    observing.note(client->slot, inner, routing::Way::to_client, packet->packets(), std::nullopt,
                   now);
    if (!shaping.passes(*client, Direction::to_client, inner.octets.size(), now))
        return wait_for_turn(*client, *packet);
    if (!packet->is_single()) return send_segments(*client, *packet);
    send_inner(*client, inner);
}

/// One by one: what waits is dropped and takes turns by packets.
void Shard::State::wait_for_turn(Client& client, const routing::SuperPacket& packet) {
    if (packet.is_single())
        return shaping.wait(client, Direction::to_client, packet.whole.octets, now);
    routing::PacketPieces segments = packet.segments();
    while (const auto segment = segments.next(segment_room))
        shaping.wait(client, Direction::to_client, *segment, now);
}

/// Each is made where it is sealed and sent from, if that can be.
void Shard::State::send_segments(Client& client, const routing::SuperPacket& packet) {
    routing::PacketPieces segments = packet.segments();
    const std::size_t octets_max = segments.octets_max();
    routing::InnerPacket segment = packet.whole;
    while (!client.over) {
        const auto octets = segments.next(segment_place(client, octets_max));
        if (!octets) return;
        segment.octets = *octets;
        send_inner(client, segment);
    }
}

MutableBytes Shard::State::segment_place(const Client& client, std::size_t octets) {
    if (client.framing != wire::Framing::none) return segment_room;
    return sealing_room(client, octets).subspan(client.keys.front_octets());
}

/// Safe from what is sealed or sent next.
MutableBytes Shard::State::out_of_the_way(Bytes octets) {
    const MutableBytes safe = MutableBytes(segment_room).first(octets.size());
    std::memmove(safe.data(), octets.data(), octets.size());
    return safe;
}

void Shard::State::send_inner(Client& client, const routing::InnerPacket& packet) {
    if (!has_room(client, packet.octets.size())) return drop(Cause::queue_full);
    routing::clamp_segment_size(packet, client.segment_limit);
    // A stream outside cuts packets by itself.
    const auto segment = client.profile->tcp ? std::nullopt : routing::read_tcp_segment(packet);
    if (segment) watch_upload(client, packet, *segment);
    carry(client, packet, segment);
}

/// Packets that were judged when they came, and have waited for the gateway's bandwidth since.
void Shard::State::let_waiting_leave() {
    shaping.drain(now, [this](Slot slot, Direction direction, MutableBytes packet) {
        Client* client = at(slot);
        if (client == nullptr || client->over) return;
        serving = client->path.server;
        if (direction == Direction::from_client) return hand_in(*client, packet);
        if (const auto inner = routing::read_inner_packet(packet)) send_inner(*client, *inner);
    });
}

void Shard::State::dropped(Slot slot) {
    const ServerIndex before = serving;
    if (const Client* client = at(slot)) serving = client->path.server;
    drop(Cause::bandwidth_exceeded);
    serving = before;
}

/// Always on datagrams. A stream is asked for room for the packet when it is sealed.
bool Shard::State::has_room(const Client& client, std::size_t inner_octets) const {
    if (!client.path.is_stream()) return true;
    return outlet.has_room(client.path, inner_octets + client.keys.front_octets() +
                                            client.keys.back_octets() +
                                            wire::framing_octets(client.framing));
}

/// Segments with options may say that something of an upload is missing.
void Shard::State::watch_upload(Client& client, const routing::InnerPacket& packet,
                                const routing::TcpSegment& segment) {
    const bool was_watching = client.upload_hole.watching();
    if (!was_watching && segment.header_octets == routing::tcp_header_octets) return;
    const std::size_t headers = packet.header_octets + segment.header_octets;
    const std::size_t least = inner_octets(client, routing::outer_octets_least);
    if (client.upload_hole.answered(packet, segment, least - std::min(least, headers), now) &&
        client.path_limit.doubt())
        measure(client);
    if (!was_watching && client.upload_hole.watching()) schedule(client);
}

/// The client's own system has to make its segments smaller.
void Shard::State::tell_upload(Client& client) {
    if (const auto due = client.upload_hole.due(); !due || *due > now) return;
    const std::size_t least = inner_octets(client, routing::outer_octets_least);
    const auto error = client.upload_hole.tell(static_cast<std::uint16_t>(least), piece_room);
    if (!error) return;
    if (!answers.take(now)) return drop(Cause::answer_limited);
    seal_and_send(client, *error);
}

/// In one piece or, over a path that drops such packets, in several.
void Shard::State::carry(Client& client, const routing::InnerPacket& packet,
                         const std::optional<routing::TcpSegment>& segment) {
    const std::size_t octets = packet.octets.size();
    const std::size_t outer = octets + client.wrapping_octets;
    std::size_t inner_max = client.tun_mtu;
    if (outer > routing::outer_octets_least && !client.profile->tcp) {
        const auto size = static_cast<std::uint16_t>(std::min<std::size_t>(outer, 0xffff));
        const std::uint16_t allowed =
            segment ? client.path_limit.leaving(*segment, size, now) : client.path_limit.octets();
        if (allowed < size) inner_max = std::min(inner_max, inner_octets(client, allowed));
        if (outer > client.path_limit.outer_max()) ++client.oversize_packets;
    }
    if (octets > inner_max) {
        if (!carry_in_pieces(client, packet, inner_max)) return;
    } else if (!seal_and_send(client, packet.octets)) {
        return;
    } else if (outer > wire_octets && !client.profile->tcp) {
        ++client.fragmented_packets;
    }
    client.sent_octets += octets;
    ++client.sent_packets;
    note_carried(client);
    if (now - client.told_sent < sent_interval) return;
    client.told_sent = now;
    client.session.sent(now);
    watch_key_limit(client);
}

/// True when something of it was sent.
bool Shard::State::carry_in_pieces(Client& client, const routing::InnerPacket& given,
                                   std::size_t inner_max) {
    routing::InnerPacket packet = given;
    packet.octets = out_of_the_way(given.octets);
    const bool beyond_device = packet.octets.size() > client.tun_mtu;
    const bool sure =
        client.path_limit.settled() && client.path_limit.octets() != routing::PathLimit::unlimited;
    if (sure || beyond_device) answer_too_big(client, packet, inner_max);
    routing::PacketPieces pieces(packet, inner_max);
    if (!pieces.possible()) {
        const bool smallest = packet.v6 && packet.octets.size() <= inner_v6_least;
        if (beyond_device || (sure && !smallest)) {
            drop(Cause::oversize);
            return false;
        }
        return seal_and_send(client, packet.octets);
    }
    ++client.fragmented_packets;
    while (const auto piece = pieces.next(piece_room))
        if (!seal_and_send(client, *piece)) return false;
    return true;
}

void Shard::State::answer_unreachable(ServerIndex server, const routing::SuperPacket& super) {
    drop(Cause::no_client_for_address, super.packets());
    routing::InnerPacket packet = super.whole;
    if (!super.is_single()) {
        routing::PacketPieces segments = super.segments();
        const auto first = segments.next(segment_room);
        if (!first) return;
        packet.octets = *first;
    }
    const auto answer = routing::make_unreachable(packet, piece_room);
    if (!answer) return;
    if (!answers.take(now)) return drop(Cause::answer_limited);
    outlet.deliver(server, *answer);
}

void Shard::State::answer_too_big(Client& client, const routing::InnerPacket& packet,
                                  std::size_t inner_max) {
    if (packet.may_fragment || now - client.told_too_big < too_big_interval) return;
    const auto answer =
        routing::make_too_big(packet, static_cast<std::uint16_t>(inner_max), piece_room);
    if (!answer) return;
    if (!answers.take(now)) return drop(Cause::answer_limited);
    client.told_too_big = now;
    outlet.deliver(client.path.server, *answer);
}

/// What a packet costs on this client's present path, with its present key, and what fits.
void Shard::State::measure(Client& client) {
    const routing::Wrapping wrapping{
        .outer_v6 = !client.path.remote.is_v4(),
        .outer_tcp = client.profile->tcp,
        .front_octets = static_cast<std::uint16_t>(client.keys.front_octets() +
                                                   wire::framing_octets(client.framing)),
        .back_octets = static_cast<std::uint16_t>(client.keys.back_octets())};
    client.wrapping_octets = routing::wrapping_octets(wrapping);
    client.segment_limit = routing::segment_limit(
        wrapping, std::min(client.path_limit.octets(), client.path_limit.outer_max()));
    client.sender.outer = outlet.local_address(client.path);
}

}  // namespace kanmon::shard
