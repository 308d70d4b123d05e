// Who is connected and whose slot is held: a view that lives in memory, fed by the data process.
#pragma once

#include <map>

#include "controlplane/model/client_connection.h"
#include "controlplane/usecases/ports.h"

namespace kanmon::usecases {

/// What lists call a connected client: its user, where one logged in, as the holder of its slot;
/// else its certificate.
inline const std::string& shown_name(const bridge::ClientFact& fact) {
    return fact.username.empty() ? fact.common_name : fact.username;
}

struct DescribeClients {
    std::string gateway;
    PageRequest page;
};

struct DisconnectClient {
    std::string server;
    std::string name;  // common name of a certificate, or a user
    std::optional<std::int64_t> block_minutes;
};
struct ListBlocked {
    std::string server;
    PageRequest page;
};

class Clients {
public:
    explicit Clients(Ports& ports) : ports_(ports) {}

    /// Online clients first, then held slots. InvalidVpnGatewayInstanceId.NotFound (404).
    Outcome<Page<model::ClientConnection>> list(const Call& call, const DescribeClients& request,
                                                Instant now);
    /// Extensions. Ends all sessions of a name, which may be refused from then on for a while;
    /// frees a held slot at once. IllegalParam.BlockMinutes, IllegalParam.CommonName,
    /// Resource.QuotaFull.
    Outcome<void> disconnect(const Call& call, const DisconnectClient& request);
    Outcome<void> release(const Call& call, const model::SslServerId& server, Ipv4 address);

    /// Who is blocked now, in the order in which they were.
    Outcome<Page<model::BlockedClient>> blocked(const Call& call, const ListBlocked& request);
    /// InvalidBlockedClient.NotFound (404).
    Outcome<void> unblock(const Call& call, const std::string& server, const std::string& name);

    /// From the data process. A new process forgets the clients of the old one: what has to be
    /// said of their ends, which nobody else can, is returned.
    std::vector<bridge::AttemptRecord> hello(const bridge::DataHello& hello, UnixTime wall);
    /// True for a client that was not known before.
    bool learn(const bridge::ClientFact& fact);
    void learn(const bridge::LeaseFact& fact);
    /// Sessions of users and their names; the caller holds the turn.
    std::vector<std::pair<std::uint64_t, std::string>> users_of(
        const model::SslServerId& server) const;
    /// Who uses this tunnel address now; the caller holds the turn.
    std::optional<bridge::ClientFact> at(const model::SslServerId& server, Ipv4 address) const;
    /// Slots that are held for clients that left.
    std::uint32_t slots_held(const model::SslServerId& server) const;
    /// Clients online now; the caller holds the turn.
    std::uint32_t online(const model::SslServerId& server) const;
    /// The same clients, and these with the held slots; the caller holds the turn.
    std::vector<model::ClientConnection> connected_to(const model::SslServer& server) const;
    std::uint32_t slots_taken(const model::SslServerId& server) const;

private:
    std::uint32_t held_count(const model::SslServerId& server) const;

    Ports& ports_;
    std::uint64_t process_ = 0;
    std::map<std::uint64_t, bridge::ClientFact> online_;  // by session
    std::map<std::pair<std::string, Ipv4>, bridge::Lease> held_;
};

}  // namespace kanmon::usecases
