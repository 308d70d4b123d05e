// Random VPCs, and a newcomer in each: the rules say what an oracle says that looks at every single
// address. Networks lie in one /24 so that clashes are frequent and the oracle is quick; wider ones
// hold it whole.
#include <gtest/gtest.h>

#include <bitset>
#include <random>
#include <regex>

#include "contract/memory_books.h"
#include "controlplane/model/network.h"
#include "controlplane/usecases/connection_rules.h"
#include "controlplane/usecases/server_rules.h"
#include "controlplane/usecases/vpc_plans.h"

namespace kanmon::usecases {
namespace {

constexpr std::uint32_t universe_base = 0xc0a80000;  // 192.168.0.0/24
constexpr std::size_t universe_size = 256;
using Addresses = std::bitset<universe_size>;

Addresses addresses_of(const Cidr& cidr) {
    Addresses all;
    for (std::uint32_t i = 0; i < universe_size; ++i)
        all[i] = cidr.contains(Ipv4{universe_base + i});
    return all;
}

class RandomVpc {
public:
    explicit RandomVpc(std::uint32_t seed) : random_(seed) {
        ledger.vpcs().put(vpc("vpc-1", network(24, 30)));
        ledger.vpcs().put(vpc("vpc-2", network(24, 30)));
        for (const char* id : {"vpn-1", "vpn-2", "vpn-other"})
            ledger.vpn_gateways().put(gateway(id));
        for (int i = 0; i < 2; ++i) {
            ledger.ssl_servers().put(server("vss-" + std::to_string(i)));
            ledger.vpn_connections().put(connection("vco-" + std::to_string(i)));
            ledger.vpn_routes().put(route("rte-" + std::to_string(i)));
        }
    }

    std::uint32_t below(std::uint32_t limit) {
        return static_cast<std::uint32_t>(random_() % limit);
    }
    bool chance(std::uint32_t one_in) { return below(one_in) == 0; }

    /// Mostly inside the universe; sometimes around it.
    Cidr network(std::uint8_t shortest, std::uint8_t longest) {
        if (chance(24)) return *parse_cidr("192.168.0.0/16");
        const auto prefix = static_cast<std::uint8_t>(shortest + below(longest - shortest + 1u));
        return {Ipv4{(universe_base + below(universe_size)) & Cidr{{}, prefix}.mask()}, prefix};
    }
    Cidr destination() { return chance(12) ? model::everything : network(24, 32); }
    std::string networks() {
        std::string text = to_string(network(26, 32));
        return chance(2) ? text + "," + to_string(network(26, 32)) : text;
    }
    std::string any_gateway() { return chance(4) ? "vpn-other" : chance(2) ? "vpn-1" : "vpn-2"; }

    model::SslServer server(const std::string& id) {
        model::SslServer made;
        made.id.text = id;
        made.gateway.text = any_gateway();
        made.client_pool = network(26, 29);
        made.local_subnet = networks();
        made.topology = bridge::Topology::subnet;
        made.port = static_cast<std::uint16_t>(2000 + ++ports_);
        return made;
    }
    model::VpnConnection connection(const std::string& id) {
        model::VpnConnection made;
        made.id.text = id;
        made.gateway.text = any_gateway();
        const bool routed = chance(3);
        made.local_subnet = routed ? "0.0.0.0/0" : networks();
        made.remote_subnet = routed ? "0.0.0.0/0" : networks();
        return made;
    }
    model::VpnRoute route(const std::string& id) {
        model::VpnRoute made;
        made.id.text = id;
        made.gateway.text = any_gateway();
        made.next_hop.text = "vco-0";
        made.policy_based = chance(2);
        made.destination = destination();
        return made;
    }

    MemoryLedger ledger;

private:
    static model::Vpc vpc(const std::string& id, const Cidr& cidr) {
        model::Vpc made;
        made.id.text = id;
        made.cidr = cidr;
        return made;
    }
    model::VpnGateway gateway(const std::string& id) {
        model::VpnGateway made;
        made.id.text = id;
        made.vpc.text = id == "vpn-other" ? "vpc-2" : "vpc-1";
        made.ssl_connections_max = 1;
        made.public_address = Ipv4{chance(4) ? universe_base + below(universe_size) : 0xcb007101};
        return made;
    }

    std::mt19937 random_;
    int ports_ = 0;
};

/// Looks at every address, and knows nothing of prefixes.
class Oracle {
public:
    Oracle(Ledger& ledger, const std::string& gateway_id) {
        const auto own = ledger.vpn_gateways().find(gateway_id);
        vpc_cidr_ = ledger.vpcs().find(own->vpc.text)->cidr;
        vpc_ = addresses_of(vpc_cidr_);
        for (const model::VpnGateway& gateway : ledger.vpn_gateways().all()) {
            if (gateway.vpc != own->vpc) continue;
            outer_ |= addresses_of({gateway.public_address, 32});
            for (const model::SslServer& server : ledger.ssl_servers().all()) {
                if (server.gateway != gateway.id) continue;
                pools_ |= addresses_of(server.client_pool);
                local_ |= side(server.local_subnet);
            }
            for (const model::VpnConnection& connection : ledger.vpn_connections().all())
                if (connection.gateway == gateway.id && connection.remote_subnet != "0.0.0.0/0")
                    led_ |= side(connection.remote_subnet);
            for (const model::VpnRoute& route : ledger.vpn_routes().all())
                if (route.gateway == gateway.id && counts(route))
                    led_ |= addresses_of(route.destination);
        }
    }

    bool takes_server(const model::SslServer& server) const {
        const Addresses own = side(server.local_subnet);
        const Addresses kept_clear = vpc_ | outer_ | pools_ | local_ | led_ | own;
        return (addresses_of(server.client_pool) & kept_clear).none() && (own & pools_).none();
    }
    bool takes_destination(const Cidr& cidr) const {
        // What is wider than the universe may leave the VPC even where it holds it.
        const bool inside = cidr.prefix >= 24 ? (addresses_of(cidr) & ~vpc_).none()
                                              : vpc_cidr_.prefix <= cidr.prefix;
        return (addresses_of(cidr) & pools_).none() && !inside;
    }
    bool takes_connection(const model::VpnConnection& connection) const {
        if (connection.remote_subnet == "0.0.0.0/0") return true;
        for (const std::string& part : model::comma_separated(connection.remote_subnet))
            if (!takes_destination(*parse_cidr(part))) return false;
        return true;
    }
    bool takes_route(const model::VpnRoute& route) const {
        return !counts(route) || takes_destination(route.destination);
    }

private:
    static bool counts(const model::VpnRoute& route) {
        return route.policy_based || route.destination != model::everything;
    }
    static Addresses side(const std::string& text) {
        Addresses all;
        for (const std::string& part : model::comma_separated(text))
            all |= addresses_of(*parse_cidr(part));
        return all;
    }

    Cidr vpc_cidr_;
    Addresses vpc_, outer_, pools_, local_, led_;
};

/// The client CIDR that a refusal proposes, if it does.
std::optional<Cidr> proposed(const std::string& message) {
    static const std::regex pattern("([0-9.]+/[0-9]+) is free");
    std::smatch found;
    return std::regex_search(message, found, pattern) ? parse_cidr(found[1].str()) : std::nullopt;
}

TEST(Overlaps, AreFoundExactlyWhereSomeAddressIsOnBothSides) {
    constexpr std::uint32_t worlds = 100'000;
    const Installation one_address{.public_addresses = {Ipv4{0xcb007101}}};
    std::uint32_t taken = 0;
    std::uint32_t refused = 0;
    for (std::uint32_t seed = 0; seed < worlds; ++seed) {
        RandomVpc world(seed);
        Ledger& ledger = world.ledger;
        const std::string id = world.any_gateway();
        const Oracle oracle(ledger, id);
        const auto gateway = *ledger.vpn_gateways().find(id);
        Outcome<void> verdict;
        bool expected = false;
        if (seed % 3 == 0) {
            model::SslServer server = world.server("vss-new");
            server.gateway = gateway.id;
            verdict = check_beside_others(ledger, one_address, gateway, server);
            expected = oracle.takes_server(server);
            if (const auto other = verdict ? std::nullopt : proposed(verdict.error().message)) {
                server.client_pool = *other;
                EXPECT_TRUE(check_beside_others(ledger, one_address, gateway, server))
                    << seed << ": " << verdict.error().message;
            }
        } else if (seed % 3 == 1) {
            model::VpnConnection connection = world.connection("vco-new");
            connection.gateway = gateway.id;
            verdict = check_connection_beside(ledger, gateway, connection, {});
            expected = oracle.takes_connection(connection);
        } else {
            model::VpnRoute route = world.route("rte-new");
            route.gateway = gateway.id;
            verdict = model::check_destination_in(plan_beside(ledger, gateway, {}), "RouteDest",
                                                  destination_of(route));
            expected = oracle.takes_route(route);
        }
        ASSERT_EQ(verdict.has_value(), expected)
            << seed << ": " << (verdict ? "taken" : verdict.error().message);
        ++(expected ? taken : refused);
    }
    // A test that only ever sees one answer proves nothing.
    EXPECT_GT(taken, worlds / 20);
    EXPECT_GT(refused, worlds / 20);
}

}  // namespace
}  // namespace kanmon::usecases
