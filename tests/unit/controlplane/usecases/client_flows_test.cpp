// What is said of whom a client speaks with: what came of it, and which network covers it.
#include "base/ip_numbers.h"
#include "office.h"

namespace kanmon::usecases {
namespace {

constexpr std::uint8_t tcp = protocol_tcp, udp = protocol_udp;

bridge::ObservedFlow flow(std::uint8_t protocol, std::uint64_t out, std::uint64_t back) {
    bridge::ObservedFlow made;
    made.protocol = protocol;
    made.packets_out = out;
    made.packets_back = back;
    return made;
}

bridge::ObservedFlow towards(const Ipv6& remote) {
    bridge::ObservedFlow made = flow(udp, 1, 0);
    made.remote = remote;
    return made;
}
bridge::ObservedFlow towards(const char* remote) {
    return towards(Endpoint::v4(*parse_ipv4(remote), 0).address);
}

TEST(FlowOutcome, IsThatOfTheLatestConnection) {
    using bridge::TcpOutcome;
    for (const auto& [seen, made] : {std::pair{TcpOutcome::unanswered, FlowOutcome::unanswered},
                                     std::pair{TcpOutcome::answered, FlowOutcome::answered},
                                     std::pair{TcpOutcome::refused, FlowOutcome::refused},
                                     std::pair{TcpOutcome::reset, FlowOutcome::reset},
                                     std::pair{TcpOutcome::closed, FlowOutcome::closed}}) {
        bridge::ObservedFlow of = flow(tcp, 2, 2);
        of.outcome = seen;
        EXPECT_EQ(outcome_of(of), made) << text_of(made);
    }
    EXPECT_EQ(outcome_of(flow(tcp, 1, 1)), FlowOutcome::answered) << "nobody saw it begin";
}

TEST(FlowOutcome, WithoutConnectionsIsWhetherAnythingCameBack) {
    EXPECT_EQ(outcome_of(flow(udp, 3, 0)), FlowOutcome::unanswered);
    EXPECT_EQ(outcome_of(flow(udp, 3, 1)), FlowOutcome::answered);
    bridge::ObservedFlow of_vpc = flow(udp, 0, 3);
    of_vpc.of_client = false;
    EXPECT_EQ(outcome_of(of_vpc), FlowOutcome::unanswered) << "the client says nothing";
}

TEST(FlowOutcome, OfNothingButAnErrorIsUnreachable) {
    bridge::ObservedFlow of = flow(udp, 3, 0);
    of.icmp_errors = 1;
    EXPECT_EQ(outcome_of(of), FlowOutcome::unreachable);
    of.packets_back = 1;
    EXPECT_EQ(outcome_of(of), FlowOutcome::answered);
}

TEST(FlowOutcome, IsDeniedWhereNothingPassed) {
    bridge::ObservedFlow of = flow(tcp, 0, 0);
    of.denied = 4;
    EXPECT_EQ(outcome_of(of), FlowOutcome::denied);
}

class FlowDesk : public testing::Test {
protected:
    FlowDesk() {
        bridge::ClientFact fact;
        fact.session = 9;
        fact.server_id = office.server;
        fact.tunnel_address = client;
        office.plane.clients.learn(fact);
        office.flows.answer = bridge::FlowAnswer{.known = true, .seen = {}};
    }
    Outcome<ClientFlowPage> described(const Call& call, PageRequest page = {}) {
        return office.plane.client_flows.describe(call, {office.server, client, page});
    }
    std::string network_of(const bridge::ObservedFlow& seen) {
        office.flows.answer->seen.flows = {seen};
        return described(office.alice)->flows.items.at(0).network;
    }

    Office office;
    const Ipv4 client = *parse_ipv4("192.168.0.6");
};

TEST_F(FlowDesk, NamesTheLocalNetworkThatCoversAPlaceOrNone) {
    const auto server = office.plane.ssl_servers.list(office.alice, {})->items.at(0).server;
    const auto local = model::check_local_networks(server.local_subnet)->at(0);
    const Ipv6 inside = Endpoint::v4(Ipv4{local.base.value + 1}, 0).address;
    EXPECT_EQ(network_of(towards(inside)), to_string(local));
    EXPECT_EQ(network_of(towards("203.0.113.9")), "");
    EXPECT_EQ(network_of(towards(*parse_ipv6("2001:db8::1"))), "");
    const Ipv6 gateway = Endpoint::v4(Ipv4{server.client_pool.base.value + 1}, 0).address;
    EXPECT_EQ(network_of(towards(gateway)), to_string(server.client_pool));
}

TEST_F(FlowDesk, ShowsAPageAtATime) {
    office.flows.answer->seen.flows.assign(12, flow(udp, 1, 1));
    office.flows.answer->seen.displaced = 5;
    const auto second = described(office.alice, {.number = 2, .size = 10});
    ASSERT_TRUE(second);
    EXPECT_EQ(second->flows.items.size(), 2U);
    EXPECT_EQ(second->flows.total, 12U);
    EXPECT_EQ(second->displaced, 5U);
    EXPECT_EQ(described(office.alice, {.number = 1, .size = 51}).error().code, "InvalidParameter");
}

TEST_F(FlowDesk, AnotherAccountsClientIsNotThereAndNobodyIsAsked) {
    const Call mallory = office.account("mallory");
    EXPECT_EQ(described(mallory).error().http_status, 404);
    EXPECT_TRUE(office.flows.asked.empty());
}

TEST_F(FlowDesk, WhoLeftMeanwhileIsNotThere) {
    office.flows.answer->known = false;
    EXPECT_EQ(described(office.alice).error().code, "InvalidSslVpnClient.NotFound");
    office.flows.answer.reset();
    EXPECT_EQ(described(office.alice).error().http_status, 503) << "nobody knows";
}

}  // namespace
}  // namespace kanmon::usecases
