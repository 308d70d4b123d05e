// SSL servers, with the rules that need more than one resource: pool size, overlaps, taken ports.
#pragma once

#include "controlplane/model/option_table.h"
#include "controlplane/usecases/ports.h"

namespace kanmon::usecases {

struct CreateSslServer {
    std::string gateway;
    std::string client_pool;   // ClientIpPool, required
    std::string local_subnet;  // LocalSubnet, required
    std::string transport;     // Proto; UDP when empty
    std::optional<std::int64_t> port;
    std::string cipher;
    bool compress = false;
    bool enable_multi_factor_auth = false;
    std::string idaas_instance;  // IDaaSInstanceId; required where users log in
    std::string dns_servers;
    std::string name;
    std::string topology;                      // extension `Topology`; net30 when empty
    std::optional<std::int64_t> hold_seconds;  // extension `HoldSeconds`; 300 when absent
    /// The other extensions. Without Wrapping: the strongest that the named `Clients` know.
    model::OptionTexts options;
};
struct SslServerCreated {
    model::SslServerId id;
    std::string name;
};
struct DescribeSslServers {
    std::string id;  // each filter: empty is all
    std::string gateway;
    std::string name;
    std::string resource_group = {};
    PageRequest page = {};
};
/// Absent: unchanged.
struct ModifySslServer {
    std::string id;
    std::optional<std::string> client_pool;
    std::optional<std::string> local_subnet;
    std::optional<std::string> transport;
    std::optional<std::int64_t> port;
    std::optional<std::string> cipher;
    std::optional<bool> compress;
    std::optional<bool> enable_multi_factor_auth;
    std::optional<std::string> idaas_instance;
    std::optional<std::string> dns_servers;
    std::optional<std::string> name;
    std::optional<std::string> topology;
    std::optional<std::int64_t> hold_seconds;
    model::OptionTexts options;  // those that are there
};
struct SslServerView {
    model::SslServer server;
    std::string region;
    std::string resource_group;  // of its gateway
    Ipv4 public_address;
    std::uint32_t connections = 0;  // clients online now
    std::uint32_t connections_max = 0;
};

class Clients;

class SslServers {
public:
    SslServers(Ports& ports, Clients& clients) : ports_(ports), clients_(clients) {}

    Outcome<SslServerCreated> create(const Call& call, const CreateSslServer& request);
    /// An unknown id gives an empty page.
    Outcome<Page<SslServerView>> list(const Call& call, const DescribeSslServers& request);
    /// InvalidSslVpnServerId.NotFound (404).
    Outcome<SslServerView> modify(const Call& call, const ModifySslServer& request);
    /// Takes its certificates with it.
    Outcome<void> remove(const Call& call, const model::SslServerId& id);

private:
    SslServerView view(Ledger& ledger, const model::SslServer& server) const;

    Ports& ports_;
    Clients& clients_;
};

}  // namespace kanmon::usecases
