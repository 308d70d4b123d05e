// The octets of a snapshot: version u16, then the fields in the order of `fields` below.
// Texts and lists carry a u32 length before them; everything is big-endian.
#include "bridge/snapshot.h"

#include "bridge/shared_fields.h"

namespace kanmon::bridge {

namespace {

constexpr std::size_t gateways_max = 65536;
constexpr std::size_t servers_max = 65536;
constexpr std::size_t leases_max = std::size_t{4} << 20;
constexpr std::size_t networks_max = 4096;
constexpr std::size_t dns_servers_max = 16;
constexpr std::size_t ciphers_max = 16;
constexpr std::size_t serials_max = std::size_t{1} << 20;
constexpr std::size_t word_octets_max = 64;
constexpr std::size_t pem_octets_max = std::size_t{256} << 10;

constexpr std::size_t gateway_octets_least = 4 + 4 + 4;
constexpr std::size_t server_octets_least = 137;  // every text and list empty, no IPv6
constexpr std::size_t domains_max = 64;
constexpr std::size_t domain_octets_max = 255;
constexpr std::size_t static_addresses_max = 65536;
constexpr std::size_t cidr_octets = 4 + 1;
constexpr std::size_t cidr6_octets = 16 + 1;
constexpr std::size_t port_range_octets = 2 + 2;
constexpr std::size_t access_rule_octets_least = 4 + 1 + 1 + 4 * 5 + 1 + 4;
constexpr std::size_t key_octets_max = 256;

constexpr auto each_word = [](auto& codec, auto& word) { codec.text(word, word_octets_max); };

constexpr auto each_domain = [](auto& codec, auto& name) { codec.text(name, domain_octets_max); };

template <class Codec, FieldsOf<Gateway> T>
void fields(Codec& codec, T& gateway) {
    codec.text(gateway.id, id_octets_max);
    codec.number(gateway.connections_max);
    codec.number(gateway.bandwidth_mbit);
}

constexpr auto each_gateway = [](auto& codec, auto& gateway) { fields(codec, gateway); };

template <class Codec, FieldsOf<ControlWrapping> T>
void fields(Codec& codec, T& wrapping) {
    codec.choice(wrapping.kind, Wrapping::tls_crypt_v2);
    codec.secret(wrapping.key, key_octets_max);
    codec.text(wrapping.digest, word_octets_max);
    codec.truth(wrapping.directed);
}

template <class Codec, FieldsOf<Login> T>
void fields(Codec& codec, T& login) {
    codec.truth(login.certificate);
    codec.truth(login.password);
    codec.truth(login.code);
    codec.truth(login.web);
    codec.number(login.token_seconds);
    codec.secret(login.token_key, key_octets_max);
}

template <class Codec, FieldsOf<StaticAddress> T>
void fields(Codec& codec, T& fixed) {
    codec.text(fixed.holder, text_octets_max);
    bridge::fields(codec, fixed.address);
}

constexpr auto each_static_address = [](auto& codec, auto& fixed) { fields(codec, fixed); };

template <class Codec, FieldsOf<Inner6> T>
void fields(Codec& codec, T& inner) {
    bridge::fields(codec, inner.client_pool);
    codec.list(inner.local_networks, networks_max, cidr6_octets, each_by_fields);
    codec.list(inner.dns_servers, dns_servers_max, 16, each_by_fields);
}

constexpr auto inner6_fields = [](auto& codec, auto& inner) { fields(codec, inner); };

template <class Codec, FieldsOf<PortRange> T>
void fields(Codec& codec, T& range) {
    codec.number(range.first);
    codec.number(range.last);
    codec.require(range.first <= range.last);
}

constexpr auto each_port_range = [](auto& codec, auto& range) { fields(codec, range); };
constexpr auto each_holder = [](auto& codec, auto& name) { codec.text(name, text_octets_max); };
constexpr auto each_place = [](auto& codec, auto& place) { codec.number(place); };

template <class Codec, FieldsOf<AccessRule> T>
void fields(Codec& codec, T& rule) {
    codec.text(rule.id, id_octets_max);
    codec.choice(rule.verdict, AccessVerdict::deny);
    codec.truth(rule.everybody);
    codec.list(rule.certificates, access_names_max, 4, each_holder);
    codec.list(rule.users, access_names_max, 4, each_holder);
    codec.list(rule.groups, access_groups_max, 4, each_place);
    codec.list(rule.networks, access_networks_max, cidr_octets, each_by_fields);
    codec.list(rule.networks6, access_networks_max, cidr6_octets, each_by_fields);
    codec.number(rule.protocol);
    codec.list(rule.ports, access_ports_max, port_range_octets, each_port_range);
}

constexpr auto each_access_rule = [](auto& codec, auto& rule) { fields(codec, rule); };

constexpr auto each_access_group = [](auto& codec, auto& group) {
    codec.list(group.users, access_names_max, 4, each_holder);
};

constexpr auto each_blocked_client = [](auto& codec, auto& blocked) {
    codec.text(blocked.name, text_octets_max);
    codec.unix_time(blocked.until);
};

template <class Codec, FieldsOf<AccessPolicy> T>
void fields(Codec& codec, T& access) {
    codec.list(access.groups, access_groups_max, 4, each_access_group);
    codec.list(access.rules, access_rules_max, access_rule_octets_least, each_access_rule);
    for (const AccessRule& rule : access.rules)
        for (const std::uint32_t place : rule.groups) codec.require(place < access.groups.size());
    codec.choice(access.otherwise, AccessVerdict::deny);
    codec.choice(access.from_vpc, AccessVerdict::deny);
    codec.list(access.blocked, blocked_clients_max, 4 + 8, each_blocked_client);
}

template <class Codec, FieldsOf<SslServer> T>
void fields(Codec& codec, T& server) {
    codec.text(server.id, id_octets_max);
    codec.text(server.gateway_id, id_octets_max);
    codec.text(server.revision, word_octets_max * 2);
    codec.truth(server.enabled);
    codec.list(server.listeners, listeners_max, listener_octets, each_by_fields);
    bridge::fields(codec, server.client_pool);
    codec.choice(server.topology, Topology::p2p);
    codec.list(server.local_networks, networks_max, cidr_octets, each_by_fields);
    codec.list(server.dns_servers, dns_servers_max, 4, each_by_fields);
    codec.list(server.dns_search_domains, domains_max, 4, each_domain);
    codec.list(server.dns_split_domains, domains_max, 4, each_domain);
    codec.optional(server.inner6, inner6_fields);
    codec.truth(server.full_tunnel);
    codec.truth(server.block_lan);
    codec.list(server.static_addresses, static_addresses_max, 8, each_static_address);
    codec.choice(server.same_holder, SameHolder::replace_older);
    fields(codec, server.wrapping);
    fields(codec, server.login);
    codec.list(server.ciphers, ciphers_max, 4, each_word);
    codec.text(server.fallback_cipher, word_octets_max);
    codec.text(server.digest, word_octets_max);
    codec.truth(server.compression_framing);
    codec.number(server.tun_mtu);
    codec.number(server.outer_octets_max);
    codec.number(server.client_bandwidth_mbit);
    codec.number(server.inactive_seconds);
    codec.truth(server.port_share);
    codec.number(server.keepalive_ping_seconds);
    codec.number(server.keepalive_restart_seconds);
    codec.number(server.renegotiate_seconds);
    codec.number(server.hold_seconds);
    codec.text(server.ca_certificate_pem, pem_octets_max);
    codec.text(server.certificate_pem, pem_octets_max);
    codec.secret(server.private_key_pem, pem_octets_max);
    codec.list(server.revoked_serials, serials_max, 4, each_word);
    fields(codec, server.access);
}

constexpr auto each_server = [](auto& codec, auto& server) { fields(codec, server); };

template <class Codec, FieldsOf<Snapshot> T>
void fields(Codec& codec, T& snapshot) {
    codec.number(snapshot.number);
    codec.instant(snapshot.made_at);
    codec.list(snapshot.gateways, gateways_max, gateway_octets_least, each_gateway);
    codec.list(snapshot.servers, servers_max, server_octets_least, each_server);
    codec.list(snapshot.leases, leases_max, lease_octets_least, each_by_fields);
}

}  // namespace

std::uint32_t pool_capacity(const Cidr& pool, Topology topology) {
    const std::uint64_t used = topology == Topology::net30 ? 2 : 3;
    const std::uint64_t units = topology == Topology::net30 ? pool.size() / 4 : pool.size();
    return units > used ? static_cast<std::uint32_t>(units - used) : 0;
}

Ipv6 tunnel_address6(const Cidr& pool, const Cidr6& pool6, Ipv4 address) {
    Ipv6 result = pool6.base;
    std::uint64_t carry = address.value - pool.base.value;
    for (std::size_t i = result.octets.size(); i-- > 0 && carry != 0; carry >>= 8) {
        carry += result.octets[i];
        result.octets[i] = static_cast<std::uint8_t>(carry);
    }
    return result;
}

std::optional<Ipv4> tunnel_address4(const Cidr& pool, const Cidr6& pool6, const Ipv6& address) {
    std::uint64_t offset = 0;
    int borrow = 0;
    for (std::size_t i = address.octets.size(); i-- > 0;) {
        const int difference = address.octets[i] - pool6.base.octets[i] - borrow;
        borrow = difference < 0 ? 1 : 0;
        const auto octet = static_cast<std::uint8_t>(difference);
        const std::size_t place = address.octets.size() - 1 - i;
        if (place < 4)
            offset |= std::uint64_t{octet} << (8 * place);
        else if (octet != 0)
            return std::nullopt;
    }
    if (borrow != 0 || offset >= pool.size()) return std::nullopt;
    return Ipv4{pool.base.value + static_cast<std::uint32_t>(offset)};
}

Buffer encode(const Snapshot& snapshot) {
    FieldEncoder out;
    out.number(snapshot_version);
    fields(out, snapshot);
    return out.finish(snapshot_octets_max);
}

Expected<Snapshot, SnapshotError> decode_snapshot(Bytes octets) {
    if (octets.size() > snapshot_octets_max) return unexpected(SnapshotError::too_large);
    FieldDecoder in(octets);
    std::uint16_t version = 0;
    in.number(version);
    if (in.ok() && version != snapshot_version) return unexpected(SnapshotError::wrong_version);
    Snapshot snapshot;
    fields(in, snapshot);
    if (!in.in_range()) return unexpected(SnapshotError::out_of_range);
    if (!in.ok()) return unexpected(SnapshotError::truncated);
    if (!in.finished()) return unexpected(SnapshotError::trailing);
    return snapshot;
}

}  // namespace kanmon::bridge
