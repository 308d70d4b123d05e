#include "world/setup.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "dataplane/admission/lease_book.h"
#include "world/inner_packet.h"

namespace kanmon::world {

namespace {

constexpr std::array losses{0.0, 0.0, 0.01, 0.05, 0.10, 0.20};
constexpr std::array duplications{0.0, 0.01, 0.05};
constexpr std::array renegotiations{60U, 97U, 3600U};
constexpr std::array topologies{bridge::Topology::net30, bridge::Topology::subnet,
                                bridge::Topology::p2p};
constexpr std::array topology_names{"net30", "subnet", "p2p"};

Weather draw_weather(Chance& chance) {
    Weather weather;
    weather.loss = chance.one_of(std::span<const double>(losses));
    weather.duplication = chance.one_of(std::span<const double>(duplications));
    weather.corruption = chance.happens(0.3) ? 0.005 : 0;
    weather.theft = chance.happens(0.5) ? 0.01 : 0;
    weather.delay = chance.between(1ms, 60ms);
    weather.jitter = chance.happens(0.5) ? chance.between(0ms, 80ms) : 0ms;
    return weather;
}

/// Two clients of twenty, one of which shares its certificate, and one whose address is nobody's.
void draw_fixed_addresses(Setup& setup) {
    bridge::SslServer& server = setup.server;
    for (std::uint32_t i = 0; i < setup.clients; ++i) {
        if (i % 20 != 7 && i % 20 != 18) continue;
        const auto address =
            admission::pool_address(server.client_pool, server.topology, 2 + i / 2);
        if (address)
            server.static_addresses.push_back(
                {fmt::format("client-{}", certificate_of(i)), *address});
    }
    server.static_addresses.push_back({"client-1", server.client_pool.base});
}

/// Calm, with room for everybody: only their number is hard.
void make_storm(Setup& setup) {
    setup.weather = {.loss = 0.01, .delay = 20ms, .jitter = 20ms};
    setup.crashes = setup.control_goes_away = setup.changes = setup.squatters = false;
    setup.flood = 0;
    setup.life = 150s;
    setup.half_open_max = 4096;
    setup.gateway.connections_max = setup.clients * 4;
    setup.server.client_pool = *parse_cidr("10.8.0.0/16");
    if (setup.server.inner6) setup.server.inner6->client_pool = network6(setup.server.client_pool);
    setup.server.same_holder = bridge::SameHolder::allow_several;
    setup.server.static_addresses.clear();
}

client::WrappingPair draw_wrapping(Chance& chance) {
    const std::uint64_t seed = chance.number();
    const bool directed = chance.happens(0.7);
    switch (chance.below(6)) {
        case 0:
            return client::WrappingPair(bridge::Wrapping::tls_auth, seed, "SHA1", directed);
        case 1:
            return client::WrappingPair(bridge::Wrapping::tls_auth, seed, "SHA256", directed);
        case 2:
            return client::WrappingPair(bridge::Wrapping::tls_crypt, seed);
        case 3:
        case 4:
            return client::WrappingPair(bridge::Wrapping::tls_crypt_v2, seed);
        default:
            return client::WrappingPair(bridge::Wrapping::none);
    }
}

constexpr std::array wrapping_names{"no wrapping", "tls-auth", "tls-crypt", "tls-crypt-v2"};

}  // namespace

bool Setup::has_room_for_all() const {
    return gateway.connections_max >= 2 * clients &&
           admission::pool_capacity(server.client_pool, server.topology) >= 2 * clients;
}

std::uint32_t certificate_of(std::uint32_t laptop) {
    return laptop % 20 == 19 ? laptop - 1 : laptop;
}

bool Setup::is_contested(const std::string& common_name) const {
    const bool fixed = std::ranges::any_of(
        server.static_addresses, [&](const auto& entry) { return entry.holder == common_name; });
    if (!fixed && server.same_holder == bridge::SameHolder::allow_several) return false;
    for (std::uint32_t i = 19; i < clients; i += 20)
        if (common_name == fmt::format("client-{}", certificate_of(i))) return true;
    return false;
}

std::string Setup::text() const {
    return fmt::format(
        "seed {}: {} clients, {} shard(s), {}, {}, loss {}, duplication {}, theft {}, delay {} ms "
        "+ {} ms, pool {} {}{}, at most {}, renegotiation {} s{}{}{}{}{}{}, flood {}/s{}",
        seed, clients, shards, openssl ? "OpenSSL" : "scripted TLS",
        wrapping_names[static_cast<std::size_t>(server.wrapping.kind)], weather.loss,
        weather.duplication, weather.theft, weather.delay / 1ms, weather.jitter / 1ms,
        to_string(server.client_pool), topology_names[static_cast<std::size_t>(server.topology)],
        server.inner6 ? " with IPv6" : "", gateway.connections_max, server.renegotiate_seconds,
        crashes ? ", a crash" : "", control_goes_away ? ", control away" : "",
        server.login.password ? ", passwords" : "", changes ? ", changing networks" : "",
        server.static_addresses.empty() ? "" : ", fixed addresses",
        server.same_holder == bridge::SameHolder::replace_older ? ", newer replaces older" : "",
        flood, squatters ? " by squatters" : "");
}

Setup draw_setup(std::uint64_t seed, const Options& options) {
    Chance chance(seed * 2 + 1);
    Setup setup;
    setup.seed = seed;
    setup.clients = options.clients + static_cast<std::uint32_t>(chance.below(20));
    setup.openssl = options.openssl;
    setup.shards = 1 + static_cast<std::uint32_t>(chance.below(2));
    setup.weather = draw_weather(chance);
    setup.control_delay = chance.between(0ms, 40ms);
    setup.life = chance.between(240s, 420s);
    setup.crashes = chance.happens(0.25);
    setup.control_goes_away = !setup.crashes && chance.happens(0.25);
    setup.flood = chance.happens(0.3) ? 10 : 0;

    setup.squatters = chance.happens(0.5);
    const bool tight = chance.happens(0.3);
    setup.gateway = {.id = "vpn-1",
                     .connections_max = chance.happens(0.3) ? 60U : setup.clients * 4,
                     .bandwidth_mbit = 100};
    bridge::SslServer& server = setup.server;
    server.id = "vss-1";
    server.gateway_id = "vpn-1";
    server.listeners = {{bridge::Transport::udp, Endpoint::v4(Ipv4{0xc6336401}, 1194)}};
    server.client_pool = *parse_cidr(tight ? "192.168.0.0/24" : "10.8.0.0/16");
    server.topology = chance.one_of(std::span<const bridge::Topology>(topologies));
    server.local_networks = {*parse_cidr("172.16.0.0/12")};
    if (chance.happens(0.5))
        server.inner6 = bridge::Inner6{
            .client_pool = network6(server.client_pool), .local_networks = {}, .dns_servers = {}};
    server.ciphers = {"AES-256-GCM", "AES-128-GCM", "CHACHA20-POLY1305"};
    server.fallback_cipher = "AES-128-CBC";
    server.renegotiate_seconds = chance.one_of(std::span<const unsigned>(renegotiations));
    setup.changes = chance.happens(0.5);
    if (chance.happens(0.3)) server.same_holder = bridge::SameHolder::replace_older;
    if (chance.happens(0.3)) draw_fixed_addresses(setup);
    setup.wrapping = draw_wrapping(chance);
    server.wrapping = setup.wrapping.server();
    server.digest = server.wrapping.digest;
    // While control is away nobody can log in, which is another promise than the others here.
    server.login.password = !setup.control_goes_away && chance.happens(0.3);
    setup.storm = options.storm;
    if (setup.storm) make_storm(setup);
    return setup;
}

}  // namespace kanmon::world
