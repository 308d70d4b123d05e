#include "world/world.h"

#include <fmt/format.h>

#include <algorithm>

#include "world/inner_packet.h"
#include "world/judge.h"
#include "world/real_tls.h"
#include "world/scripted_tls.h"
#include "world/seeded_openssl.h"

namespace kanmon::world {

namespace {

constexpr Duration all_connect_within = 30s;
constexpr Duration storm_within = 1s;
constexpr Duration goodbyes = 900ms;  // before the first client can be back
/// A storm is over when everybody is in: clients wait up to 10 s before they try again, and an old
/// one that loses a packet twice repeats it after 2 and 4 s.
constexpr Duration storm_settled = 30s;
/// Everybody who was sent away is back, everybody else was told: 1.5 s of spreading, 5 s until the
/// client tries again, its handshake and PUSH_REQUEST, a ping of a client that moved meanwhile.
constexpr Duration change_settled = 22s;
/// After the last goodbye: the keep-alive of those who died (2 x 60 s), the hold, and some.
constexpr Duration quiet_after_life = 120s + 300s + 30s;
constexpr std::uint32_t stranger_network = 0x2c000000;
const Endpoint thief = Endpoint::v4(Ipv4{0x2d000001}, 4444);

/// Every other stranger holds the wrapping key, as everybody with a bundle does. The address says
/// it, so that who comes by twice is the same both times.
bool is_outsider(const Endpoint& stranger) {
    return stranger != thief && stranger.as_v4().value % 2 != 0;
}

/// Programs in turn, without those that are older than this wrapping.
const client::Personality* personality_of(std::uint32_t index, client::KnownWrapping wrapping) {
    std::vector<const client::Personality*> able;
    for (const client::Personality* candidate : client::personalities())
        if (client::knows(*candidate, wrapping)) able.push_back(candidate);
    return able[index % able.size()];
}

/// Most clocks are right; every tenth is off by up to an hour and a half.
std::int32_t clock_behind_of(std::uint32_t index) {
    return index % 10 == 3 ? static_cast<std::int32_t>(index * 977 % 10800) - 5400 : 0;
}

}  // namespace

std::string Summary::text() const {
    return fmt::format(
        "{} connects, {} refusals, {} renegotiations, {} updates, {} floats, {} endings, "
        "{} of {} echoes, {} datagrams, at most {} half open, {} never connected",
        connects, refusals, renegotiations, updates, floats, endings, echoed, sent, datagrams,
        half_open_peak, never_connected);
}

World::World(const Setup& setup)
    : setup_(setup),
      chance_(setup.seed * 2),
      model_(setup_),
      keys_(setup_.wrapping, setup_.clients) {
    if (setup_.openssl) seed_openssl(setup_.seed);
    const RealTls real = setup_.openssl ? make_real_tls(setup_.clients) : RealTls{};
    server_tls_ = setup_.openssl ? real.server : scripted_server(chance_.number(), {});
    for (std::uint32_t i = 0; i < setup_.clients; ++i) {
        const std::uint32_t name = certificate_of(i);
        Laptop::Person person{.index = i,
                              .common_name = fmt::format("client-{}", name),
                              .personality = nullptr,
                              .tls = nullptr,
                              .wrapping = keys_.of(i),
                              .clock_behind = clock_behind_of(i)};
        person.personality = personality_of(i, person.wrapping.kind);
        const bool old = person.personality->name.starts_with(client::openvpn_2_3.name);
        const std::uint64_t seed = chance_.number();
        person.tls = setup_.openssl
                         ? (old ? real.old_clients[name] : real.clients[name])
                         : scripted_client(seed ^ 1, {.common_name = person.common_name,
                                                      .serial = fmt::format("{:x}", name + 1),
                                                      .three_flights = old});
        laptops_.push_back(
            std::make_unique<Laptop>(std::move(person), setup_, agenda_, seed, *this));
    }
    start_gateway();
}

World::~World() = default;

void World::start_gateway() {
    gateway_ = std::make_shared<Gateway>(Gateway::Surroundings{.agenda = agenda_,
                                                               .chance = chance_,
                                                               .setup = setup_,
                                                               .control = control_,
                                                               .model = model_,
                                                               .outside = *this,
                                                               .tls = server_tls_});
    gateway_->start();
}

Summary World::run() {
    const Instant start = start_ = agenda_.now();
    const Duration within = setup_.storm ? storm_within : all_connect_within;
    for (const auto& laptop : laptops_) laptop->wake(chance_.between(0s, within));
    if (setup_.changes) agenda_.after(40s, [this] { change_networks(); });
    if (setup_.storm) agenda_.after(storm_settled, [this] { restart_in_a_storm(); });
    if (setup_.crashes) agenda_.after(chance_.between(40s, setup_.life), [this] { crash(); });
    if (setup_.control_goes_away) {
        const Duration away = chance_.between(20s, 120s);
        agenda_.after(away, [this] { gateway_->control_lost(); });
        agenda_.after(away + chance_.between(5s, 60s), [this] { gateway_->control_back(); });
    }
    if (setup_.flood > 0) agenda_.after(1s, [this] { flood(); });
    while (agenda_.step(start + setup_.life)) {
    }
    for (const auto& laptop : laptops_) laptop->retire();
    while (agenda_.step(start + setup_.life + quiet_after_life)) {
    }
    check_end();
    return summary_;
}

void World::crash() {
    gateway_.reset();
    start_gateway();
    // In a crash a packet may be delivered while its acknowledgement is lost; numbers stay unique.
}

/// The operator adds or removes a network, a name server, or the full tunnel.
void World::change_networks() {
    if (agenda_.now() >= start_ + setup_.life) return;
    bridge::SslServer& server = setup_.server;
    std::vector<Cidr>& networks = server.local_networks;
    if (chance_.happens(0.3) && networks.size() > 1) {
        networks.pop_back();
    } else if (chance_.happens(0.3)) {
        server.full_tunnel = !server.full_tunnel;
    } else if (chance_.happens(0.3)) {
        server.dns_servers = {Ipv4{0xac100035U + static_cast<std::uint32_t>(chance_.below(9))}};
        setup_.names_changed_at = agenda_.now();
    } else {
        // Now and then more than one message takes.
        const auto count = chance_.happens(0.2) ? 400U : 1U;
        for (std::uint32_t i = 0; i < count; ++i)
            networks.push_back(Cidr{Ipv4{0xc6120000U + 256U * (++networks_made_ % 512U)}, 24});
    }
    if (networks.size() > 500) networks.resize(1);
    gateway_->reconfigure();
    const unsigned change = ++changes_;
    agenda_.after(change_settled, [this, change] { check_networks(change); });
    agenda_.after(chance_.between(2s, 90s), [this] { change_networks(); });
}

/// Unless it was changed again: every client that is connected holds what the server pushes now.
void World::check_networks(unsigned change) {
    if (change != changes_ || !setup_.is_calm() || !setup_.has_room_for_all()) return;
    if (agenda_.now() >= start_ + setup_.life) return;  // everybody has left for good
    const std::size_t wanted = setup_.server.local_networks.size();
    for (const auto& laptop : laptops_) {
        const std::string& name = laptop->common_name();
        const bool was_reachable = laptop->reachable_from() <= agenda_.now() - change_settled;
        if (setup_.is_contested(name) || !was_reachable) continue;
        // Whoever floods the little table of half-open sessions delays newcomers, for a while.
        require(!laptop->is_on_its_way_back() || setup_.squatters, "update",
                name + " did not come back in time");
        if (!laptop->is_connected()) continue;
        const client::Pushed& pushed = *laptop->engine()->pushed();
        // An update that a renegotiation interrupted is told twice: a set, as the client's table
        // is.
        std::set<std::string> routes;
        for (const std::string& option : pushed.of("route"))
            if (option.find(" 255.") != std::string::npos) routes.insert(option);
        require(routes.size() == wanted, "update",
                fmt::format("{} has {} networks of {}", name, routes.size(), wanted));
        require(pushed.of("redirect-gateway").empty() != setup_.server.full_tunnel, "update",
                name + " redirects otherwise than the server wants");
    }
}

/// The gateway says goodbye and is there again before anybody is back: then everybody comes. Who
/// lost the goodbye and its repetition thinks that it is connected until its keep-alive tells it.
void World::restart_in_a_storm() {
    const auto count = [this](std::uint64_t times, bool or_untold) {
        return std::ranges::count_if(laptops_, [&](const auto& laptop) {
            return laptop->counts().connects >= times || (or_untold && laptop->is_connected());
        });
    };
    const auto everybody = static_cast<std::ptrdiff_t>(laptops_.size());
    require(count(1, false) == everybody, "storm",
            fmt::format("{} of {} came in at the start", count(1, false), everybody));
    gateway_->dismiss_all(Cause::gateway_stopping);
    agenda_.after(goodbyes, [this] { crash(); });
    agenda_.after(goodbyes + storm_settled, [count, everybody] {
        require(count(2, true) == everybody && count(2, false) * 100 >= everybody * 99, "storm",
                fmt::format("{} of {} are back after the restart", count(2, false), everybody));
    });
}

// --- the network --------------------------------------------------------------------------------

Duration World::travel() {
    return setup_.weather.delay + chance_.between(0ms, setup_.weather.jitter);
}

void World::send(std::uint32_t laptop, Buffer datagram) {
    carry(laptops_[laptop]->endpoint(), std::move(datagram));
}

void World::carry(const Endpoint& from, Buffer datagram) {
    ++summary_.datagrams;
    const Weather& weather = setup_.weather;
    const unsigned copies = 1 + (chance_.happens(weather.duplication) ? 1 : 0);
    const bool is_data = wire::peek(datagram) && wire::is_data(wire::peek(datagram)->opcode);
    const bool may_spoil = is_data || !keys_.is_open();
    if (may_spoil && chance_.happens(weather.corruption))
        datagram[chance_.below(datagram.size())] ^= std::byte{0x10};
    // A control packet moves nobody even when the attacker's copy is the first to arrive.
    if (!is_data && chance_.happens(weather.theft * 10)) intrude(thief, datagram);
    for (unsigned i = 0; i < copies; ++i) {
        if (chance_.happens(weather.loss)) continue;
        agenda_.after(travel(), [this, from, datagram, is_data] {
            Buffer copy = datagram;
            gateway_->receive(from, copy);
            summary_.half_open_peak = std::max(summary_.half_open_peak, gateway_->half_open());
            if (is_data && chance_.happens(setup_.weather.theft)) intrude(thief, datagram);
        });
    }
}

/// A packet of somebody who is no client: it must move nobody and leave nothing behind (I8).
void World::intrude(const Endpoint& from, const Buffer& datagram) {
    agenda_.after(chance_.between(0ms, 300ms), [this, from, datagram] {
        const std::size_t known = gateway_->clients() + gateway_->half_open();
        Buffer copy = datagram;
        gateway_->receive(from, copy);
        require(gateway_->clients() + gateway_->half_open() <= known, "I8",
                "a stranger's packet made a session");
    });
}

void World::flood() {
    if (agenda_.now() > instant_of(1'000'000'000'000) + setup_.life) return;
    wire::ControlPacket reset;
    reset.opcode = wire::Opcode::hard_reset_client_v2;
    SeededRandom(chance_.number()).fill(reset.sender.octets);
    reset.packet_id = 0;
    const Ipv4 address{stranger_network + static_cast<std::uint32_t>(chance_.below(1U << 20))};
    const Endpoint stranger = Endpoint::v4(address, 5555);
    intrude(stranger, sealed_by_stranger(stranger, reset));
    wire::ControlPacket forged = reset;  // as if it had received an answer
    forged.opcode = wire::Opcode::control_v1;
    forged.packet_id = 1;
    forged.acks.add(0);
    SeededRandom(chance_.number()).fill(forged.receiver.octets);
    intrude(stranger, sealed_by_stranger(stranger, forged));
    const auto wait = static_cast<std::int64_t>(1e9 / setup_.flood);
    agenda_.after(Duration(wait), [this] { flood(); });
}

void World::to_client(const Endpoint& remote, Bytes datagram) {
    ++summary_.datagrams;
    const auto owner = whose_.find(remote);
    if (owner == whose_.end()) return answer_stranger(remote, datagram);
    check_owner(owner->second, datagram);
    const unsigned copies = 1 + (chance_.happens(setup_.weather.duplication) ? 1 : 0);
    for (unsigned i = 0; i < copies; ++i) {
        if (chance_.happens(setup_.weather.loss)) continue;
        agenda_.after(travel(), [this, index = owner->second, remote, copy = copy_of(datagram)] {
            // What is sent to an address that the laptop has left is lost.
            if (laptops_[index]->endpoint() == remote) laptops_[index]->receive(copy);
        });
    }
}

void World::answer_stranger(const Endpoint& stranger, Bytes datagram) {
    const auto first = wire::peek(datagram);
    const bool is_answer = first && first->opcode == wire::Opcode::hard_reset_server_v2;
    require(is_answer || squatters_.contains(stranger), "I13",
            "a stranger was sent more than the answer to a reset");
    require(keys_.is_open() || !is_outsider(stranger), "W2",
            "a stranger without a key was answered");
    if (!is_answer || !setup_.squatters || stranger == thief) return;
    const auto plain = keys_.read_as_insider(datagram);
    if (!plain) return;
    if (const auto answer = wire::decode_control_packet(*plain)) squat(stranger, *answer);
}

/// A source that can receive, but never finishes what it began: it may fill its own table only
/// (I9).
void World::squat(const Endpoint& stranger, const wire::ControlPacket& answer) {
    squatters_.insert(stranger);
    wire::ControlPacket begin;
    begin.opcode = wire::Opcode::control_v1;
    begin.sender = answer.receiver;
    begin.acks.add(0);
    begin.receiver = answer.sender;
    begin.packet_id = 1;
    const Buffer half_a_hello = from_hex("16010e00");
    begin.payload = half_a_hello;
    carry(stranger, sealed_by_stranger(stranger, begin));
}

Buffer World::sealed_by_stranger(const Endpoint& stranger, const wire::ControlPacket& packet) {
    return is_outsider(stranger) ? wire::encode(packet) : keys_.seal_as_insider(packet);
}

/// I13: the octets belong to the session that they name, and go to whom it belongs.
void World::check_owner(std::uint32_t laptop, Bytes datagram) {
    const auto first = wire::peek(datagram);
    if (!first || wire::is_data(first->opcode) || first->key_id != 0) return;
    const auto plain = keys_.read(laptop, datagram);
    require(plain.has_value(), "I13", "a packet under another client's key");
    const auto packet = wire::decode_control_packet(*plain);
    if (!packet) return;
    if (packet->acks.count > 0) {
        const auto client = client_sessions_.find(packet->receiver.octets);
        require(client != client_sessions_.end() && client->second == laptop, "I13",
                "a packet names another client's session");
    }
    if (packet->opcode == wire::Opcode::hard_reset_server_v2) {
        answered_[packet->sender.octets].insert(laptop);
        return;
    }
    const auto answered = answered_.find(packet->sender.octets);
    require(answered != answered_.end() && answered->second.contains(laptop), "I13",
            "a packet of another client's session");
}

// --- the laptops --------------------------------------------------------------------------------

void World::moved(std::uint32_t laptop, const Endpoint& endpoint) {
    whose_[endpoint] = laptop;
}

void World::took_session(std::uint32_t laptop, const wire::SessionId& id) {
    client_sessions_[id.octets] = laptop;
}

void World::connected(std::uint32_t laptop, const client::Pushed& pushed) {
    const std::string& name = laptops_[laptop]->common_name();
    require(model_.let_in(name, pushed.address), "I1",
            name + " was pushed " + to_string(pushed.address) + " without being admitted");
}

void World::heard(std::uint32_t laptop, Bytes inner_packet) {
    const auto packet = decode_inner_packet(inner_packet);
    require(packet.has_value(), "I6", "a client received what nobody sent");
    require(delivered_.insert(packet->number).second, "I6", "a client received a packet twice");
    const client::Pushed* pushed = laptops_[laptop]->engine()->pushed();
    require(pushed != nullptr && packet->destination == pushed->address, "I11",
            "a client received another one's packet");
    ++summary_.echoed;
}

void World::to_vpc(Bytes inner_packet) {
    const auto packet = decode_inner_packet(inner_packet);
    require(packet.has_value(), "I6", "the VPC received what nobody sent");
    require(delivered_.insert(packet->number).second, "I6", "the VPC received a packet twice");
    require(packet->source == packet->true_source, "I7", "a spoofed source address came through");
    require(packet->allowed, "I7", "a packet to another client came through");
    require(model_.holder_at(packet->source) != nullptr, "I7", "a source without a lease");
    const InnerPacket echo{.source = packet->destination,
                           .destination = packet->source,
                           .number = next_number_++,
                           .true_source = packet->destination,
                           .v6 = packet->v6};
    agenda_.after(chance_.between(1ms, 20ms), [this, echo] {
        Buffer octets = encode(echo);
        gateway_->from_vpc(echo.destination, octets);
    });
}

// --- the end ------------------------------------------------------------------------------------

void World::check_end() {
    std::uint64_t lost = 0;
    std::string last_loss;
    for (const auto& laptop : laptops_) {
        const LaptopCounts& counts = laptop->counts();
        summary_.connects += counts.connects;
        summary_.renegotiations += counts.renegotiations;
        summary_.updates += counts.updates;
        summary_.floats += counts.floats;
        summary_.refusals += counts.refusals;
        summary_.endings += counts.endings;
        summary_.sent += counts.sent;
        if (counts.connects == 0) ++summary_.never_connected;
        lost += counts.lost_connections;
        if (!counts.last_loss.empty()) last_loss = counts.last_loss;
    }
    require(gateway_->clients() == 0, "end", "the gateway still has clients");
    require(gateway_->half_open() == 0, "end", "the gateway still has half-open sessions");
    require(model_.slots() == 0, "I4", "slots are still held");
    require(control_.durable.empty(), "I4", "control still remembers leases");
    if (setup_.has_room_for_all())
        require(summary_.never_connected == 0, "progress",
                fmt::format("{} laptops never connected", summary_.never_connected));
    if (setup_.is_calm() && setup_.has_room_for_all()) {
        require(lost == 0, "progress", last_loss);
        require(summary_.echoed * 10 > summary_.sent * 9, "progress", summary_.text());
    }
}

}  // namespace kanmon::world
