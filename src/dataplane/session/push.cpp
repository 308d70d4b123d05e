#include "dataplane/session/push.h"

#include <algorithm>
#include <span>

#include "dataplane/session/push_inner6.h"

namespace kanmon::session {

namespace {

using bridge::Topology;

constexpr std::size_t addresses_of_a_dns_server_max = 8;  // what 2.7 and openvpn3 take

/// The options of one client while they are put together.
class Writer {
public:
    Writer(const bridge::SslServer& server, const PushSubject& subject)
        : server_(server), subject_(subject), topology_(topology_for(server, subject.dialect)) {}

    void routes();
    void redirection();
    void names();
    void topology();
    void keepalive();
    void interface();
    void protocol(const Negotiated& agreed);
    void framing(wire::Framing framing);

    std::size_t size() const { return options_.size(); }
    std::vector<std::string> take() { return std::move(options_); }

private:
    /// Windows and openvpn3 know no p2p; single addresses serve them as a subnet.
    static Topology topology_for(const bridge::SslServer& server, const Dialect& dialect) {
        const bool as_subnet = server.topology == Topology::p2p && !dialect.point_to_point;
        return as_subnet ? Topology::subnet : server.topology;
    }

    void add(std::string option) {
        const bool readable =
            option.size() <= option_octets_max && option.find(',') == std::string::npos;
        if (readable) options_.push_back(std::move(option));
    }

    void names_for_new_clients();
    void names_for_old_clients();
    bool everything4() const;
    bool everything6() const;

    const bridge::SslServer& server_;
    const PushSubject& subject_;
    Topology topology_;
    std::vector<std::string> options_;
};

bool Writer::everything4() const {
    return server_.full_tunnel ||
           std::ranges::any_of(server_.local_networks, [](const Cidr& n) { return n.prefix == 0; });
}

bool Writer::everything6() const {
    return server_.full_tunnel && server_.inner6.has_value();
}

/// A route to everything would also swallow the way to this gateway: that is `redirection`.
void Writer::routes() {
    for (const Cidr& network : server_.local_networks)
        if (network.prefix > 0) add("route " + to_string(network.base) + " " + mask_text(network));
    push_routes6(options_, server_);
    if (everything6() && !subject_.dialect.redirect_flags6) push_everything6(options_);
}

/// def1 lays two half routes over the default route instead of replacing it. Without IPv6 of its
/// own a full tunnel asks clients to refuse IPv6 rather than to let it pass beside the tunnel;
/// giving them a made-up address to that end would end clients on machines that have IPv6 off.
void Writer::redirection() {
    std::string flags;
    if (everything4()) flags += " def1";
    if (everything6() && subject_.dialect.redirect_flags6) flags += " ipv6";
    if (everything4() && server_.block_lan) flags += " block-local";
    if (!flags.empty()) add("redirect-gateway" + flags);
    if (server_.full_tunnel && !server_.inner6) add("block-ipv6");
}

/// One spelling only: 2.7 forgets nothing of `dhcp-option` when an update replaces it, and what
/// understands `dns` makes the older environment for scripts by itself.
void Writer::names() {
    if (subject_.dialect.dns_option)
        names_for_new_clients();
    else
        names_for_old_clients();
}

void Writer::names_for_new_clients() {
    std::vector<std::string> addresses;
    for (const Ipv4 resolver : server_.dns_servers) addresses.push_back(to_string(resolver));
    if (server_.inner6)
        for (const Ipv6& resolver : server_.inner6->dns_servers)
            addresses.push_back(to_string(resolver));
    for (const std::string& domain : server_.dns_search_domains)
        add("dns search-domains " + domain);
    std::span<const std::string> rest(addresses);
    for (unsigned priority = 0; !rest.empty(); ++priority) {
        const std::string name = "dns server " + std::to_string(priority);
        const auto group = rest.first(std::min(rest.size(), addresses_of_a_dns_server_max));
        std::string option = name + " address";
        for (const std::string& address : group) option += " " + address;
        add(std::move(option));
        for (const std::string& domain : server_.dns_split_domains)
            add(name + " resolve-domains " + domain);
        rest = rest.subspan(group.size());
    }
}

void Writer::names_for_old_clients() {
    for (const Ipv4 resolver : server_.dns_servers) add("dhcp-option DNS " + to_string(resolver));
    if (server_.inner6)
        for (const Ipv6& resolver : server_.inner6->dns_servers)
            add("dhcp-option DNS6 " + to_string(resolver));
    // Every version takes one DOMAIN; the list came with 2.5.
    const char* kind = "dhcp-option DOMAIN ";
    for (const std::string& domain : server_.dns_search_domains) {
        add(kind + domain);
        kind = "dhcp-option DOMAIN-SEARCH ";
    }
    if (subject_.dialect.routed_domains)
        for (const std::string& domain : server_.dns_split_domains)
            add("dhcp-option DOMAIN-ROUTE " + domain);
}

void Writer::topology() {
    switch (topology_) {
        case Topology::net30:
            add("route " + to_string(subject_.server_address));
            return add("topology net30");
        case Topology::subnet:
            add("route-gateway " + to_string(subject_.server_address));
            return add("topology subnet");
        case Topology::p2p:
            return add("topology p2p");
    }
}

void Writer::keepalive() {
    if (server_.keepalive_ping_seconds > 0)
        add("ping " + std::to_string(server_.keepalive_ping_seconds));
    if (server_.keepalive_restart_seconds > 0)
        add("ping-restart " + std::to_string(server_.keepalive_restart_seconds));
}

/// In net30 the client's gateway is the lower host of its own /30, in p2p the gateway itself.
void Writer::interface() {
    const Ipv4 client = subject_.tunnel_address;
    std::string second = mask_text(server_.client_pool);
    if (topology_ == Topology::net30) second = to_string(Ipv4{client.value - 1});
    if (topology_ == Topology::p2p) second = to_string(subject_.server_address);
    add("ifconfig " + to_string(client) + " " + second);
    push_interface6(options_, server_, subject_);
}

void Writer::protocol(const Negotiated& agreed) {
    if (agreed.data_v2) add("peer-id " + std::to_string(subject_.peer_id));
    if (agreed.push_cipher) add("cipher " + std::string(crypto::name_of(agreed.cipher)));
    const bool exported = agreed.derivation == KeyDerivation::tls_ekm;
    if (agreed.protocol_flags) {
        std::string flags = "protocol-flags cc-exit";
        if (exported) flags += " tls-ekm";
        if (agreed.dynamic_tls_crypt) flags += " dyn-tls-crypt";
        if (agreed.format == crypto::DataFormat::epoch) flags += " aead-epoch";
        add(std::move(flags));
    } else if (exported) {
        add("key-derivation tls-ekm");
    }
    if (agreed.tun_mtu) add("tun-mtu " + std::to_string(*agreed.tun_mtu));
}

/// Makes a client that was configured for compression frame its packets without compressing them.
void Writer::framing(wire::Framing framing) {
    if (framing == wire::Framing::stub_v2) add("compress stub-v2");
    if (framing == wire::Framing::lzo) add("comp-lzo no");
}

}  // namespace

Dialect dialect_of(const wire::PeerInfo& peer) {
    const bool openvpn3 = peer.version.starts_with("3.");
    const bool windows = peer.platform == "win";
    return {.dns_option = peer.can(wire::Ability::dns_option_v2),
            .routed_domains = !windows,
            .point_to_point = !openvpn3 && !windows,
            .redirect_flags6 = !peer.version.empty() && !peer.version.starts_with("2.3")};
}

PushOptions push_options(const bridge::SslServer& server, const Negotiated& agreed,
                         const PushSubject& subject) {
    Writer writer(server, subject);
    writer.routes();
    writer.redirection();
    writer.names();
    writer.topology();
    writer.keepalive();
    writer.framing(agreed.framing);
    const std::size_t before_tail = writer.size();
    writer.interface();
    writer.protocol(agreed);
    const std::size_t tail = writer.size() - before_tail;
    return {writer.take(), tail};
}

}  // namespace kanmon::session
