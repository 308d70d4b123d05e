// Random values of every bridge structure from a seed, for round-trip properties.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "bridge/broker_messages.h"
#include "bridge/messages.h"
#include "bridge/snapshot.h"

namespace kanmon::bridge {

class RandomValues {
public:
    explicit RandomValues(std::uint64_t seed) : engine_(seed) {}

    std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }
    template <class T>
    T number() {
        return static_cast<T>(engine_() >> below(64));
    }
    bool coin() { return below(2) == 1; }

    std::string text(std::size_t octets_max = 40) {
        std::string value(below(octets_max + 1), '\0');
        for (char& c : value) c = static_cast<char>(engine_());
        return value;
    }
    template <class Make>
    auto list(std::size_t count_max, Make make) {
        std::vector<decltype(make())> items(below(count_max + 1));
        for (auto& item : items) item = make();
        return items;
    }
    template <class E>
    E choice(E last) {
        return static_cast<E>(below(static_cast<std::uint64_t>(last) + 1));
    }

    Cause cause() { return static_cast<Cause>(below(cause_count)); }
    Ipv4 address() { return Ipv4{number<std::uint32_t>()}; }
    Cidr cidr() {
        Cidr value{address(), static_cast<std::uint8_t>(below(33))};
        value.base.value &= value.mask();
        return value;
    }
    Ipv6 address6() {
        Ipv6 value;
        for (auto& octet : value.octets) octet = number<std::uint8_t>();
        return value;
    }
    Cidr6 cidr6() {
        const auto prefix = static_cast<std::uint8_t>(below(129));
        Cidr6 value{address6(), prefix};
        for (unsigned bit = prefix; bit < 128; ++bit)
            value.base.octets[bit / 8] =
                static_cast<std::uint8_t>(value.base.octets[bit / 8] & ~(0x80U >> bit % 8));
        return value;
    }
    SecretBuffer secret(std::size_t octets_max) { return SecretBuffer(as_bytes(text(octets_max))); }
    Endpoint endpoint() {
        Endpoint value;
        for (auto& octet : value.address.octets) octet = number<std::uint8_t>();
        value.port = number<std::uint16_t>();
        return value;
    }
    Instant instant() { return instant_of(number<std::int64_t>()); }
    UnixTime unix_time() { return unix_time_of(number<std::int32_t>()); }
    Listener listener() { return {choice(Transport::tcp), endpoint()}; }
    Lease lease() { return {text(), address(), text(200), number<std::uint64_t>(), instant()}; }

    SslServer server();
    AccessRule access_rule(std::size_t groups);
    AccessPolicy access_policy();
    Snapshot snapshot();
    ClientFact client_fact();
    ObservedFlow observed_flow();
    AttemptRecord attempt_record();
    ClientTraffic client_traffic();
    ServerFact server_fact();
    MachineFact machine_fact();
    MessageBody body();
    BrokerBody broker_body();
    WantedServer wanted();
    Want want() {
        return {number<std::uint64_t>(), list(20, [&] { return wanted(); })};
    }

private:
    std::mt19937_64 engine_;
};

inline SslServer RandomValues::server() {
    SslServer value;
    value.id = text();
    value.gateway_id = text();
    value.revision = text();
    value.enabled = coin();
    value.listeners = list(4, [&] { return listener(); });
    value.client_pool = cidr();
    value.topology = choice(Topology::p2p);
    value.local_networks = list(9, [&] { return cidr(); });
    value.dns_servers = list(3, [&] { return address(); });
    value.dns_search_domains = list(3, [&] { return text(255); });
    value.dns_split_domains = list(3, [&] { return text(255); });
    if (coin())
        value.inner6 =
            Inner6{cidr6(), list(3, [&] { return cidr6(); }), list(3, [&] { return address6(); })};
    value.full_tunnel = coin();
    value.block_lan = coin();
    value.static_addresses = list(3, [&] { return StaticAddress{text(), address()}; });
    value.same_holder = choice(SameHolder::replace_older);
    value.wrapping = {choice(Wrapping::tls_crypt_v2), secret(256), text(), coin()};
    value.login = {coin(), coin(), coin(), coin(), number<std::uint32_t>(), secret(32)};
    value.ciphers = list(4, [&] { return text(); });
    value.fallback_cipher = text();
    value.digest = text();
    value.compression_framing = coin();
    value.tun_mtu = number<std::uint16_t>();
    value.outer_octets_max = number<std::uint16_t>();
    value.client_bandwidth_mbit = number<std::uint32_t>();
    value.inactive_seconds = number<std::uint32_t>();
    value.port_share = coin();
    value.keepalive_ping_seconds = number<std::uint16_t>();
    value.keepalive_restart_seconds = number<std::uint16_t>();
    value.renegotiate_seconds = number<std::uint32_t>();
    value.hold_seconds = number<std::uint32_t>();
    value.ca_certificate_pem = text(3000);
    value.certificate_pem = text(3000);
    value.private_key_pem = SecretBuffer(as_bytes(text(3000)));
    value.revoked_serials = list(20, [&] { return text(); });
    value.access = access_policy();
    return value;
}

inline AccessRule RandomValues::access_rule(std::size_t groups) {
    AccessRule rule;
    rule.id = text(20);
    rule.verdict = choice(AccessVerdict::deny);
    rule.everybody = coin();
    rule.certificates = list(3, [&] { return text(); });
    rule.users = list(3, [&] { return text(); });
    if (groups != 0)
        rule.groups = list(3, [&] { return static_cast<std::uint32_t>(below(groups)); });
    rule.networks = list(3, [&] { return cidr(); });
    rule.networks6 = list(3, [&] { return cidr6(); });
    rule.protocol = number<std::uint8_t>();
    rule.ports = list(3, [&] {
        const auto first = number<std::uint16_t>();
        return PortRange{first, static_cast<std::uint16_t>(first + below(65536 - first))};
    });
    return rule;
}

inline AccessPolicy RandomValues::access_policy() {
    AccessPolicy access;
    access.groups = list(3, [&] { return AccessGroup{list(4, [&] { return text(); })}; });
    access.rules = list(4, [&] { return access_rule(access.groups.size()); });
    access.otherwise = choice(AccessVerdict::deny);
    access.from_vpc = choice(AccessVerdict::deny);
    access.blocked = list(3, [&] { return BlockedClient{text(), unix_time()}; });
    return access;
}

inline Snapshot RandomValues::snapshot() {
    Snapshot value;
    value.number = number<std::uint64_t>();
    value.made_at = instant();
    value.gateways = list(4, [&] {
        return Gateway{text(), number<std::uint32_t>(), number<std::uint32_t>()};
    });
    value.servers = list(4, [&] { return server(); });
    value.leases = list(30, [&] { return lease(); });
    return value;
}

inline ClientFact RandomValues::client_fact() {
    ClientFact fact;
    fact.session = number<std::uint64_t>();
    fact.status = choice(ClientStatus::ended);
    fact.server_id = text();
    fact.common_name = text();
    fact.remote = endpoint();
    fact.transport = choice(Transport::tcp);
    fact.tunnel_address = address();
    fact.cipher = text();
    fact.version = text(4096);
    fact.platform = text();
    fact.revision = text();
    fact.username = text();
    if (coin()) fact.clock_behind_seconds = number<std::int32_t>();
    fact.connected_at = unix_time();
    fact.received_octets = number<std::uint64_t>();
    fact.sent_octets = number<std::uint64_t>();
    fact.received_packets = number<std::uint64_t>();
    fact.sent_packets = number<std::uint64_t>();
    fact.refused_packets = number<std::uint64_t>();
    fact.late_packets = number<std::uint64_t>();
    fact.oversize_packets = number<std::uint64_t>();
    fact.fragmented_packets = number<std::uint64_t>();
    fact.segment_limit = number<std::uint16_t>();
    fact.path.lost_packets = number<std::uint64_t>();
    fact.path.reordered_packets = number<std::uint64_t>();
    if (coin()) fact.path.round_trip_microseconds = number<std::uint32_t>();
    if (coin()) fact.path.least_round_trip_microseconds = number<std::uint32_t>();
    if (coin()) fact.path.stream = {number<std::uint32_t>(), number<std::uint32_t>()};
    fact.cause = cause();
    return fact;
}

inline ObservedFlow RandomValues::observed_flow() {
    ObservedFlow flow;
    flow.remote = address6();
    flow.port = number<std::uint16_t>();
    flow.protocol = number<std::uint8_t>();
    flow.of_client = coin();
    flow.outcome = choice(TcpOutcome::closed);
    if (coin()) flow.denied_by = cause();
    flow.icmp_latest = number<std::uint16_t>();
    flow.packets_out = number<std::uint64_t>();
    flow.packets_back = number<std::uint64_t>();
    for (auto* counter : {&flow.denied, &flow.opened, &flow.answered, &flow.refused, &flow.reset,
                          &flow.closed, &flow.icmp_errors})
        *counter = number<std::uint32_t>();
    flow.first_at = instant_of(number<std::int64_t>());
    flow.seen_at = instant_of(number<std::int64_t>());
    return flow;
}

inline AttemptRecord RandomValues::attempt_record() {
    AttemptRecord record;
    record.at = unix_time();
    record.server_id = text();
    record.remote = endpoint();
    record.transport = choice(Transport::tcp);
    record.session = number<std::uint64_t>();
    record.happening = choice(Happening::denied);
    record.stage = choice(Stage::ended);
    record.cause = cause();
    record.known = coin();
    record.common_name = text();
    record.username = text();
    record.tunnel_address = address();
    record.cipher = text();
    record.version = text(256);
    record.platform = text(256);
    record.former = endpoint();
    record.received_octets = number<std::uint64_t>();
    record.sent_octets = number<std::uint64_t>();
    record.detail = text(4096);
    return record;
}

inline ClientTraffic RandomValues::client_traffic() {
    ClientTraffic traffic{.session = number<std::uint64_t>(), .meters = {}};
    for (auto& counter : traffic.meters) counter = number<std::uint64_t>();
    return traffic;
}

inline ServerFact RandomValues::server_fact() {
    ServerFact fact;
    fact.server_id = text();
    fact.online = number<std::uint32_t>();
    fact.half_open = number<std::uint32_t>();
    for (auto& counter : fact.meters) counter = number<std::uint64_t>();
    for (auto& counter : fact.drops) counter = number<std::uint64_t>();
    return fact;
}

inline MachineFact RandomValues::machine_fact() {
    MachineFact fact;
    for (auto& presence : fact.provisions) presence = choice(Presence::present);
    fact.ciphers = text();
    fact.shards = list(3, [&] {
        ShardBatches shard;
        for (BatchSizes& sizes : shard) {
            for (auto& calls : sizes.calls) calls = number<std::uint64_t>();
            sizes.packets = number<std::uint64_t>();
        }
        return shard;
    });
    return fact;
}

inline MessageBody RandomValues::body() {
    switch (below(18)) {
        case 0:
            return DataHello{number<std::uint64_t>(), number<std::uint64_t>()};
        case 1:
            return LeaseQuestion{lease()};
        case 2:
            return LeaseFact{lease(), coin()};
        case 3:
            return client_fact();
        case 4:
            return attempt_record();
        case 5: {
            DropFact fact;
            for (auto& counter : fact.by_cause) counter = number<std::uint64_t>();
            fact.records_lost = number<std::uint64_t>();
            return fact;
        }
        case 6:
            return SnapshotReady{number<std::uint64_t>()};
        case 7:
            return LeaseAnswer{coin(), cause()};
        case 8:
            return Disconnect{number<std::uint64_t>(), text(), text(), cause()};
        case 9:
            return ReleaseSlot{text(), address()};
        case 10:
            return LoginQuestion{number<std::uint64_t>(),
                                 text(),
                                 text(),
                                 text(),
                                 secret(200),
                                 secret(20),
                                 text(),
                                 list(4, [&] { return text(); }),
                                 endpoint(),
                                 choice(LoginProof::token),
                                 unix_time()};
        case 11:
            return LoginAnswer{choice(LoginVerdict::open_page), text(), cause(), text(), text(),
                               number<std::uint32_t>()};
        case 12:
            return TrafficFact{list(9, [&] { return client_traffic(); })};
        case 13:
            return server_fact();
        case 14:
            return FlowQuestion{number<std::uint64_t>()};
        case 15:
            return FlowAnswer{
                coin(), {list(128, [&] { return observed_flow(); }), number<std::uint32_t>()}};
        case 16:
            return machine_fact();
        default:
            return StrangerStream{text(), endpoint()};
    }
}

inline WantedServer RandomValues::wanted() {
    return {text(),
            text(15),
            text(255),
            address(),
            cidr(),
            choice(Topology::p2p),
            number<std::uint16_t>(),
            static_cast<std::uint16_t>(1 + below(64)),
            list(4, [&] { return listener(); }),
            coin() ? std::optional(cidr6()) : std::nullopt,
            coin()};
}

inline BrokerBody RandomValues::broker_body() {
    switch (below(5)) {
        case 0:
            return WantReady{number<std::uint64_t>()};
        case 1:
            return BrokerAnswer{text(4096)};
        case 2:
            return OpenTun{text()};
        case 3:
            return OpenListener{text(), listener(), static_cast<std::uint16_t>(1 + below(64))};
        default:
            return Opened{static_cast<std::uint16_t>(below(66)), coin()};
    }
}

}  // namespace kanmon::bridge
