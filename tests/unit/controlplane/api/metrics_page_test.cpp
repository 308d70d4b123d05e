#include "controlplane/api/metrics_page.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "api_fixture.h"
#include "temporary_folder.h"

namespace kanmon::api {
namespace {

using testing::HasSubstr;

class Metrics : public ApiTest {
protected:
    Metrics() {
        page.set_token(SecretBuffer(as_bytes("secret")));
        world.plane.monitoring.hello({1, 0}, world.now);
        world.plane.monitoring.know({{.id = server, .gateway = gateway, .slots = 62}});
    }
    HttpResponse get(const std::string& authorization, const std::string& method = "GET") {
        HttpRequest request;
        request.method = method;
        request.path = "/metrics";
        if (!authorization.empty()) request.headers.emplace_back("authorization", authorization);
        return page.answer(request);
    }
    std::string shown() { return get("Bearer secret").body; }

    std::string gateway = make_gateway();
    std::string server = make_server(gateway);
    MetricsPage page{world.plane};
};

TEST_F(Metrics, AreForWhoHasTheToken) {
    EXPECT_EQ(get("Bearer secret").status, 200);
    for (const char* wrong :
         {"", "Bearer ", "Bearer secre", "Bearer secrets", "secret", "Basic secret"})
        EXPECT_EQ(get(wrong).status, 401) << wrong;
    EXPECT_EQ(get("Bearer secret", "POST").status, 405);
    const MetricsPage without_token(world.plane);
    HttpRequest request;
    request.path = "/metrics";
    request.headers.emplace_back("authorization", "Bearer ");
    EXPECT_EQ(without_token.answer(request).status, 401);
}

TEST_F(Metrics, SayWhatTheServerCarries) {
    bridge::ServerFact fact;
    fact.server_id = server;
    fact.online = 2;
    fact.meters[static_cast<std::size_t>(bridge::Meter::received_octets)] = 12345;
    fact.drops[static_cast<std::size_t>(Cause::bad_tag)] = 6;
    world.plane.monitoring.learn(fact, 4, Instant{}, world.now);
    const std::string labels = "{gateway=\"" + gateway + "\",server=\"" + server + "\"";
    EXPECT_THAT(shown(), HasSubstr("kanmon_server_received_bytes_total" + labels + "} 12345\n"));
    EXPECT_THAT(shown(), HasSubstr("kanmon_server_clients" + labels + "} 2\n"));
    EXPECT_THAT(shown(), HasSubstr("kanmon_server_pool_slots_used" + labels + "} 4\n"));
    EXPECT_THAT(shown(), HasSubstr("kanmon_server_dropped_packets_total" + labels +
                                   ",cause=\"bad_tag\"} 6\n"));
    EXPECT_THAT(shown(), HasSubstr("# TYPE kanmon_server_received_bytes_total counter\n"));
}

bridge::MachineFact machine_of_two_shards() {
    bridge::MachineFact machine;
    machine.ciphers = "AES-GCM by ipsec_mb";
    machine.provisions[static_cast<std::size_t>(bridge::Provision::udp_gro)] =
        bridge::Presence::present;
    machine.provisions[static_cast<std::size_t>(bridge::Provision::tun_udp)] =
        bridge::Presence::lacking;
    machine.shards.resize(2);
    auto& sent = machine.shards[1][static_cast<std::size_t>(bridge::BatchKind::sent)];
    for (const std::size_t moved : {1U, 3U, 4U, 600U, 0U}) sent.count(moved);
    return machine;
}

TEST_F(Metrics, ShowTheMachineAndTheSizesOfBatches) {
    world.plane.monitoring.learn(machine_of_two_shards());
    const std::string text = shown();
    EXPECT_THAT(text, HasSubstr("kanmon_machine_provision{provision=\"udp_gro\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("kanmon_machine_provision{provision=\"tun_udp\"} 0\n"));
    const std::string bucket = "kanmon_batch_packets_bucket{shard=\"1\",calls=\"sent\",le=";
    EXPECT_THAT(text, HasSubstr(bucket + "\"1\"} 1\n"));
    EXPECT_THAT(text, HasSubstr(bucket + "\"2\"} 1\n"));
    EXPECT_THAT(text, HasSubstr(bucket + "\"4\"} 3\n"));
    EXPECT_THAT(text, HasSubstr(bucket + "\"512\"} 3\n"));
    EXPECT_THAT(text, HasSubstr(bucket + "\"+Inf\"} 4\n"));
    EXPECT_THAT(text, HasSubstr("kanmon_batch_packets_sum{shard=\"1\",calls=\"sent\"} 608\n"));
    EXPECT_THAT(text, HasSubstr("kanmon_batch_packets_count{shard=\"1\",calls=\"sent\"} 4\n"));
}

TEST_F(Metrics, DescribeVpnMachineShowsProvisionsAndBatches) {
    world.plane.monitoring.learn(machine_of_two_shards());
    const json answer = call("DescribeVpnMachine", {});
    EXPECT_EQ(answer["Ciphers"], "AES-GCM by ipsec_mb");
    EXPECT_EQ(answer["Shards"], 2);
    EXPECT_EQ(answer["UdpGro"], "present");
    EXPECT_EQ(answer["TunUdp"], "lacking");
    EXPECT_EQ(answer["UdpSegment"], "unknown");
    const json rows = answer["Batches"]["Batch"];
    ASSERT_EQ(rows.size(), 8u);
    EXPECT_EQ(rows[5]["Shard"], 1);
    EXPECT_EQ(rows[5]["Calls"], "sent");
    EXPECT_EQ(rows[5]["Count"], 4);
    EXPECT_EQ(rows[5]["Packets"], 608);
    EXPECT_EQ(rows[5]["UpTo4"], 2);
    EXPECT_EQ(rows[5]["More"], 1);
}

// Label explosion: who connects does not change how many series there are.
TEST_F(Metrics, AHundredThousandRandomNamesLeaveTheNumberOfSeriesUnchanged) {
    const auto series = [&] {
        const std::string text = shown();
        return std::count(text.begin(), text.end(), '\n');
    };
    const auto before = series();
    bridge::ClientFact fact;
    fact.server_id = server;
    for (std::uint64_t session = 1; session <= 100'000; ++session) {
        fact.session = session;
        fact.status = bridge::ClientStatus::online;
        fact.common_name = "cn-" + std::to_string(random.u64()) + "\"} 1\n";
        fact.version = fact.platform = fact.username = fact.common_name;
        world.plane.monitoring.learn(fact, Instant{}, world.now);
        world.plane.monitoring.learn(bridge::TrafficFact{{{session, {1, 1, 1, 1, 0}}}}, Instant{},
                                     world.now);
        if (session % 100 == 0) continue;  // stays
        fact.status = bridge::ClientStatus::ended;
        world.plane.monitoring.learn(fact, Instant{}, world.now);
    }
    EXPECT_EQ(series(), before);
    EXPECT_THAT(shown(), testing::Not(HasSubstr("cn-")));
}

TEST(MetricsToken, IsMadeOnceForItsOwnerAloneAndReadAgain) {
    const TemporaryFolder temporary;
    const std::string& folder = temporary.path();
    usecases::ControlWorld world;
    SeededRandom random{3};
    MetricsPage first(world.plane);
    ASSERT_TRUE(first.load_token(folder + "/metrics-token", random));
    struct stat status {};
    ASSERT_EQ(::stat((folder + "/metrics-token").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
    std::string token;
    std::ifstream(folder + "/metrics-token") >> token;
    EXPECT_EQ(token.size(), 64u);
    MetricsPage second(world.plane);
    ASSERT_TRUE(second.load_token(folder + "/metrics-token", random));
    HttpRequest request;
    request.method = "GET";
    request.path = "/metrics";
    request.headers.emplace_back("authorization", "Bearer " + token);
    EXPECT_EQ(first.answer(request).status, 200);
    EXPECT_EQ(second.answer(request).status, 200);
}

/// What a loss of power or a full disk leaves does not keep the gateway from starting.
TEST(MetricsToken, AFileThatIsEmptyCutOffOverlongOrZerosGivesWayToANewToken) {
    const TemporaryFolder temporary;
    const std::string path = temporary.path() + "/metrics-token";
    usecases::ControlWorld world;
    SeededRandom random{3};
    std::string former;
    for (const std::string& left : {std::string(), std::string(63, 'a'), std::string(65, 'a'),
                                    std::string(65, 'a') + "\n", std::string(64, '\0')}) {
        std::ofstream(path, std::ios::trunc) << left;
        MetricsPage page(world.plane);
        const auto loaded = page.load_token(path, random);
        ASSERT_TRUE(loaded) << loaded.error();
        std::string token;
        std::ifstream(path) >> token;
        EXPECT_EQ(token.size(), 64u);
        EXPECT_NE(token, former);
        former = token;
        HttpRequest request;
        request.method = "GET";
        request.path = "/metrics";
        request.headers.emplace_back("authorization", "Bearer " + token);
        EXPECT_EQ(page.answer(request).status, 200) << left;
        struct stat status {};
        ASSERT_EQ(::stat(path.c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777, 0600u);
    }
}

TEST(MetricsToken, AFileThatCannotBeWrittenIsNamed) {
    usecases::ControlWorld world;
    SeededRandom random{3};
    const auto refused = MetricsPage(world.plane).load_token("/proc/nowhere/token", random);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error(), HasSubstr("/proc/nowhere/token"));
}

TEST_F(Metrics, DescribeVpnMetricsShowsRatesByTheCloudsNames) {
    bridge::ServerFact fact;
    fact.server_id = server;
    world.plane.monitoring.learn(fact, 0, Instant{}, world.now);
    fact.meters[static_cast<std::size_t>(bridge::Meter::received_octets)] = 6000;
    fact.drops[static_cast<std::size_t>(Cause::bad_tag)] = 2;
    world.plane.monitoring.learn(fact, 0, Instant{1s}, world.now + std::chrono::seconds(1));
    const json live = call("DescribeVpnMetrics", {{"ResourceId", gateway}, {"Period", "1"}});
    ASSERT_EQ(live["Points"]["Point"].size(), 2u);
    EXPECT_EQ(live["Points"]["Point"][1]["net_rx.rate"], 48000);
    EXPECT_EQ(live["PoolSize"], 62);
    const json minutes = call("DescribeVpnMetrics", {{"ResourceId", server}});
    ASSERT_EQ(minutes["Points"]["Point"].size(), 1u);
    EXPECT_EQ(minutes["Points"]["Point"][0]["ReceiveBytes"], 6000);
    EXPECT_EQ(minutes["Points"]["Point"][0]["Drops"]["bad_tag"], 2);
}

TEST_F(Metrics, RecordsOfTheLogAreShownWithTheirFieldsEscaped) {
    bridge::AttemptRecord record;
    record.at = world.now;
    record.server_id = server;
    record.remote = Endpoint::v4(Ipv4{0xcb007107}, 4711);
    record.happening = bridge::Happening::refused;
    record.cause = Cause::certificate_expired;
    record.common_name = "vsc-1\r\n\x1b[2J\xff";
    ASSERT_TRUE(world.plane.attempts.record({record}, world.now));
    const json found =
        call("DescribeSslVpnServerRecords", {{"SslVpnServerId", server}, {"Newest", "true"}});
    ASSERT_EQ(found["Records"]["Record"].size(), 1u);
    const json& row = found["Records"]["Record"][0];
    EXPECT_EQ(row["CommonName"], "vsc-1\\x0d\\x0a\\x1b[2J\\xff");
    EXPECT_EQ(row["Outcome"], "refused");
    EXPECT_EQ(row["Cause"], "certificate_expired");
    EXPECT_EQ(row["Ip"], "203.0.113.7");
    EXPECT_EQ(row["Time"], seconds_of(world.now) * 1000);
    EXPECT_FALSE(row.contains("PrivateIp"));
    EXPECT_EQ(found["Cursor"], row["RecordId"]);
}

}  // namespace
}  // namespace kanmon::api
