// Shapes of what leads to other sites: vSwitches, customer gateways, IPsec connections, their
// tunnels, routes and diagnoses, and the tags of resources.
#include <array>

#include "controlplane/adapters/sqlite_shape.h"

namespace kanmon::adapters {

namespace {

model::TunnelSettings read_settings(Statement& in) {
    auto settings = model::tunnel_settings_of(in.text());
    if (!settings) throw StoreError("the stored settings of a tunnel cannot be read");
    return std::move(*settings);
}

model::TaggedKind read_kind(Statement& in) {
    const auto kind = model::check_tagged_kind(in.text());
    if (!kind) throw StoreError("the stored kind of a tag cannot be read");
    return *kind;
}

}  // namespace

template <>
struct Shape<model::VSwitch> {
    static constexpr auto table = "vswitches";
    static constexpr std::array columns{"id",   "account", "vpc",         "zone",
                                        "cidr", "name",    "description", "created_at"};
    static constexpr auto account = "account", parent = "vpc";
    static void write(Statement& out, const model::VSwitch& row) {
        out.bind(row.id.text)
            .bind(row.account.text)
            .bind(row.vpc.text)
            .bind(row.zone)
            .bind(to_string(row.cidr))
            .bind(row.name)
            .bind(row.description)
            .bind(seconds_of(row.created_at));
    }
    static model::VSwitch read(Statement& in) {
        model::VSwitch row;
        row.id.text = in.text();
        row.account.text = in.text();
        row.vpc.text = in.text();
        row.zone = in.text();
        row.cidr = read_cidr(in);
        row.name = in.text();
        row.description = in.text();
        row.created_at = read_time(in);
        return row;
    }
};

template <>
struct Shape<model::CustomerGateway> {
    static constexpr auto table = "customer_gateways";
    static constexpr std::array columns{
        "id",      "account", "region",          "name",      "description", "resource_group",
        "address", "asn",     "sealed_auth_key", "created_at"};
    static constexpr auto account = "account", parent = "account";
    static void write(Statement& out, const model::CustomerGateway& row) {
        out.bind(row.id.text)
            .bind(row.account.text)
            .bind(row.region)
            .bind(row.name)
            .bind(row.description)
            .bind(row.resource_group)
            .bind(to_string(row.address))
            .bind(row.asn)
            .bind_blob(row.sealed_auth_key)
            .bind(seconds_of(row.created_at));
    }
    static model::CustomerGateway read(Statement& in) {
        model::CustomerGateway row;
        row.id.text = in.text();
        row.account.text = in.text();
        row.region = in.text();
        row.name = in.text();
        row.description = in.text();
        row.resource_group = in.text();
        row.address = read_address(in);
        row.asn = read_u32(in);
        row.sealed_auth_key = in.blob();
        row.created_at = read_time(in);
        return row;
    }
};

template <>
struct Shape<model::VpnConnection> {
    static constexpr auto table = "vpn_connections";
    static constexpr std::array columns{"id",
                                        "account",
                                        "gateway",
                                        "name",
                                        "local_subnet",
                                        "remote_subnet",
                                        "effective_at_once",
                                        "auto_route",
                                        "dynamic_routing",
                                        "named_tunnels",
                                        "health_enabled",
                                        "health_destination",
                                        "health_source",
                                        "health_interval",
                                        "health_retries",
                                        "health_policy",
                                        "created_at"};
    static constexpr auto account = "account", parent = "gateway";
    static void write(Statement& out, const model::VpnConnection& row) {
        out.bind(row.id.text)
            .bind(row.account.text)
            .bind(row.gateway.text)
            .bind(row.name)
            .bind(row.local_subnet)
            .bind(row.remote_subnet)
            .bind(row.effective_at_once)
            .bind(row.auto_route)
            .bind(row.dynamic_routing)
            .bind(row.named_tunnels)
            .bind(row.health.enabled)
            .bind(row.health.destination)
            .bind(row.health.source)
            .bind(row.health.interval_seconds)
            .bind(row.health.retries)
            .bind(row.health.policy)
            .bind(seconds_of(row.created_at));
    }
    static model::VpnConnection read(Statement& in) {
        model::VpnConnection row;
        row.id.text = in.text();
        row.account.text = in.text();
        row.gateway.text = in.text();
        row.name = in.text();
        row.local_subnet = in.text();
        row.remote_subnet = in.text();
        row.effective_at_once = in.number() != 0;
        row.auto_route = in.number() != 0;
        row.dynamic_routing = in.number() != 0;
        row.named_tunnels = in.number() != 0;
        row.health.enabled = in.number() != 0;
        row.health.destination = in.text();
        row.health.source = in.text();
        row.health.interval_seconds = read_u32(in);
        row.health.retries = read_u32(in);
        row.health.policy = in.text();
        row.created_at = read_time(in);
        return row;
    }
};

template <>
struct Shape<model::IpsecTunnel> {
    static constexpr auto table = "ipsec_tunnels";
    static constexpr std::array columns{"id",
                                        "account",
                                        "connection",
                                        "customer_gateway",
                                        "role",
                                        "dead_peer_detection",
                                        "nat_traversal",
                                        "settings",
                                        "sealed_psk"};
    static constexpr auto account = "account", parent = "connection";
    static void write(Statement& out, const model::IpsecTunnel& row) {
        out.bind(row.id.text)
            .bind(row.account.text)
            .bind(row.connection.text)
            .bind(row.customer_gateway.text)
            .bind(model::tunnel_role_text(row.role))
            .bind(row.dead_peer_detection)
            .bind(row.nat_traversal)
            .bind(model::stored_text(row.settings))
            .bind_blob(row.sealed_psk);
    }
    static model::IpsecTunnel read(Statement& in) {
        model::IpsecTunnel row;
        row.id.text = in.text();
        row.account.text = in.text();
        row.connection.text = in.text();
        row.customer_gateway.text = in.text();
        row.role = in.text() == "master" ? model::TunnelRole::master : model::TunnelRole::slave;
        row.dead_peer_detection = in.number() != 0;
        row.nat_traversal = in.number() != 0;
        row.settings = read_settings(in);
        row.sealed_psk = in.blob();
        return row;
    }
};

template <>
struct Shape<model::VpnRoute> {
    static constexpr auto table = "vpn_routes";
    static constexpr std::array columns{"id",           "account",   "gateway",     "next_hop",
                                        "policy_based", "source",    "destination", "weight",
                                        "priority",     "published", "description", "created_at"};
    static constexpr auto account = "account", parent = "gateway";
    static void write(Statement& out, const model::VpnRoute& row) {
        out.bind(row.id.text)
            .bind(row.account.text)
            .bind(row.gateway.text)
            .bind(row.next_hop.text)
            .bind(row.policy_based)
            .bind(to_string(row.source))
            .bind(to_string(row.destination))
            .bind(row.weight)
            .bind(row.priority)
            .bind(row.published)
            .bind(row.description)
            .bind(seconds_of(row.created_at));
    }
    static model::VpnRoute read(Statement& in) {
        model::VpnRoute row;
        row.id.text = in.text();
        row.account.text = in.text();
        row.gateway.text = in.text();
        row.next_hop.text = in.text();
        row.policy_based = in.number() != 0;
        row.source = read_cidr(in);
        row.destination = read_cidr(in);
        row.weight = read_u32(in);
        row.priority = read_u32(in);
        row.published = in.number() != 0;
        row.description = in.text();
        row.created_at = read_time(in);
        return row;
    }
};

template <>
struct Shape<model::ResourceTag> {
    static constexpr auto table = "resource_tags";
    static constexpr std::array columns{"id", "account", "resource", "kind", "key", "value"};
    static constexpr auto account = "account", parent = "resource";
    static void write(Statement& out, const model::ResourceTag& row) {
        out.bind(row.id.text)
            .bind(row.account.text)
            .bind(row.resource)
            .bind(model::tagged_kind_text(row.kind))
            .bind(row.tag.key)
            .bind(row.tag.value);
    }
    static model::ResourceTag read(Statement& in) {
        model::ResourceTag row;
        row.id.text = in.text();
        row.account.text = in.text();
        row.resource = in.text();
        row.kind = read_kind(in);
        row.tag.key = in.text();
        row.tag.value = in.text();
        return row;
    }
};

template <>
struct Shape<model::Diagnosis> {
    static constexpr auto table = "diagnoses";
    static constexpr std::array columns{"id",         "account", "gateway",
                                        "connection", "made_at", "items"};
    static constexpr auto account = "account", parent = "gateway";
    static void write(Statement& out, const model::Diagnosis& row) {
        out.bind(row.id.text)
            .bind(row.account.text)
            .bind(row.gateway.text)
            .bind(row.connection.text)
            .bind(seconds_of(row.made_at))
            .bind(model::stored_text(row.items));
    }
    static model::Diagnosis read(Statement& in) {
        model::Diagnosis row;
        row.id.text = in.text();
        row.account.text = in.text();
        row.gateway.text = in.text();
        row.connection.text = in.text();
        row.made_at = read_time(in);
        auto items = model::diagnosis_items_of(in.text());
        if (!items) throw StoreError("a stored diagnosis cannot be read");
        row.items = std::move(*items);
        return row;
    }
};

template class SqliteTable<model::VSwitch>;
template class SqliteTable<model::CustomerGateway>;
template class SqliteTable<model::VpnConnection>;
template class SqliteTable<model::IpsecTunnel>;
template class SqliteTable<model::VpnRoute>;
template class SqliteTable<model::ResourceTag>;
template class SqliteTable<model::Diagnosis>;

}  // namespace kanmon::adapters
