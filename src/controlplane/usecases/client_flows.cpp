#include "controlplane/usecases/client_flows.h"

#include <algorithm>

#include "base/ip_numbers.h"
#include "controlplane/usecases/ownership.h"

namespace kanmon::usecases {

namespace {

template <class Network, class Address>
std::string covering(const std::vector<Network>& networks, const Address& address) {
    const auto found = std::ranges::find_if(
        networks, [&](const Network& network) { return network.contains(address); });
    return found == networks.end() ? std::string() : to_string(*found);
}

/// Where the tunnel of a server's clients leads. Of their own pool is the gateway's end of it.
struct Reach {
    std::vector<Cidr> networks;
    std::vector<Cidr6> networks6;

    explicit Reach(const model::SslServer& server)
        : networks(model::check_local_networks(server.local_subnet).value_or(std::vector<Cidr>())),
          networks6(server.options.local_networks6) {
        networks.push_back(server.client_pool);
        if (server.options.client_pool6) networks6.push_back(*server.options.client_pool6);
        if (!server.options.full_tunnel) return;
        networks.push_back(Cidr{Ipv4{}, 0});
        networks6.push_back(Cidr6{Ipv6{}, 0});
    }

    std::string network_of(const Ipv6& remote) const {
        const Endpoint place{remote, 0};
        return place.is_v4() ? covering(networks, place.as_v4()) : covering(networks6, remote);
    }
};

FlowOutcome outcome_of_tcp(bridge::TcpOutcome outcome, bool returned) {
    switch (outcome) {
        case bridge::TcpOutcome::answered:
            return FlowOutcome::answered;
        case bridge::TcpOutcome::refused:
            return FlowOutcome::refused;
        case bridge::TcpOutcome::reset:
            return FlowOutcome::reset;
        case bridge::TcpOutcome::closed:
            return FlowOutcome::closed;
        case bridge::TcpOutcome::unanswered:
            return FlowOutcome::unanswered;
        case bridge::TcpOutcome::none:
            break;  // it ran when the data process began to look
    }
    return returned ? FlowOutcome::answered : FlowOutcome::unanswered;
}

}  // namespace

std::string_view text_of(FlowOutcome outcome) {
    switch (outcome) {
        case FlowOutcome::denied:
            return "denied";
        case FlowOutcome::answered:
            return "answered";
        case FlowOutcome::refused:
            return "refused";
        case FlowOutcome::reset:
            return "reset";
        case FlowOutcome::closed:
            return "closed";
        case FlowOutcome::unreachable:
            return "unreachable";
        case FlowOutcome::unanswered:
            break;
    }
    return "unanswered";
}

FlowOutcome outcome_of(const bridge::ObservedFlow& flow) {
    const auto asked = flow.of_client ? flow.packets_out : flow.packets_back;
    const auto returned = flow.of_client ? flow.packets_back : flow.packets_out;
    if (flow.denied > 0 && asked == 0) return FlowOutcome::denied;
    const FlowOutcome made = flow.protocol == protocol_tcp
                                 ? outcome_of_tcp(flow.outcome, returned > 0)
                             : returned > 0 ? FlowOutcome::answered
                                            : FlowOutcome::unanswered;
    const bool silent = made == FlowOutcome::unanswered;
    return silent && flow.icmp_errors > 0 ? FlowOutcome::unreachable : made;
}

Outcome<ClientFlowPage> ClientFlows::describe(const Call& call,
                                              const DescribeClientFlows& request) {
    std::optional<model::SslServer> server;
    std::optional<bridge::ClientFact> client;
    {
        const std::lock_guard turn(ports_.turn);
        if (const auto fits = check_page(request.page); !fits) return unexpected(fits.error());
        auto own = look_for<model::SslServer>(
            ports_.books, [&](Ledger& ledger) { return own_server(ledger, call, request.server); });
        if (!own) return unexpected(own.error());
        server = std::move(*own);
        client = clients_.at(server->id, request.address);
    }
    const auto gone = [&] {
        return model::not_found("InvalidSslVpnClient.NotFound", "connected client at",
                                to_string(request.address));
    };
    if (!client) return gone();
    const auto told = ports_.flows.flows_of(client->session);
    if (!told)
        return model::unavailable("The data process does not answer now; try again in a moment.");
    if (!told->known) return gone();
    std::vector<ClientFlow> flows;
    const Reach reach(*server);
    for (const bridge::ObservedFlow& seen : told->seen.flows)
        flows.push_back({seen, outcome_of(seen), reach.network_of(seen.remote)});
    auto page = page_of(std::move(flows), request.page);
    if (!page) return unexpected(page.error());
    return ClientFlowPage{std::move(*client), std::move(*page), told->seen.displaced};
}

}  // namespace kanmon::usecases
