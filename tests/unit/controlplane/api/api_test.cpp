// Signed requests in, JSON out, over a whole control plane on doubles.
#include <regex>

#include "api_fixture.h"

namespace kanmon::api {
namespace {

HttpRequest bare(const std::string& method, const std::string& path) {
    HttpRequest request;
    request.method = method;
    request.path = path;
    return request;
}

TEST_F(ApiTest, EveryAnswerCarriesAnUpperCaseUuid) {
    const std::regex uuid("[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}");
    const json answer = call("DescribeVpcs");

    EXPECT_TRUE(std::regex_match(answer["RequestId"].get<std::string>(), uuid));
    EXPECT_FALSE(answer.contains("Code"));
    const json refusal = json::parse(send(bare("GET", "/")).body);
    EXPECT_TRUE(std::regex_match(refusal["RequestId"].get<std::string>(), uuid));
}

TEST_F(ApiTest, BothSignaturesReachTheSameAction) {
    EXPECT_EQ(ok(client.acs3("DescribeVpcs", {{"RegionId", "local"}}))["TotalCount"], 0);
    EXPECT_EQ(ok(client.rpc("DescribeVpcs", {{"RegionId", "local"}}))["TotalCount"], 0);
    EXPECT_EQ(ok(client.acs3("DescribeVpcs", {}, "RegionId=local"))["TotalCount"], 0);
}

TEST_F(ApiTest, AReplayedRequestIsRefused) {
    const HttpRequest acs3 = client.acs3("DescribeVpcs", {{"RegionId", "local"}});
    const HttpRequest rpc = client.rpc("DescribeVpcs", {{"RegionId", "local"}});
    ok(acs3);
    ok(rpc);

    EXPECT_EQ(refused(acs3), "400 SignatureNonceUsed");
    EXPECT_EQ(refused(rpc), "400 SignatureNonceUsed");
}

TEST_F(ApiTest, ASignedRequestThatHasChangedSomethingIsRefusedAlsoAfterARestart) {
    const Parameters vpc{{"RegionId", "local"}, {"CidrBlock", "10.0.0.0/8"}, {"Namespace", "blue"}};
    const HttpRequest heard = client.acs3("CreateVpc", vpc);
    const std::string made = ok(heard)["VpcId"];
    ok(client.acs3("DeleteVpc", {{"RegionId", "local"}, {"VpcId", made}}));
    Api restarted(world.plane, random, rate_for_tests);
    const HttpResponse replayed = restarted.answer(heard, world.now, Instant{});
    EXPECT_EQ(json::parse(replayed.body)["Code"], "SignatureNonceUsed");
    EXPECT_EQ(restarted.answer(client.acs3("CreateVpc", vpc), world.now, Instant{}).status, 200);
}

TEST_F(ApiTest, AWrongSignatureDoesNotUseUpItsNonce) {
    const HttpRequest good = client.acs3("DescribeVpcs", {{"RegionId", "local"}});
    HttpRequest forged = good;
    forged.query += "&VpcName=x";

    EXPECT_EQ(refused(forged), "400 SignatureDoesNotMatch");
    EXPECT_EQ(send(good).status, 200);
}

TEST_F(ApiTest, WhoIsUnknownOrLateIsToldSo) {
    SigningClient stranger = client;
    stranger.access_key = "nobody";
    SigningClient late = client;
    late.now -= 16min;
    HttpRequest unsigned_request;
    unsigned_request.method = "GET";
    unsigned_request.path = "/";

    EXPECT_EQ(refused(stranger.acs3("DescribeVpcs", {})), "404 InvalidAccessKeyId.NotFound");
    EXPECT_EQ(refused(late.acs3("DescribeVpcs", {})), "400 InvalidTimeStamp.Expired");
    EXPECT_EQ(refused(late.rpc("DescribeVpcs", {})), "400 InvalidTimeStamp.Expired");
    EXPECT_EQ(refused(unsigned_request), "400 MissingAccessKeyId");
    EXPECT_EQ(refused(client.acs3("DescribeMoon", {})), "404 InvalidAction.NotFound");
}

TEST_F(ApiTest, WhatIsNoRequestOfTheApiIsAnsweredInJson) {
    HttpRequest large;
    large.too_large = true;
    HttpRequest odd_type;
    odd_type.method = "POST";
    odd_type.path = "/";
    odd_type.body = "{}";
    odd_type.headers = {{"content-type", "application/json"}};
    HttpRequest broken_form;
    broken_form.method = "GET";
    broken_form.path = "/";
    broken_form.query = "a=%zz";

    EXPECT_EQ(refused(large), "413 RequestTooLarge");
    EXPECT_EQ(refused(bare("PUT", "/")), "405 UnsupportedHTTPMethod");
    EXPECT_EQ(refused(bare("GET", "/../etc/passwd")), "404 InvalidAPI.NotFound");
    EXPECT_EQ(refused(odd_type), "415 UnsupportedContentType");
    EXPECT_EQ(refused(broken_form), "400 InvalidParameter");
}

TEST_F(ApiTest, EveryActionRefusesToRunUnsigned) {
    for (const NamedAction& action : actions()) {
        HttpRequest request;
        request.method = "POST";
        request.path = "/";
        request.headers = {{"host", "h"}, {"x-acs-action", std::string(action.name)}};
        EXPECT_EQ(refused(request), "400 MissingAccessKeyId") << action.name;
    }
}

TEST_F(ApiTest, AServerComesBackInTheDoubleEnvelopeWithItsTypes) {
    const std::string gateway = make_gateway();
    const std::string server = make_server(gateway);

    const json answer = call("DescribeSslVpnServers", {{"SslVpnServerId", server}});

    EXPECT_EQ(answer["TotalCount"], 1);
    const json row = answer["SslVpnServers"]["SslVpnServer"][0];
    EXPECT_EQ(row["SslVpnServerId"], server);
    EXPECT_EQ(row["VpnGatewayId"], gateway);
    EXPECT_EQ(row["LocalSubnet"], "10.1.0.0/16");
    EXPECT_EQ(row["ClientIpPool"], "192.168.0.0/24");
    EXPECT_EQ(row["Proto"], "UDP");
    EXPECT_EQ(row["Port"], 1194);
    EXPECT_EQ(row["Compress"], false);
    EXPECT_EQ(row["Connections"], 0);
    EXPECT_EQ(row["MaxConnections"], 5);
    EXPECT_EQ(row["CreateTime"], seconds_of(world.now) * 1000);
    EXPECT_EQ(row["RegionId"], "local");
}

TEST_F(ApiTest, HowLongASlotIsHeldCanBeSetAndHasItsBounds) {
    const std::string server = make_server(make_gateway());
    const auto modify = [&](const std::string& seconds) {
        return Parameters{{"SslVpnServerId", server}, {"HoldSeconds", seconds}};
    };

    EXPECT_EQ(call("ModifySslVpnServer", modify("5"))["HoldSeconds"], 5);
    EXPECT_EQ(failing("ModifySslVpnServer", modify("0")), "400 IllegalParam.HoldSeconds");
    EXPECT_EQ(failing("ModifySslVpnServer", modify("3601")), "400 IllegalParam.HoldSeconds");
}

TEST_F(ApiTest, SettingsComeBackWithTheirTypesAndTheOthersAsUsual) {
    const std::string gateway = make_gateway();
    const std::string server = call("CreateSslVpnServer", {{"VpnGatewayId", gateway},
                                                           {"ClientIpPool", "192.168.0.0/24"},
                                                           {"LocalSubnet", "10.1.0.0/16"},
                                                           {"Cipher", "none"},
                                                           {"AllowUnencrypted", "true"},
                                                           {"ExtraListeners", "tcp:443"},
                                                           {"Clients", "2.4"},
                                                           {"TunMtu", "1400"},
                                                           {"FullTunnel", ""}})["SslVpnServerId"];
    const json described = call("DescribeSslVpnServers",
                                {{"SslVpnServerId", server}})["SslVpnServers"]["SslVpnServer"][0];
    EXPECT_EQ(described["ExtraListeners"], "tcp:443");
    EXPECT_EQ(described["TunMtu"], 1400);
    EXPECT_EQ(described["AllowUnencrypted"], true);
    EXPECT_EQ(described["FullTunnel"], false);
    EXPECT_EQ(described["Wrapping"], "tls-crypt");
    EXPECT_EQ(described["KeepalivePing"], 10);
    EXPECT_EQ(described["Warnings"].size(), 1u);

    const json modified = call("ModifySslVpnServer", {{"SslVpnServerId", server},
                                                      {"ExtraListeners", ""},
                                                      {"LocalSubnet6", "fd00:1::/64"},
                                                      {"ClientIpv6Pool", "fd00:8::/112"}});
    EXPECT_EQ(modified["ExtraListeners"], "");
    EXPECT_EQ(modified["LocalSubnet6"], "fd00:1::/64");
    EXPECT_EQ(modified["TunMtu"], 1400);
    EXPECT_EQ(failing("ModifySslVpnServer", {{"SslVpnServerId", server}, {"TunMtu", "1200"}}),
              "400 IllegalParam.TunMtu");
    EXPECT_EQ(failing("ModifySslVpnServer", {{"SslVpnServerId", server}, {"Digest", "MD5"}}),
              "400 IllegalParam.Digest");
}

TEST_F(ApiTest, ACertificateHasAnAddressOfItsOwnUntilItIsTakenAway) {
    const std::string server = make_server(make_gateway());
    const std::string id =
        call("CreateSslVpnClientCert",
             {{"SslVpnServerId", server}, {"StaticAddress", "192.168.0.6"}})["SslVpnClientCertId"];
    const auto address = [&] {
        return call("DescribeSslVpnClientCert", {{"SslVpnClientCertId", id}})["StaticAddress"];
    };
    EXPECT_EQ(address(), "192.168.0.6");
    EXPECT_EQ(failing("ModifySslVpnClientCert",
                      {{"SslVpnClientCertId", id}, {"StaticAddress", "192.168.0.7"}}),
              "400 IllegalParam.StaticAddress");
    call("ModifySslVpnClientCert", {{"SslVpnClientCertId", id}, {"Name", "laptop"}});
    EXPECT_EQ(address(), "192.168.0.6");
    call("ModifySslVpnClientCert", {{"SslVpnClientCertId", id}, {"StaticAddress", ""}});
    EXPECT_EQ(address(), "");
    EXPECT_EQ(failing("ModifySslVpnClientCert", {{"SslVpnClientCertId", id}}), "400 MissingName");
}

TEST_F(ApiTest, AGatewayHasItsSpecAsTextAndItsSwitchesAsWords) {
    const std::string gateway = make_gateway();

    const json one = call("DescribeVpnGateway", {{"VpnGatewayId", gateway}});
    const json list = call("DescribeVpnGateways");
    const json modified = call("ModifyVpnGatewayAttribute",
                               {{"VpnGatewayId", gateway}, {"Description", "front door"}});

    EXPECT_EQ(one["Spec"], "10");
    EXPECT_EQ(one["SslVpn"], "enable");
    EXPECT_EQ(one["Status"], "active");
    EXPECT_EQ(one["InternetIp"], "203.0.113.1");
    EXPECT_EQ(one["SslMaxConnections"], 5);
    EXPECT_TRUE(one["Tags"]["Tag"].is_array());
    EXPECT_TRUE(json::parse(one["Tag"].get<std::string>()).is_object());
    EXPECT_EQ(list["VpnGateways"]["VpnGateway"][0]["VpnGatewayId"], gateway);
    EXPECT_EQ(modified["Spec"], "10M");
    EXPECT_EQ(modified["Description"], "front door");
}

TEST_F(ApiTest, EmptyListsAreEmptyArrays) {
    const std::vector<std::array<std::string, 3>> lists{
        {"DescribeVpcs", "Vpcs", "Vpc"},
        {"DescribeVpnGateways", "VpnGateways", "VpnGateway"},
        {"DescribeSslVpnServers", "SslVpnServers", "SslVpnServer"},
        {"DescribeSslVpnClientCerts", "SslVpnClientCertKeys", "SslVpnClientCertKey"}};
    for (const auto& [action, outer, inner] : lists) {
        const json answer = call(action);
        EXPECT_EQ(answer[outer][inner], json::array()) << action;
        EXPECT_EQ(answer["PageNumber"], 1) << action;
        EXPECT_EQ(answer["PageSize"], 10) << action;
        EXPECT_EQ(answer["TotalCount"], 0) << action;
    }
    const json clients = call("DescribeSslVpnClients", {{"VpnGatewayId", make_gateway()}});
    EXPECT_EQ(clients["ClientInfoList"], json::array());
}

TEST_F(ApiTest, PagesHaveOneToFiftyRows) {
    EXPECT_EQ(failing("DescribeVpcs", {{"PageSize", "51"}}), "400 InvalidParameter");
    EXPECT_EQ(failing("DescribeVpcs", {{"PageSize", "0"}}), "400 InvalidParameter");
    EXPECT_EQ(failing("DescribeVpcs", {{"PageNumber", "0"}}), "400 InvalidParameter");
    EXPECT_EQ(failing("DescribeVpcs", {{"PageNumber", "x"}}), "400 IllegalParam.PageNumber");
    EXPECT_EQ(call("DescribeVpcs", {{"PageSize", "50"}, {"PageNumber", "3"}})["PageNumber"], 3);
}

TEST_F(ApiTest, ACertificateComesWithItsPiecesAndItsBundle) {
    const std::string server = make_server(make_gateway());
    const std::string id =
        call("CreateSslVpnClientCert",
             {{"SslVpnServerId", server}, {"Name", "laptop"}})["SslVpnClientCertId"];

    const json detail = call("DescribeSslVpnClientCert", {{"SslVpnClientCertId", id}});
    const json zip =
        call("GetSslVpnClientCertBundle", {{"SslVpnClientCertId", id}, {"Format", "zip"}});

    EXPECT_EQ(detail["Name"], "laptop");
    EXPECT_EQ(detail["Status"], "normal");
    EXPECT_EQ(detail["EndTime"].get<std::int64_t>() - detail["CreateTime"].get<std::int64_t>(),
              1095LL * 86400 * 1000);
    for (const char* piece : {"CaCert", "ClientCert", "ClientKey", "ClientConfig"})
        EXPECT_FALSE(detail[piece].get<std::string>().empty()) << piece;
    EXPECT_EQ(zip["FileName"], id + ".zip");
    EXPECT_FALSE(zip["Content"].get<std::string>().empty());
    EXPECT_EQ(failing("GetSslVpnClientCertBundle", {{"SslVpnClientCertId", id}, {"Format", "rar"}}),
              "400 IllegalParam.Format");
    call("DeleteSslVpnClientCert", {{"SslVpnClientCertId", id}});
    EXPECT_EQ(failing("DescribeSslVpnClientCert", {{"SslVpnClientCertId", id}}),
              "404 InvalidInstanceId.NotFound");
}

TEST_F(ApiTest, AConnectedClientIsShownAsTheOriginalShowsItAndItsTextIsEscaped) {
    const std::string gateway = make_gateway();
    const std::string server = make_server(gateway);
    bridge::ClientFact fact;
    fact.session = 1;
    fact.server_id = server;
    fact.common_name = "vsc-abc";
    fact.remote = Endpoint::v4(Ipv4{0xc0000201}, 40000);
    fact.tunnel_address = Ipv4{0xc0a80006};
    fact.version = "2.6\x1b[31m";
    fact.connected_at = world.now;
    fact.received_octets = 10;
    fact.sent_octets = 20;
    fact.path = {.lost_packets = 3,
                 .reordered_packets = 4,
                 .round_trip_microseconds = 50,
                 .least_round_trip_microseconds = {},
                 .stream = {}};
    fact.refused_packets = 5;
    fact.late_packets = 6;
    fact.oversize_packets = 8;
    fact.fragmented_packets = 7;
    fact.segment_limit = 1188;
    fact.clock_behind_seconds = -90;
    world.plane.clients.learn(fact);

    const json row =
        call("DescribeSslVpnClients", {{"VpnGatewayId", gateway}})["ClientInfoList"][0];

    EXPECT_EQ(row["CommonName"], "CN=vsc-abc");
    EXPECT_EQ(row["CertificateName"], "vsc-abc");
    EXPECT_EQ(row["Ip"], "192.0.2.1");
    EXPECT_EQ(row["Port"], "40000");
    EXPECT_EQ(row["PrivateIp"], "192.168.0.6");
    EXPECT_EQ(row["ReceiveBytes"], 10);
    EXPECT_EQ(row["SendBytes"], 20);
    EXPECT_EQ(row["Status"], "online");
    EXPECT_EQ(row["ConnectedTime"], seconds_of(world.now) * 1000);
    EXPECT_EQ(row["Version"], "2.6\\x1b[31m");
    EXPECT_EQ(row["LostPackets"], 3);
    EXPECT_EQ(row["ReorderedPackets"], 4);
    EXPECT_EQ(row["RoundTripMicroseconds"], 50);
    EXPECT_EQ(row["RefusedPackets"], 5);
    EXPECT_EQ(row["LatePackets"], 6);
    EXPECT_EQ(row["OversizePackets"], 8);
    EXPECT_EQ(row["FragmentedPackets"], 7);
    EXPECT_EQ(row["SegmentLimit"], 1188);
    EXPECT_EQ(row["ClockBehindSeconds"], -90);
    EXPECT_FALSE(row.contains("LeastRoundTripMicroseconds")) << "what was not measured";
}

TEST_F(ApiTest, FindingsSayWhatIsWrongForWhomHowWeKnowAndWhatToDo) {
    const std::string gateway = make_gateway();
    const std::string server = make_server(gateway);
    bridge::ClientFact fact;
    fact.session = 7;
    fact.server_id = server;
    fact.common_name = "vsc-abc\x1b";
    fact.connected_at = world.now;
    fact.clock_behind_seconds = 4000;
    world.plane.clients.learn(fact);

    const json answer = call("DescribeSslVpnFindings", {{"VpnGatewayId", gateway}});
    EXPECT_EQ(call("DescribeSslVpnFindings",
                   {{"VpnGatewayId", gateway}, {"CommonName", "CN=vsc-other"}})["TotalCount"],
              0);

    ASSERT_EQ(answer["TotalCount"], 1);
    const json row = answer["Findings"]["Finding"][0];
    EXPECT_EQ(row["Code"], "CLOCK-SKEW");
    EXPECT_EQ(row["SslVpnServerId"], server);
    EXPECT_EQ(row["SubjectType"], "client");
    EXPECT_EQ(row["Subject"], "vsc-abc\\x1b");
    EXPECT_EQ(row["Confidence"], "certain");
    EXPECT_EQ(row["Evidence"]["Evidence"][0], "its clock is 4000 s behind the gateway's");
    EXPECT_EQ(row["Fix"], "let the client's system take its time from the network");
    EXPECT_EQ(row["FixAction"], "");
    EXPECT_EQ(row["LastTime"], seconds_of(world.now) * 1000);
}

TEST_F(ApiTest, WhomAClientSpeaksWithIsShownWithWhatCameOfIt) {
    const std::string server = make_server(make_gateway());
    bridge::ClientFact fact;
    fact.session = 7;
    fact.server_id = server;
    fact.common_name = "vsc-abc";
    fact.username = "eve\x1b";
    fact.tunnel_address = Ipv4{0xc0a80006};
    world.plane.clients.learn(fact);
    bridge::ObservedFlow ssh;
    ssh.remote = Endpoint::v4(Ipv4{0x0a010203}, 0).address;
    ssh.port = 22;
    ssh.protocol = 6;
    ssh.outcome = bridge::TcpOutcome::unanswered;
    ssh.packets_out = 3;
    ssh.opened = 1;
    ssh.icmp_errors = 1;
    ssh.icmp_latest = 0x030a;
    world.flows.answer = bridge::FlowAnswer{true, {{ssh}, 9}};
    const Parameters place{{"SslVpnServerId", server}, {"PrivateIp", "192.168.0.6"}};

    const json answer = call("DescribeSslVpnClientFlows", place);

    EXPECT_EQ(world.flows.asked, std::vector<std::uint64_t>{7});
    EXPECT_EQ(answer["CommonName"], "eve\\x1b") << "the holder of the slot";
    EXPECT_EQ(answer["UserName"], "eve\\x1b");
    EXPECT_EQ(answer["DisplacedFlows"], 9);
    EXPECT_EQ(answer["TotalCount"], 1);
    const json row = answer["Flows"]["Flow"][0];
    EXPECT_EQ(row["RemoteIp"], "10.1.2.3");
    EXPECT_EQ(row["Port"], 22);
    EXPECT_EQ(row["Protocol"], "tcp");
    EXPECT_EQ(row["AskedBy"], "client");
    EXPECT_EQ(row["Outcome"], "unreachable");
    EXPECT_EQ(row["ReceivePackets"], 3);
    EXPECT_EQ(row["ConnectionsOpened"], 1);
    EXPECT_EQ(row["IcmpType"], 3);
    EXPECT_EQ(row["IcmpCode"], 10);
    EXPECT_EQ(row["DeniedBy"], "");
    world.flows.answer = std::nullopt;
    EXPECT_EQ(failing("DescribeSslVpnClientFlows", place), "503 ServiceUnavailable");
    EXPECT_EQ(failing("DescribeSslVpnClientFlows",
                      {{"SslVpnServerId", server}, {"PrivateIp", "192.168.0.7"}}),
              "404 InvalidSslVpnClient.NotFound");
    EXPECT_EQ(
        failing("DescribeSslVpnClientFlows", {{"SslVpnServerId", server}, {"PrivateIp", "x"}}),
        "400 IllegalParam.PrivateIp");
}

TEST_F(ApiTest, ADryRunIsAnErrorAndChangesNothing) {
    EXPECT_EQ(failing("CreateVpc", {{"CidrBlock", "10.0.0.0/8"}, {"DryRun", "true"}}),
              "400 DryRunOperation");
    EXPECT_EQ(call("DescribeVpcs")["TotalCount"], 0);
}

TEST_F(ApiTest, ARepeatedTokenGivesTheFirstAnswerAgain) {
    const Parameters wanted{{"CidrBlock", "10.0.0.0/8"}, {"ClientToken", "t-1"}};
    Parameters other = wanted;
    other["CidrBlock"] = "10.0.0.0/9";

    EXPECT_EQ(call("CreateVpc", wanted)["VpcId"], call("CreateVpc", wanted)["VpcId"]);
    EXPECT_EQ(failing("CreateVpc", other), "400 IdempotentParameterMismatch");
    EXPECT_EQ(failing("CreateVpc", {{"ClientToken", std::string(65, 't')}}),
              "400 InvalidParameter");
}

TEST_F(ApiTest, AnotherAccountsResourceIsNotThere) {
    const std::string gateway = make_gateway();
    const std::string server = make_server(gateway);
    SigningClient other = tenant(ok(operator_client.acs3("CreateAccount", {{"Name", "other"}})));
    const auto as_other = [&](const std::string& action, Parameters parameters) {
        parameters["RegionId"] = "local";
        return refused(other.acs3(action, parameters));
    };

    EXPECT_EQ(as_other("DescribeVpnGateway", {{"VpnGatewayId", gateway}}),
              "404 InvalidVpnGatewayInstanceId.NotFound");
    EXPECT_EQ(as_other("DeleteSslVpnServer", {{"SslVpnServerId", server}}),
              "404 InvalidSslVpnServerId.NotFound");
    EXPECT_EQ(as_other("CreateSslVpnClientCert", {{"SslVpnServerId", server}}),
              "404 InvalidSslVpnServerId.NotFound");
    EXPECT_EQ(as_other("CreateAccount", {{"Name", "mine"}}), "403 Forbidden");
}

}  // namespace
}  // namespace kanmon::api
