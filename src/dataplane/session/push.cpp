#include "dataplane/session/push.h"

#include "dataplane/session/push_inner6.h"

namespace kanmon::session {

namespace {

std::string route_to(const Cidr& network) {
    // A route to everything would also swallow the way to this gateway; clients know a better one.
    if (network.prefix == 0) return "redirect-gateway def1";
    return "route " + to_string(network.base) + " " + mask_text(network);
}

/// In net30 the client's gateway is the lower host of its own /30.
std::string net30_interface(Ipv4 client) {
    return "ifconfig " + to_string(client) + " " + to_string(Ipv4{client.value - 1});
}

std::string subnet_interface(Ipv4 client, const Cidr& pool) {
    return "ifconfig " + to_string(client) + " " + mask_text(pool);
}

void push_topology(std::vector<std::string>& options, const bridge::SslServer& server,
                   Ipv4 server_address) {
    if (server.topology == bridge::Topology::net30) {
        options.push_back("route " + to_string(server_address));
        options.push_back("topology net30");
    } else {
        options.push_back("route-gateway " + to_string(server_address));
        options.push_back("topology subnet");
    }
}

void push_keepalive(std::vector<std::string>& options, const bridge::SslServer& server) {
    if (server.keepalive_ping_seconds > 0)
        options.push_back("ping " + std::to_string(server.keepalive_ping_seconds));
    if (server.keepalive_restart_seconds > 0)
        options.push_back("ping-restart " + std::to_string(server.keepalive_restart_seconds));
}

void push_protocol(std::vector<std::string>& options, const Negotiated& agreed) {
    const bool exported = agreed.derivation == KeyDerivation::tls_ekm;
    if (!agreed.protocol_flags) {
        if (exported) options.push_back("key-derivation tls-ekm");
        return;
    }
    std::string flags = "protocol-flags cc-exit";
    if (exported) flags += " tls-ekm";
    if (agreed.dynamic_tls_crypt) flags += " dyn-tls-crypt";
    if (agreed.format == crypto::DataFormat::epoch) flags += " aead-epoch";
    options.push_back(std::move(flags));
}

/// Makes a client that was configured for compression frame its packets without compressing them.
void push_framing(std::vector<std::string>& options, wire::Framing framing) {
    if (framing == wire::Framing::stub_v2) options.push_back("compress stub-v2");
    if (framing == wire::Framing::lzo) options.push_back("comp-lzo no");
}

}  // namespace

PushOptions push_options(const bridge::SslServer& server, const Negotiated& agreed,
                         const PushSubject& subject) {
    std::vector<std::string> options;
    for (const Cidr& network : server.local_networks) options.push_back(route_to(network));
    for (const Ipv4 resolver : server.dns_servers)
        options.push_back("dhcp-option DNS " + to_string(resolver));
    push_routes6(options, server);
    push_topology(options, server, subject.server_address);
    push_keepalive(options, server);
    push_framing(options, agreed.framing);

    const std::size_t before_tail = options.size();
    options.push_back(server.topology == bridge::Topology::net30
                          ? net30_interface(subject.tunnel_address)
                          : subnet_interface(subject.tunnel_address, server.client_pool));
    push_interface6(options, server, subject);
    if (agreed.data_v2) options.push_back("peer-id " + std::to_string(subject.peer_id));
    if (agreed.push_cipher)
        options.push_back("cipher " + std::string(crypto::name_of(agreed.cipher)));
    push_protocol(options, agreed);
    if (agreed.tun_mtu) options.push_back("tun-mtu " + std::to_string(*agreed.tun_mtu));
    const std::size_t tail = options.size() - before_tail;
    return {std::move(options), tail};
}

}  // namespace kanmon::session
