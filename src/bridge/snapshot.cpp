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
constexpr std::size_t server_octets_least = 73;  // every text and list empty

constexpr auto each_word = [](auto& codec, auto& word) { codec.text(word, word_octets_max); };

template <class Codec, FieldsOf<Gateway> T>
void fields(Codec& codec, T& gateway) {
    codec.text(gateway.id, id_octets_max);
    codec.number(gateway.connections_max);
    codec.number(gateway.bandwidth_mbit);
}

constexpr auto each_gateway = [](auto& codec, auto& gateway) { fields(codec, gateway); };

template <class Codec, FieldsOf<SslServer> T>
void fields(Codec& codec, T& server) {
    codec.text(server.id, id_octets_max);
    codec.text(server.gateway_id, id_octets_max);
    codec.text(server.revision, word_octets_max * 2);
    codec.truth(server.enabled);
    codec.list(server.listeners, listeners_max, listener_octets, each_by_fields);
    bridge::fields(codec, server.client_pool);
    codec.choice(server.topology, Topology::subnet);
    codec.list(server.local_networks, networks_max, 5, each_by_fields);
    codec.list(server.dns_servers, dns_servers_max, 4, each_by_fields);
    codec.list(server.ciphers, ciphers_max, 4, each_word);
    codec.text(server.fallback_cipher, word_octets_max);
    codec.text(server.digest, word_octets_max);
    codec.number(server.tun_mtu);
    codec.number(server.keepalive_ping_seconds);
    codec.number(server.keepalive_restart_seconds);
    codec.number(server.renegotiate_seconds);
    codec.number(server.hold_seconds);
    codec.text(server.ca_certificate_pem, pem_octets_max);
    codec.text(server.certificate_pem, pem_octets_max);
    codec.secret(server.private_key_pem, pem_octets_max);
    codec.list(server.revoked_serials, serials_max, 4, each_word);
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
