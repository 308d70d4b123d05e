// What sessions say, and what the keeper answers.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "bridge/clock_skew.h"
#include "dataplane/shard/state.h"
#include "dataplane/wire/stream_framing.h"

namespace kanmon::shard {

namespace {

std::string common_name_of(const Client& client) {
    return client.certificate ? client.certificate->common_name : std::string();
}

/// Beyond this, one side finds the other's certificate expired or not yet valid.
/// It announced a bundle, and not the one that the server's settings make now.
bool has_another_bundle(const Client& client) {
    const std::string& announced = client.session.peer_info().revision;
    const std::string& wanted = client.profile->server.revision;
    return !announced.empty() && !wanted.empty() && announced != wanted;
}

/// What its packets met, for the record that outlives it; empty when they met nothing.
std::string hindrance_text(const Client& client) {
    std::string text;
    if (const std::uint64_t lost = client.gaps.lost(); lost > 0)
        text = fmt::format("{} of {} packets from the client were lost on their way", lost,
                           client.received_packets + lost);
    if (const std::uint64_t late = client.late_packets(); late > 0)
        text += fmt::format("{}{} waited too long for their turn in a bandwidth",
                            text.empty() ? "" : ", ", late);
    const auto& round_trip = client.session.round_trip().latest;
    if (!text.empty() && round_trip)
        text += fmt::format(", the last measured round trip took {} ms",
                            std::chrono::round<std::chrono::milliseconds>(*round_trip).count());
    return text;
}

bridge::Transport transport_of(const Client& client) {
    return client.profile->tcp ? bridge::Transport::tcp : bridge::Transport::udp;
}

/// A record or two cost less than handing them to a worker and back; and no more of them than that,
/// since every other client waits meanwhile.
constexpr std::size_t records_octets_max = 1024;

bool is_quick(const session::TlsWork& work) {
    return work.handshaken && work.input.ciphertext.size() <= records_octets_max;
}

/// A kilobyte of TLS may ask for a new key forty times, so nobody makes the packet loop work for
/// him more often than an honest client does.
constexpr std::uint8_t jobs_here_a_second = 16;

bool may_be_done_here(Client& client, Instant now) {
    if (now >= client.jobs_done_since + 1s) {
        client.jobs_done_since = now;
        client.jobs_done_here = 0;
    }
    if (client.jobs_done_here == jobs_here_a_second) return false;
    ++client.jobs_done_here;
    return true;
}

/// What the client says its user's name is; longer ones are not names.
std::string claimed_name(const Client& client) {
    constexpr std::size_t octets_shown = 64;
    return client.session.claimed_username().substr(0, octets_shown);
}

std::optional<std::uint32_t> microseconds(std::optional<Duration> duration) {
    if (!duration) return std::nullopt;
    const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(*duration).count();
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(whole, 0, 0xffffffff));
}

}  // namespace

/// Takes out of a session whatever it has to say. Events come before datagrams: the keys that a
/// PUSH_REPLY lets the client use are installed before it leaves.
void Shard::State::pump(Client& client) {
    if (client.pumping) return;  // an outlet that decides at once: the outer loop goes on
    client.pumping = true;
    serving = client.path.server;
    for (;;) {
        if (auto event = client.session.next_event()) {
            std::visit([&](auto&& what) { on(client, std::move(what)); }, std::move(*event));
        } else if (auto work = client.session.next_tls_work()) {
            if (is_quick(*work) && may_be_done_here(client, now))
                client.session.finish(session::advance(std::move(*work)), now);
            else
                outlet.work({client.number, std::move(*work)});
        } else if (auto transmit = client.session.next_transmit()) {
            if (client.reachable) outlet.send(client.path, transmit->datagram);
        } else {
            break;
        }
    }
    client.pumping = false;
    schedule(client);
}

void Shard::State::on(Client& client, session::LoginRequest&& request) {
    const auto& certificate = client.session.certificate();
    outlet.ask_login({.session = client.number,
                      .number = request.number,
                      .question = {.session = client.number,
                                   .server_id = client.profile->server.id,
                                   .common_name = certificate ? certificate->common_name : "",
                                   .username = std::move(request.username),
                                   .password = std::move(request.password),
                                   .code = std::move(request.code),
                                   .state = std::move(request.state),
                                   .methods = std::move(request.methods),
                                   .remote = client.path.remote,
                                   .proof = request.proof,
                                   .proven_at = request.proven_at}});
}

void Shard::State::on(Client& client, session::AdmissionRequest&& request) {
    client.certificate = std::move(request.certificate);
    client.username = std::move(request.username);
    client.peer_info = std::move(request.peer_info);
    client.replaces = predecessor_of(client);
    const std::string common_name = common_name_of(client);
    outlet.ask({.session = client.number,
                .server = client.path.server,
                .server_id = client.profile->server.id,
                .holder = client.username.empty() ? common_name : client.username,
                .common_name = common_name,
                .remote = client.path.remote,
                .replaces = client.replaces,
                .stream = client.path.is_stream()});
}

/// The session of the same person with the same certificate that this client had at the same
/// address before, or 0.
std::uint64_t Shard::State::predecessor_of(const Client& client) const {
    for (Slot slot = directory.older_here(client.slot); slot != no_slot;
         slot = directory.older_here(slot)) {
        const Client* older = at(slot);
        if (older != nullptr && older->leased && !older->over && same_person(*older, client))
            return older->number;
    }
    return 0;
}

void Shard::State::prove(const Client& client) {
    half_open.prove(client.slot);
    if (client.path.is_stream()) outlet.proved(client.path);
}

void Shard::State::answer(const AdmissionAnswer& answer) {
    Client* client = find(answer.session);
    if (client == nullptr || client->over || client->leased) {
        // It left while the keeper thought about it; what it was given is free again.
        const bool second = client != nullptr && client->leased;
        if (answer.admitted && !second) outlet.left(answer.session, Cause::client_left);
        return;
    }
    if (!answer.admitted) {
        client->session.refuse(answer.cause, answer.detail, now, answer.wait);
        return pump(*client);
    }
    if (Client* older = find(client->replaces); older != nullptr && !older->over) {
        // The lease went over to the newer session, so it does not end with the older one.
        if (older->tunnel_address == answer.tunnel_address && older->leased) {
            older->leased = false;
            --leased;
        }
        remove(*older, Cause::replaced, "the client came back from the same address");
    }
    if (leased >= options.clients_max) {  // the other slots are for those who are not admitted yet
        outlet.left(client->number, Cause::connections_exhausted);
        client->session.refuse(Cause::connections_exhausted, "this shard serves no more", now);
        return pump(*client);
    }
    client->leased = true;
    ++leased;
    client->tunnel_address = answer.tunnel_address;
    half_open.leave(client->slot);
    const Server& server = servers[client->path.server];
    client->sender.address = answer.tunnel_address;
    if (server.around.client_pool6)
        client->sender.address6 = bridge::tunnel_address6(
            server.around.client_pool, *server.around.client_pool6, answer.tunnel_address);
    if (client->path.is_stream())
        outlet.entered(client->path,
                       wire::frame_octets_after_entry(client->profile->server.tun_mtu));
    give_access(*client);
    if (flows) flows->share_among(leased, now);
    servers[client->path.server].addresses->set(answer.tunnel_address, client->slot);
    client->session.admit(answer.tunnel_address, now);
    pump(*client);
}

void Shard::State::on(Client& client, session::InstallKey&& key) {
    client.keys.set_peer_id(key.data_v2 ? std::optional(client.peer_id) : std::nullopt);
    client.keys.install(key.key_id, key.material);
    if (!client.had_keys) client.framing = key.framing;
    client.keys_used = static_cast<std::uint8_t>(client.keys_used & ~(1U << key.key_id));
    client.had_keys = true;
    measure(client);
}

void Shard::State::on(Client& client, session::SendWithKey&& key) {
    if (!client.keys.has(key.key_id)) return;
    client.keys.send_with(key.key_id);
    client.told_limit = false;
    measure(client);
}

void Shard::State::on(Client& client, session::RetireKey&& key) {
    client.keys.retire(key.key_id);
}

void Shard::State::on(Client& client, session::SendInBand&& message) {
    seal_and_send(client, message.payload);
}

void Shard::State::on(Client& client, session::Connected&& connected) {
    client.connected = true;
    client.connected_at = wall;
    count(client, bridge::Meter::handshakes_done);
    client.cipher = std::move(connected.cipher);
    client.tun_mtu = connected.tun_mtu;
    client.peer_info = std::move(connected.peer_info);
    report(client, bridge::ClientStatus::online, Cause::client_left);
    record(client, bridge::Happening::connected, bridge::Stage::connected, std::nullopt, {});
    record(client, bridge::Happening::negotiated, bridge::Stage::connected, std::nullopt,
           std::move(connected.description));
}

void Shard::State::on(Client& client, session::Renegotiated&&) {
    count(client, bridge::Meter::renegotiations);
    client.fact_is_old = true;  // it brought a round trip
    record(client, bridge::Happening::renegotiated, bridge::Stage::connected, std::nullopt, {});
}

/// One that keeps jumping to and fro says so once in a while.
void Shard::State::record_move(Client& client, const Endpoint& former) {
    constexpr Duration pause = 1s;
    client.fact_is_old = true;
    if (!client.connected || now < client.told_moved + pause) return;
    client.told_moved = now;
    record(client, bridge::Happening::moved, bridge::Stage::connected, std::nullopt, {}, former);
}

void Shard::State::on(Client& client, session::Ended&& ended) {
    conclude(client, ended.cause, ended.stage, std::move(ended.detail));
}

void Shard::State::on(Client& client, session::Finished&&) {
    bury_later(client);
}

bridge::PathQuality Shard::State::path_quality_of(const Client& client) const {
    const session::RoundTrip& round_trip = client.session.round_trip();
    bridge::PathQuality path{.lost_packets = client.gaps.lost(),
                             .reordered_packets = client.gaps.reordered(),
                             .round_trip_microseconds = microseconds(round_trip.latest),
                             .least_round_trip_microseconds = microseconds(round_trip.least),
                             .stream = {}};
    if (client.path.is_stream()) path.stream = outlet.stream_quality(client.path);
    return path;
}

void Shard::State::report_if_online(Client* client) {
    if (client == nullptr || !client->connected || client->over) return;
    client->reported_packets = all_packets(*client);
    client->fact_is_old = false;
    report(*client, bridge::ClientStatus::online, Cause::client_left);
}

void Shard::State::report(const Client& client, bridge::ClientStatus status, Cause cause) {
    outlet.report(bridge::ClientFact{.session = client.number,
                                     .status = status,
                                     .server_id = client.profile->server.id,
                                     .common_name = common_name_of(client),
                                     .remote = client.path.remote,
                                     .transport = transport_of(client),
                                     .tunnel_address = client.tunnel_address,
                                     .cipher = client.cipher,
                                     .version = client.peer_info.version,
                                     .platform = client.peer_info.platform,
                                     .revision = client.peer_info.revision,
                                     .username = client.username,
                                     .clock_behind_seconds = client.clock_behind,
                                     .connected_at = client.connected_at,
                                     .received_octets = client.received_octets,
                                     .sent_octets = client.sent_octets,
                                     .received_packets = client.received_packets,
                                     .sent_packets = client.sent_packets,
                                     .refused_packets = client.refused_packets,
                                     .late_packets = client.late_packets(),
                                     .oversize_packets = client.oversize_packets,
                                     .fragmented_packets = client.fragmented_packets,
                                     .segment_limit = client.segment_limit,
                                     .path = path_quality_of(client),
                                     .cause = cause});
}

void Shard::State::record(const Client& client, bridge::Happening happening, bridge::Stage stage,
                          std::optional<Cause> cause, std::string detail, const Endpoint& former) {
    const auto add = [&](const std::string& sentence) {
        detail += (detail.empty() ? "" : "; ") + sentence;
    };
    if (bridge::is_skewed(client.clock_behind)) {
        add("the client's " + bridge::clock_skew_text(*client.clock_behind));
        // What the client's TLS objects to is most likely the date in our certificate.
        if (cause == Cause::tls_failed && !client.connected) cause = Cause::clock_skew;
    }
    const bool begins =
        happening == bridge::Happening::refused || happening == bridge::Happening::connected;
    if (begins && has_another_bundle(client))
        add("its bundle is of former settings of the server: download it again");
    if (happening == bridge::Happening::ended)
        if (const std::string hindered = hindrance_text(client); !hindered.empty()) add(hindered);
    // Also one that is refused for its dates, or while it is still asked for its password.
    const auto& certificate = client.session.certificate();
    bridge::AttemptRecord row{.at = wall,
                              .server_id = client.profile->server.id,
                              .remote = client.path.remote,
                              .transport = transport_of(client),
                              .session = client.number,
                              .happening = happening,
                              .stage = stage,
                              .cause = cause.value_or(Cause::client_left),
                              .known = certificate.has_value() || !client.username.empty(),
                              .common_name = certificate ? certificate->common_name : "",
                              .username = claimed_name(client),
                              .tunnel_address = client.tunnel_address,
                              .cipher = client.cipher,
                              .former = former,
                              .detail = std::move(detail)};
    if (happening == bridge::Happening::connected) {
        row.version = client.peer_info.version;
        row.platform = client.peer_info.platform;
    }
    if (happening == bridge::Happening::ended) {
        row.received_octets = client.received_octets;
        row.sent_octets = client.sent_octets;
    }
    outlet.report(std::move(row));
}

}  // namespace kanmon::shard
