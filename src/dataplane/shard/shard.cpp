#include "dataplane/shard/shard.h"

#include "dataplane/shard/state.h"

namespace kanmon::shard {

admission::SipKey derived_key(const std::array<std::byte, 32>& secret, std::uint8_t purpose) {
    std::array<std::byte, 16> octets{};
    for (std::uint8_t half = 0; half < 2; ++half) {
        const std::array<std::byte, 2> input{std::byte{purpose}, std::byte{half}};
        const auto low = admission::sip_key(Bytes(secret).first(16));
        const auto high = admission::sip_key(Bytes(secret).subspan(16));
        ByteWriter(MutableBytes(octets).subspan(std::size_t{half} * 8))
            .u64(admission::sip_hash(low, input) ^ admission::sip_hash(high, input));
    }
    return admission::sip_key(octets);
}

namespace {

std::array<std::uint64_t, 2> table_seed(const std::array<std::byte, 32>& secret,
                                        std::uint8_t purpose) {
    const admission::SipKey key = derived_key(secret, purpose);
    return {key.low, key.high};
}

Slot slots_of(const ShardOptions& options) {
    const std::uint64_t wanted = std::uint64_t{options.clients_max} + options.half_open_max;
    const Slot possible = directory::PeerIds{options.index, options.count}.slots_max();
    return static_cast<Slot>(std::min<std::uint64_t>(wanted, possible));
}

constexpr std::size_t arena_octets = 66 * 1024;  // the longest inner packet and any wrapping

}  // namespace

directory::Place place_of(const Path& path) {
    return {path.server, path.listener, path.remote, path.stream};
}

bridge::Listener Server::listener_of(const Path& path) const {
    const auto& listeners = settings().listeners;
    const std::uint32_t index = path.listener_index();
    return index < listeners.size() ? listeners[index] : bridge::Listener{};
}

Shard::State::State(const ShardOptions& given, Random& randomness, Outlet& exit)
    : options(given),
      random(randomness),
      outlet(exit),
      peer_ids{given.index, given.count},
      slots_max(slots_of(given)),
      clients(slots_max),
      directory(slots_max, table_seed(given.cookie_key, 4)),
      cookies(derived_key(given.cookie_key, 1)),
      issued(derived_key(given.cookie_key, 2)),
      hellos(derived_key(given.cookie_key, 3)),
      half_open(slots_max, given.half_open_max, given.half_open_per_network_max),
      arena(arena_octets),
      segment_room(arena_octets),
      piece_room(arena_octets),
      observer(slots_max, table_seed(given.cookie_key, 7), given.flows_max) {}

void Shard::State::receive(const Path& path, MutableBytes packet) {
    serving = path.server;
    Server* server = server_of(path);
    const auto first = wire::peek(packet);
    if (server == nullptr) return drop(Cause::unknown_client);
    if (!first) return drop(first.error());
    if (wire::is_data(first->opcode)) return receive_data(path, packet, *first);
    receive_control(path, *server, packet);
}

Server* Shard::State::server_of(const Path& path) {
    if (path.server >= servers.size() || !servers[path.server].datagrams) return nullptr;
    return &servers[path.server];
}

Client* Shard::State::at(Slot slot) const {
    if (slot >= clients.size()) return nullptr;
    Client* client = clients[slot].get();
    return client != nullptr && !client->buried ? client : nullptr;
}

Client* Shard::State::find(std::uint64_t session) const {
    const auto peer_id = static_cast<wire::PeerId>(session & 0xffffff);
    Client* client = at(peer_ids.slot_of(peer_id));
    return client != nullptr && client->number == session ? client : nullptr;
}

Shard::Shard(const ShardOptions& options, Random& random, Outlet& outlet)
    : state_(std::make_unique<State>(options, random, outlet)) {}
Shard::~Shard() = default;

void Shard::configure(std::vector<std::shared_ptr<const session::ServerProfile>> profiles,
                      Instant now) {
    const State::Turn turn(*state_, now);
    state_->configure(std::move(profiles));
}

void Shard::share_bandwidth(std::vector<std::shared_ptr<shaper::GatewayLines>> lines) {
    std::vector<Shaping::Share> shares;
    for (auto& of_gateway : lines) shares.push_back({std::move(of_gateway)});
    for (std::size_t i = 0; i < std::min(shares.size(), state_->servers.size()); ++i)
        if (const Server& server = state_->servers[i]; server.datagrams)
            shares[i].client_bits_per_second =
                std::uint64_t{server.settings().client_bandwidth_mbit} * shaper::bits_per_megabit;
    state_->shaping.arrange(shares);
}

void Shard::receive(const Path& path, Run run, Instant now, UnixTime wall) {
    const State::Turn turn(*state_, now, wall);
    const std::size_t step = run.segment_octets == 0 ? run.octets.size() : run.segment_octets;
    for (MutableBytes rest = run.octets; !rest.empty();) {
        const MutableBytes segment = rest.first(std::min(step, rest.size()));
        rest = rest.subspan(segment.size());
        state_->receive(path, segment);
    }
    state_->end_run();
}

void Shard::receive(const Path& path, std::span<const MutableBytes> packets, Instant now,
                    UnixTime wall) {
    const State::Turn turn(*state_, now, wall);
    for (const MutableBytes packet : packets) state_->receive(path, packet);
    state_->end_run();
}

void Shard::from_tunnel(ServerIndex server, const routing::Offload& offload, MutableBytes packet,
                        Instant now) {
    const State::Turn turn(*state_, now);
    state_->serving = server;
    state_->from_tunnel(server, offload, packet);
}

void Shard::finish(TlsDone done, Instant now, UnixTime wall) {
    const State::Turn turn(*state_, now, wall);
    Client* client = state_->find(done.session);
    if (client == nullptr) return;  // it went while its TLS was worked on
    if (done.progress.output.peer) state_->prove(*client);
    client->session.finish(std::move(done.progress), now);
    state_->pump(*client);
}

void Shard::take_login(const LoginReply& reply, Instant now, UnixTime wall) {
    const State::Turn turn(*state_, now, wall);
    Client* client = state_->find(reply.session);
    if (client == nullptr || client->over) return;  // it left meanwhile
    using bridge::LoginVerdict;
    // Its password was right, so that it is no stranger of its network any more.
    if (reply.answer.verdict == LoginVerdict::accepted ||
        reply.answer.verdict == LoginVerdict::ask_code)
        state_->prove(*client);
    client->session.take_login(reply.number, reply.answer, now);
    state_->pump(*client);
}

void Shard::answer(AdmissionAnswer answer, Instant now, UnixTime wall) {
    const State::Turn turn(*state_, now, wall);
    state_->answer(answer);
}

void Shard::disconnect(std::uint64_t session, Cause cause, Instant now, UnixTime wall) {
    const State::Turn turn(*state_, now, wall);
    Client* client = state_->find(session);
    if (client == nullptr) return;
    client->session.dismiss(cause, now);
    state_->pump(*client);
}

void Shard::hang_up(const Path& path, Cause cause, std::string_view detail, Instant now,
                    UnixTime wall) {
    const State::Turn turn(*state_, now, wall);
    const State& state = *state_;
    for (Slot slot = state.directory.newest_at(place_of(path)); slot != no_slot;
         slot = state.directory.older_here(slot))
        if (Client* client = state.at(slot)) state_->remove(*client, cause, std::string(detail));
}

void Shard::note_stranger(const Path& path, Cause cause, std::string_view detail, Instant now,
                          UnixTime wall) {
    const State::Turn turn(*state_, now, wall);
    state_->note_stranger(path, cause, detail);
}

bool Shard::serves(const Path& path) const {
    return state_->directory.newest_at(place_of(path)) != no_slot;
}

bool Shard::is_at_login(const Path& path) const {
    const State& state = *state_;
    for (Slot slot = state.directory.newest_at(place_of(path)); slot != no_slot;
         slot = state.directory.older_here(slot))
        if (const Client* client = state.at(slot);
            client != nullptr && client->session.stage() == bridge::Stage::admission)
            return true;
    return false;
}

void Shard::reach(Instant now, UnixTime wall) {
    const State::Turn turn(*state_, now, wall);
    state_->reach();
}

std::optional<Instant> Shard::next_deadline() const {
    const std::optional<Instant> turn = state_->shaping.due();
    if (state_->deadlines.empty()) return turn;
    return std::min(turn.value_or(Instant::max()), state_->deadlines.front().at);
}

void Shard::report_all(UnixTime wall) {
    state_->wall = wall;
    for (Slot slot = 0; slot < state_->never_used; ++slot)
        state_->report_if_online(state_->at(slot));
}

void Shard::report_some(UnixTime wall) {
    state_->wall = wall;
    state_->report_phase = (state_->report_phase + 1) % report_phases;
    for (Slot slot = state_->report_phase; slot < state_->never_used; slot += report_phases)
        if (Client* client = state_->at(slot); client != nullptr && has_news(*client))
            state_->report_if_online(client);
}

Traffic Shard::traffic() {
    return state_->traffic();
}

bridge::FlowAnswer Shard::flows_of(std::uint64_t session) const {
    const Client* client = state_->find(session);
    if (client == nullptr) return {};
    return {.known = true, .seen = state_->observer.flows_of(client->slot)};
}

const std::array<std::uint64_t, cause_count>& Shard::drops() const {
    return state_->drops;
}

std::size_t Shard::clients() const {
    return state_->leased;
}

std::size_t Shard::half_open() const {
    return state_->half_open.size();
}

bool Shard::owns(ServerIndex server, Ipv4 tunnel_address) const {
    if (server >= state_->servers.size() || !state_->servers[server].addresses) return false;
    return state_->servers[server].addresses->find(tunnel_address) != routing::no_client;
}

}  // namespace kanmon::shard
