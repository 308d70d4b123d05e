#include <array>

#include "controlplane/adapters/sqlite_shape.h"
#include "controlplane/model/option_table.h"

namespace kanmon::adapters {

namespace {

bridge::Topology read_topology(Statement& in) {
    const std::string text = in.text();
    if (text == "p2p") return bridge::Topology::p2p;
    return text == "net30" ? bridge::Topology::net30 : bridge::Topology::subnet;
}

model::AuthorityOrigin read_origin(Statement& in) {
    const std::string text = in.text();
    for (const auto origin : {model::AuthorityOrigin::own, model::AuthorityOrigin::imported,
                              model::AuthorityOrigin::elsewhere})
        if (text == model::origin_text(origin)) return origin;
    throw StoreError("the stored origin of an authority cannot be read");
}

model::ServerOptions read_options(Statement& in) {
    auto options = model::options_of(in.text());
    if (!options) throw StoreError("the stored settings of a server cannot be read");
    return std::move(*options);
}

}  // namespace

template <>
struct Shape<model::Vpc> {
    static constexpr auto table = "vpcs";
    static constexpr std::array columns{
        "id",   "account",           "region",    "name", "description",
        "cidr", "network_namespace", "created_at"};
    static constexpr auto account = "account", parent = "account";
    static void write(Statement& out, const model::Vpc& row) {
        out.bind(row.id.text)
            .bind(row.account.text)
            .bind(row.region)
            .bind(row.name)
            .bind(row.description)
            .bind(to_string(row.cidr))
            .bind(row.network_namespace)
            .bind(seconds_of(row.created_at));
    }
    static model::Vpc read(Statement& in) {
        model::Vpc row;
        row.id.text = in.text();
        row.account.text = in.text();
        row.region = in.text();
        row.name = in.text();
        row.description = in.text();
        row.cidr = read_cidr(in);
        row.network_namespace = in.text();
        row.created_at = read_time(in);
        return row;
    }
};

template <>
struct Shape<model::VpnGateway> {
    static constexpr auto table = "vpn_gateways";
    static constexpr std::array columns{"id",
                                        "account",
                                        "region",
                                        "vpc",
                                        "name",
                                        "description",
                                        "public_address",
                                        "bandwidth_mbit",
                                        "ssl_connections_max",
                                        "ssl_enabled",
                                        "ipsec_enabled",
                                        "network_type",
                                        "vswitch",
                                        "second_vswitch",
                                        "resource_group",
                                        "auto_propagate",
                                        "created_at",
                                        "created_by",
                                        "changed_by"};
    static constexpr auto account = "account", parent = "vpc";
    static void write(Statement& out, const model::VpnGateway& row) {
        out.bind(row.id.text)
            .bind(row.account.text)
            .bind(row.region)
            .bind(row.vpc.text)
            .bind(row.name)
            .bind(row.description)
            .bind(to_string(row.public_address))
            .bind(row.bandwidth_mbit)
            .bind(row.ssl_connections_max)
            .bind(row.ssl_enabled)
            .bind(row.ipsec_enabled)
            .bind(row.network_type)
            .bind(row.vswitch.text)
            .bind(row.second_vswitch.text)
            .bind(row.resource_group)
            .bind(row.auto_propagate)
            .bind(seconds_of(row.created_at))
            .bind(row.created_by)
            .bind(row.changed_by);
    }
    static model::VpnGateway read(Statement& in) {
        model::VpnGateway row;
        row.id.text = in.text();
        row.account.text = in.text();
        row.region = in.text();
        row.vpc.text = in.text();
        row.name = in.text();
        row.description = in.text();
        row.public_address = read_address(in);
        row.bandwidth_mbit = read_u32(in);
        row.ssl_connections_max = read_u32(in);
        row.ssl_enabled = in.number() != 0;
        row.ipsec_enabled = in.number() != 0;
        row.network_type = in.text();
        row.vswitch.text = in.text();
        row.second_vswitch.text = in.text();
        row.resource_group = in.text();
        row.auto_propagate = in.number() != 0;
        row.created_at = read_time(in);
        row.created_by = static_cast<std::uint64_t>(in.number());
        row.changed_by = static_cast<std::uint64_t>(in.number());
        return row;
    }
};

template <>
struct Shape<model::SslServer> {
    static constexpr auto table = "ssl_servers";
    static constexpr std::array columns{"id",
                                        "account",
                                        "gateway",
                                        "name",
                                        "client_pool",
                                        "local_subnet",
                                        "transport",
                                        "port",
                                        "cipher",
                                        "compress",
                                        "dns_servers",
                                        "topology",
                                        "hold_seconds",
                                        "options",
                                        "created_at",
                                        "authority_pem",
                                        "sealed_authority_key",
                                        "certificate_pem",
                                        "sealed_key",
                                        "sealed_wrapping_key",
                                        "sealed_token_key",
                                        "multi_factor",
                                        "idaas_instance",
                                        "idaas_application",
                                        "idaas_region",
                                        "revision",
                                        "authority_origin",
                                        "client_authority_pem"};
    static constexpr auto account = "account", parent = "gateway";
    static void write(Statement& out, const model::SslServer& row) {
        out.bind(row.id.text)
            .bind(row.account.text)
            .bind(row.gateway.text)
            .bind(row.name)
            .bind(to_string(row.client_pool))
            .bind(row.local_subnet)
            .bind(model::transport_text(row.transport))
            .bind(row.port)
            .bind(row.cipher)
            .bind(row.compress)
            .bind(row.dns_servers)
            .bind(model::topology_text(row.topology))
            .bind(row.hold_seconds)
            .bind(model::stored_text(row.options))
            .bind(seconds_of(row.created_at))
            .bind(row.authority_pem)
            .bind_blob(row.sealed_authority_key)
            .bind(row.certificate_pem)
            .bind_blob(row.sealed_key)
            .bind_blob(row.sealed_wrapping_key)
            .bind_blob(row.sealed_token_key)
            .bind(row.multi_factor)
            .bind(row.idaas_instance.text)
            .bind(row.idaas_application.text)
            .bind(row.idaas_region)
            .bind(row.revision)
            .bind(model::origin_text(row.origin))
            .bind(row.client_authority_pem);
    }
    static model::SslServer read(Statement& in) {
        model::SslServer row;
        row.id.text = in.text();
        row.account.text = in.text();
        row.gateway.text = in.text();
        row.name = in.text();
        row.client_pool = read_cidr(in);
        row.local_subnet = in.text();
        row.transport = in.text() == "UDP" ? bridge::Transport::udp : bridge::Transport::tcp;
        row.port = static_cast<std::uint16_t>(in.number());
        row.cipher = in.text();
        row.compress = in.number() != 0;
        row.dns_servers = in.text();
        row.topology = read_topology(in);
        row.hold_seconds = read_u32(in);
        row.options = read_options(in);
        row.created_at = read_time(in);
        row.authority_pem = in.text();
        row.sealed_authority_key = in.blob();
        row.certificate_pem = in.text();
        row.sealed_key = in.blob();
        row.sealed_wrapping_key = in.blob();
        row.sealed_token_key = in.blob();
        row.multi_factor = in.number() != 0;
        row.idaas_instance.text = in.text();
        row.idaas_application.text = in.text();
        row.idaas_region = in.text();
        row.revision = in.text();
        row.origin = read_origin(in);
        row.client_authority_pem = in.text();
        return row;
    }
};

template <>
struct Shape<model::ClientCertificate> {
    static constexpr auto table = "client_certificates";
    static constexpr std::array columns{"id",         "account",       "server", "name",
                                        "created_at", "not_after",     "serial", "certificate_pem",
                                        "sealed_key", "static_address"};
    static constexpr auto account = "account", parent = "server";
    static void write(Statement& out, const model::ClientCertificate& row) {
        out.bind(row.id.text)
            .bind(row.account.text)
            .bind(row.server.text)
            .bind(row.name)
            .bind(seconds_of(row.created_at))
            .bind(seconds_of(row.not_after))
            .bind(row.serial)
            .bind(row.certificate_pem)
            .bind_blob(row.sealed_key)
            .bind(row.static_address ? to_string(*row.static_address) : std::string());
    }
    static model::ClientCertificate read(Statement& in) {
        model::ClientCertificate row;
        row.id.text = in.text();
        row.account.text = in.text();
        row.server.text = in.text();
        row.name = in.text();
        row.created_at = read_time(in);
        row.not_after = read_time(in);
        row.serial = in.text();
        row.certificate_pem = in.text();
        row.sealed_key = in.blob();
        row.static_address = read_optional_address(in);
        return row;
    }
};

template <>
struct Shape<model::IdaasInstance> {
    static constexpr auto table = "idaas_instances";
    static constexpr std::array columns{"id", "account", "name", "created_at"};
    static constexpr auto account = "account", parent = "account";
    static void write(Statement& out, const model::IdaasInstance& row) {
        out.bind(row.id.text)
            .bind(row.account.text)
            .bind(row.name)
            .bind(seconds_of(row.created_at));
    }
    static model::IdaasInstance read(Statement& in) {
        model::IdaasInstance row;
        row.id.text = in.text();
        row.account.text = in.text();
        row.name = in.text();
        row.created_at = read_time(in);
        return row;
    }
};

template <>
struct Shape<model::IdaasUser> {
    static constexpr auto table = "idaas_users";
    static constexpr std::array columns{"id",          "account",    "instance",
                                        "name",        "enabled",    "password_hash",
                                        "sealed_totp", "created_at", "changed_at"};
    static constexpr auto account = "account", parent = "instance";
    static void write(Statement& out, const model::IdaasUser& row) {
        out.bind(row.id.text)
            .bind(row.account.text)
            .bind(row.instance.text)
            .bind(row.name)
            .bind(row.enabled)
            .bind(row.password_hash)
            .bind_blob(row.sealed_totp)
            .bind(seconds_of(row.created_at))
            .bind(seconds_of(row.changed_at));
    }
    static model::IdaasUser read(Statement& in) {
        model::IdaasUser row;
        row.id.text = in.text();
        row.account.text = in.text();
        row.instance.text = in.text();
        row.name = in.text();
        row.enabled = in.number() != 0;
        row.password_hash = in.text();
        row.sealed_totp = in.blob();
        row.created_at = read_time(in);
        row.changed_at = read_time(in);
        return row;
    }
};

template <>
struct Shape<model::RevokedCertificate> {
    static constexpr auto table = "revoked_certificates";
    static constexpr std::array columns{"id",        "account",    "server",   "serial",
                                        "not_after", "revoked_at", "scheduled"};
    static constexpr auto account = "account", parent = "server";
    static void write(Statement& out, const model::RevokedCertificate& row) {
        out.bind(row.id.text)
            .bind(row.account.text)
            .bind(row.server.text)
            .bind(row.serial)
            .bind(seconds_of(row.not_after))
            .bind(seconds_of(row.revoked_at))
            .bind(row.scheduled);
    }
    static model::RevokedCertificate read(Statement& in) {
        model::RevokedCertificate row;
        row.id.text = in.text();
        row.account.text = in.text();
        row.server.text = in.text();
        row.serial = in.text();
        row.not_after = read_time(in);
        row.revoked_at = read_time(in);
        row.scheduled = in.number() != 0;
        return row;
    }
};

template class SqliteTable<model::Vpc>;
template class SqliteTable<model::VpnGateway>;
template class SqliteTable<model::SslServer>;
template class SqliteTable<model::ClientCertificate>;
template class SqliteTable<model::RevokedCertificate>;
template class SqliteTable<model::IdaasInstance>;
template class SqliteTable<model::IdaasUser>;

}  // namespace kanmon::adapters
