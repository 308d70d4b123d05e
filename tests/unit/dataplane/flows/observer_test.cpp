// What an observer says of exchanges that are made here packet by packet.
#include "dataplane/flows/observer.h"

#include <gtest/gtest.h>

#include "base/ip_numbers.h"
#include "unit/dataplane/shard/allocations.h"

namespace kanmon::flows {
namespace {

using bridge::ObservedFlow;
using bridge::TcpOutcome;

constexpr std::uint8_t tcp = protocol_tcp, udp = protocol_udp, icmp = protocol_icmp;
constexpr std::uint8_t syn = tcp_syn, ack = tcp_ack, syn_ack = tcp_syn | tcp_ack,
                       fin_ack = tcp_fin | tcp_ack, rst_ack = tcp_rst | tcp_ack;
const Ipv4 server = *parse_ipv4("172.20.0.1");

Ends ends(std::uint8_t protocol, std::uint16_t remote_port, std::uint16_t client_port = 40000,
          Ipv4 remote = server) {
    return {.remote = Endpoint::v4(remote, 0).address,
            .client_port = client_port,
            .remote_port = remote_port,
            .protocol = protocol};
}

/// As the packet path tells: a SYN says who asks.
Asker asker_of(bool from_client, std::uint8_t flags) {
    if ((flags & tcp_syn) == 0) return Asker::unsaid;
    return from_client == ((flags & tcp_ack) == 0) ? Asker::client : Asker::vpc;
}

class Exchange : public ::testing::Test {
protected:
    void up(const Ends& of, std::uint8_t flags = 0, std::uint32_t packets = 1) {
        observer.note(client, {of, true, asker_of(true, flags), flags, packets}, now);
    }
    void down(const Ends& of, std::uint8_t flags = 0, std::uint32_t packets = 1) {
        observer.note(client, {of, false, asker_of(false, flags), flags, packets}, now);
    }
    ObservedFlow only() {
        const auto rows = observer.flows_of(client).flows;
        EXPECT_EQ(rows.size(), 1U);
        return rows.empty() ? ObservedFlow{} : rows.front();
    }

    static constexpr std::uint32_t client = 3;
    Observer observer{8, {1, 2}};
    Instant now = instant_of(1'000'000'000'000);
};

TEST_F(Exchange, OfAConnectionThatWasAnsweredAndClosedSaysSo) {
    const Ends web = ends(tcp, 443);
    up(web, syn);
    EXPECT_EQ(only().outcome, TcpOutcome::unanswered);
    down(web, syn_ack);
    EXPECT_EQ(only().outcome, TcpOutcome::answered);
    up(web, ack);
    down(web, ack, 40);
    down(web, fin_ack);
    const ObservedFlow seen = only();
    EXPECT_EQ(seen.remote, web.remote);
    EXPECT_EQ(seen.port, 443);
    EXPECT_EQ(seen.protocol, tcp);
    EXPECT_TRUE(seen.of_client);
    EXPECT_EQ(seen.packets_out, 2U);
    EXPECT_EQ(seen.packets_back, 42U);
    EXPECT_EQ(seen.outcome, TcpOutcome::closed);
    EXPECT_EQ(seen.opened, 1U);
    EXPECT_EQ(seen.answered, 1U);
    EXPECT_EQ(seen.closed, 1U);
    EXPECT_EQ(seen.refused + seen.reset + seen.denied + seen.icmp_errors, 0U);
}

TEST_F(Exchange, OfASynThatNobodyAnswersCountsItsRepetitionsAsPacketsOnly) {
    for (int i = 0; i < 4; ++i) up(ends(tcp, 22), syn);
    EXPECT_EQ(only().outcome, TcpOutcome::unanswered);
    EXPECT_EQ(only().packets_out, 4U);
    EXPECT_EQ(only().opened, 1U);
    up(ends(tcp, 22, 40001), syn);
    EXPECT_EQ(only().opened, 2U) << "from another port it is another connection";
    EXPECT_EQ(only().packets_back, 0U);
}

TEST_F(Exchange, OfAResetInAnswerToASynIsARefusalAndLaterOneAReset) {
    up(ends(tcp, 81), syn);
    down(ends(tcp, 81), rst_ack);
    EXPECT_EQ(only().outcome, TcpOutcome::refused);
    EXPECT_EQ(only().refused, 1U);
    up(ends(tcp, 81, 40001), syn);
    down(ends(tcp, 81, 40001), syn_ack);
    down(ends(tcp, 81, 40001), rst_ack);
    EXPECT_EQ(only().outcome, TcpOutcome::reset);
    EXPECT_EQ(only().refused, 1U);
    EXPECT_EQ(only().reset, 1U);
    down(ends(tcp, 81, 40001), rst_ack);
    EXPECT_EQ(only().reset, 1U) << "what follows an end is none";
}

TEST_F(Exchange, OfParallelConnectionsCountsEachAnswer) {
    for (std::uint16_t port = 1; port <= 3; ++port) up(ends(tcp, 80, port), syn);
    for (std::uint16_t port = 1; port <= 3; ++port) down(ends(tcp, 80, port), syn_ack);
    down(ends(tcp, 80, 3), syn_ack);
    EXPECT_EQ(only().opened, 3U);
    EXPECT_EQ(only().answered, 3U) << "a repeated answer is none";
}

TEST_F(Exchange, OfADirectionThatTheVpcBeganIsTheVpcs) {
    const Ends ssh = ends(tcp, 50000, 22);
    down(ssh, syn);
    up(ssh, syn_ack);
    down(ssh, ack, 5);
    up(ssh, ack, 2);
    EXPECT_FALSE(only().of_client);
    EXPECT_EQ(only().port, 22);
    EXPECT_EQ(only().outcome, TcpOutcome::answered);
    EXPECT_EQ(only().packets_out, 3U);
    EXPECT_EQ(only().packets_back, 6U);
    down(ends(udp, 50001, 161));
    up(ends(udp, 50001, 161));
    EXPECT_EQ(observer.flows_of(client).flows.size(), 2U);
}

TEST_F(Exchange, OfDnsCountsQuestionsAndAnswersOfAResolverTogether) {
    for (std::uint16_t port = 1000; port < 1010; ++port) {
        up(ends(udp, 53, port));
        if (port % 2 == 0) down(ends(udp, 53, port));
    }
    EXPECT_EQ(only().port, 53);
    EXPECT_EQ(only().packets_out, 10U);
    EXPECT_EQ(only().packets_back, 5U);
    EXPECT_EQ(only().outcome, TcpOutcome::none);
}

TEST_F(Exchange, OfEchoesKeepsApartWhoAsks) {
    const Ends ping = ends(icmp, 0, 0);
    observer.note(client, {ping, true, Asker::client}, now);
    observer.note(client, {ping, false, Asker::client}, now);
    observer.note(client, {ping, false, Asker::vpc}, now);
    const auto rows = observer.flows_of(client).flows;
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[1].packets_out, 1U);
    EXPECT_EQ(rows[1].packets_back, 1U);
    EXPECT_FALSE(rows[0].of_client);
    EXPECT_EQ(rows[0].packets_back, 1U);
}

TEST_F(Exchange, OfAnIcmpErrorBelongsToWhatItQuotesAndBeginsNothing) {
    Sighting error{.ends = ends(udp, 9999), .from_client = false};
    error.icmp_error = 0x0303;
    observer.note(client, error, now);
    EXPECT_EQ(observer.size(), 0U);
    up(ends(udp, 9999));
    observer.note(client, error, now);
    EXPECT_EQ(only().icmp_errors, 1U);
    EXPECT_EQ(only().icmp_latest, 0x0303);
    EXPECT_EQ(only().packets_back, 0U);
}

TEST_F(Exchange, OfWhatTheGatewayDeniesSaysWhy) {
    Sighting seen{.ends = ends(tcp, 22), .asker = Asker::client, .tcp_flags = syn};
    seen.denied = Cause::access_denied;
    observer.note(client, seen, now);
    EXPECT_EQ(only().denied, 1U);
    EXPECT_EQ(only().denied_by, Cause::access_denied);
    EXPECT_EQ(only().packets_out, 0U);
    EXPECT_EQ(only().opened, 0U) << "nobody was asked";
}

TEST_F(Exchange, WhoseBeginningNobodySawIsOfTheHigherPort) {
    down(ends(tcp, 443), ack);
    up(ends(tcp, 443), ack);
    EXPECT_TRUE(only().of_client);
    observer.forget(client);
    up(ends(tcp, 50000, 22), ack);
    down(ends(tcp, 50000, 22), ack);
    EXPECT_FALSE(only().of_client);
}

TEST_F(Exchange, TellsTheLatestFirst) {
    up(ends(tcp, 1), syn);
    up(ends(tcp, 2), syn);
    now += 2s;
    up(ends(tcp, 1), ack);
    const auto rows = observer.flows_of(client).flows;
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].port, 1);
    EXPECT_EQ(rows[0].seen_at, now);
    EXPECT_EQ(rows[0].first_at, now - 2s);
}

TEST_F(Exchange, APortScanDisplacesItsOwnOldestAndSaysHowMany) {
    up(ends(udp, 53));
    observer.note(client + 1, {ends(tcp, 7), true}, now);
    for (std::uint32_t port = 1; port <= 60000; ++port)
        up(ends(tcp, static_cast<std::uint16_t>(port)), syn);
    const auto rows = observer.flows_of(client).flows;
    EXPECT_EQ(rows.size(), rows_of_client_max);
    EXPECT_EQ(rows.front().port, 60000);
    EXPECT_EQ(rows.back().port, 60000 - rows_of_client_max + 1);
    EXPECT_EQ(observer.flows_of(client).displaced, 60001 - rows_of_client_max);
    EXPECT_EQ(observer.flows_of(client + 1).flows.size(), 1U);
    EXPECT_EQ(observer.flows_of(client + 1).displaced, 0U);
}

TEST_F(Exchange, WhenAllRowsAreTakenTheOneThatWasSilentForLongestGoes) {
    Observer small(8, {1, 2}, 4);
    small.note(0, {ends(tcp, 1), true}, now);
    for (std::uint16_t port = 1; port <= 3; ++port) small.note(1, {ends(tcp, port), true}, now);
    now += 2s;
    small.note(0, {ends(tcp, 1), true}, now);
    small.note(2, {ends(tcp, 1), true}, now);
    EXPECT_EQ(small.size(), 4U);
    EXPECT_EQ(small.flows_of(0).flows.size(), 1U) << "it spoke again";
    EXPECT_EQ(small.flows_of(1).flows.size(), 2U);
    EXPECT_EQ(small.flows_of(1).displaced, 1U);
    EXPECT_EQ(small.flows_of(2).flows.size(), 1U);
}

TEST_F(Exchange, OfAClientThatIsGoneLeavesNothing) {
    up(ends(tcp, 1), syn);
    observer.forget(client);
    EXPECT_TRUE(observer.flows_of(client).flows.empty());
    EXPECT_EQ(observer.size(), 0U);
    up(ends(tcp, 1), ack);
    EXPECT_EQ(only().packets_out, 1U) << "the flow of the packet before is not the old row";
    EXPECT_EQ(only().opened, 0U);
}

TEST_F(Exchange, TakesNothingFromTheHeap) {
    const std::size_t before = testing::allocations;
    for (std::uint32_t i = 0; i < 100'000; ++i) {
        now += 1ms;
        observer.note(i % 8, {ends(tcp, static_cast<std::uint16_t>(i * 7)), i % 3 == 0}, now);
    }
    EXPECT_EQ(testing::allocations, before);
    EXPECT_EQ(observer.size(), 8 * rows_of_client_max);
}

}  // namespace
}  // namespace kanmon::flows
