// What a connected client speaks with, as the data process saw it, and which of the server's local
// networks covers each place: evidence for whoever asks why something does not work.
#pragma once

#include "controlplane/usecases/clients.h"

namespace kanmon::usecases {

struct DescribeClientFlows {
    std::string server;
    Ipv4 address;  // the client's tunnel address
    PageRequest page;
};

/// What came of a flow, over all that was seen of it, the latest first.
enum class FlowOutcome : std::uint8_t {
    denied,       // the gateway let nothing pass
    answered,     // the side that was asked answers
    refused,      // TCP: it said no
    reset,        // TCP: it broke off
    closed,       // TCP: over, in order
    unreachable,  // nothing but an ICMP error came back
    unanswered    // nothing came back
};
std::string_view text_of(FlowOutcome outcome);
FlowOutcome outcome_of(const bridge::ObservedFlow& flow);

struct ClientFlow {
    bridge::ObservedFlow seen;
    FlowOutcome outcome = FlowOutcome::unanswered;
    std::string network;  // the local network that covers the place; empty: none does
};

struct ClientFlowPage {
    bridge::ClientFact client;
    Page<ClientFlow> flows;       // latest first
    std::uint32_t displaced = 0;  // flows that gave way to later ones
};

class ClientFlows {
public:
    ClientFlows(Ports& ports, const Clients& clients) : ports_(ports), clients_(clients) {}

    /// InvalidSslVpnServerId.NotFound, InvalidSslVpnClient.NotFound (404), ServiceUnavailable (503:
    /// the data process does not answer).
    Outcome<ClientFlowPage> describe(const Call& call, const DescribeClientFlows& request);

private:
    Ports& ports_;
    const Clients& clients_;
};

}  // namespace kanmon::usecases
