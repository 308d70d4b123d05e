#include "controlplane/model/finding.h"

#include <gmock/gmock.h>

namespace kanmon::model {
namespace {

using bridge::AttemptRecord;
using bridge::Happening;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const UnixTime now = unix_time_of(1'700'000'000);

LiveClient client(const std::string& name, UnixTime since = now - std::chrono::hours(2)) {
    LiveClient made;
    made.now.server = {"vss-1"};
    made.now.common_name = made.now.certificate = name;
    made.now.connected_at = since;
    made.now.version = "2.6.14";
    made.now.platform = "linux";
    made.lately.since = now - std::chrono::minutes(7);
    made.lately.received_packets = made.lately.sent_packets = 10'000;
    return made;
}

AttemptRecord record(Happening happening, std::chrono::seconds ago, Cause cause = Cause::truncated,
                     const std::string& name = "vsc-1") {
    return {.at = now - ago,
            .server_id = "vss-1",
            .remote = Endpoint::v4(*parse_ipv4("203.0.113.7"), 4711),
            .happening = happening,
            .cause = cause,
            .known = true,
            .common_name = name};
}

class Findings : public testing::Test {
protected:
    std::vector<std::string> codes() const {
        std::vector<std::string> found;
        for (const Finding& finding : findings_of(server, now)) found.push_back(finding.code);
        return found;
    }
    Finding only() const {
        const auto found = findings_of(server, now);
        EXPECT_EQ(found.size(), 1U);
        return found.empty() ? Finding() : found.front();
    }

    ServerEvidence server{.id = {"vss-1"}, .revision = "2222", .connections_max = 5};
};

TEST_F(Findings, OfWhoIsFineThereAreNone) {
    server.clients = {client("vsc-1"), client("vsc-2")};
    server.clients[0].lately.lost_packets = 99;
    server.clients[0].lately.late_packets = 99;
    server.clients[0].now.clock_behind_seconds = 600;
    server.records = {record(Happening::refused, 90s, Cause::certificate_expired),
                      record(Happening::connected, 80s),
                      record(Happening::ended, 70s, Cause::client_left)};
    EXPECT_THAT(codes(), IsEmpty());
}

TEST_F(Findings, ShowABundleOfFormerSettingsWithBothRevisionsAndHowToGetAnother) {
    server.clients = {client("vsc-1")};
    server.clients[0].now.stale_bundle = true;
    server.clients[0].now.revision = "1111\x1b";
    const Finding found = only();
    EXPECT_EQ(found.code, "CERT-STALE");
    EXPECT_EQ(found.subject, "vsc-1");
    EXPECT_EQ(found.action, "GetSslVpnClientCertBundle");
    EXPECT_THAT(found.evidence, ElementsAre("it announced a bundle of revision 1111\\x1b; the "
                                            "server's settings make 2222"));
}

TEST_F(Findings, TellAClockToTheSecond) {
    server.clients = {client("vsc-1")};
    server.clients[0].now.clock_behind_seconds = -601;
    EXPECT_EQ(only().code, "CLOCK-SKEW");
    EXPECT_THAT(only().evidence, ElementsAre("its clock is 601 s ahead of the gateway's"));
}

TEST_F(Findings, CallALossyPathUnstableAndALongOneFar) {
    server.clients = {client("vsc-1")};
    server.clients[0].lately.lost_packets = 300;
    EXPECT_EQ(only().code, "LINK-UNSTABLE");
    server.clients[0].now.path.least_round_trip_microseconds = 220'000;
    EXPECT_EQ(only().code, "LINK-FAR");
    EXPECT_THAT(only().evidence[1], HasSubstr("220 ms"));
    server.clients[0].lately.received_packets = 20'000;
    EXPECT_THAT(codes(), IsEmpty()) << "1.5 %";
    server.clients[0].lately = {};
    server.clients[0].now.path.lost_packets = 5000;
    EXPECT_THAT(codes(), IsEmpty()) << "it was so once";
}

TEST_F(Findings, ShowPacketsThatWaitedTooLongForABandwidth) {
    server.clients = {client("vsc-1")};
    server.clients[0].lately.late_packets = 250;
    EXPECT_EQ(only().code, "BANDWIDTH");
    EXPECT_EQ(only().action, "ModifyVpnGatewayAttribute");
}

TEST_F(Findings, NameAProgramThatIsKnownToFailOnItsSystemOnly) {
    server.clients = {client("vsc-1")};
    server.clients[0].now.version = "2.6.6";
    EXPECT_THAT(codes(), IsEmpty());
    server.clients[0].now.platform = "win";
    EXPECT_EQ(only().code, "VERSION-INCOMPAT");
    EXPECT_EQ(only().confidence, Confidence::possible);
}

TEST_F(Findings, OfARefusalLastUntilTheClientHasComeIn) {
    server.records = {record(Happening::connected, 300s),
                      record(Happening::refused, 200s, Cause::certificate_expired),
                      record(Happening::refused, 100s, Cause::certificate_expired)};
    server.records[2].detail = "since 2023-11-01";
    const Finding found = only();
    EXPECT_EQ(found.code, "CERT-EXPIRED");
    EXPECT_EQ(found.cause, "certificate_expired");
    EXPECT_EQ(found.action, "RenewSslVpnClientCert");
    EXPECT_EQ(found.first, now - 200s);
    EXPECT_EQ(found.last, now - 100s);
    EXPECT_THAT(found.evidence,
                ElementsAre("it was refused 2 times and has not come in since",
                            "the latest at 2023-11-14 22:11:40 from 203.0.113.7:4711: certificate "
                            "expired - since 2023-11-01"));
    server.records[2].cause = server.records[1].cause = Cause::certificate_revoked;
    EXPECT_EQ(only().action, "CreateSslVpnClientCert") << "there is nothing left to renew";
    server.records.push_back(record(Happening::connected, 50s));
    EXPECT_THAT(codes(), IsEmpty());
    server.records.pop_back();
    server.clients = {client("vsc-1", now - 99s)};
    EXPECT_THAT(codes(), IsEmpty()) << "its record may have been pushed out";
}

TEST_F(Findings, AreNotMadeOfStrangersNorOfWhatIsLongAgoNorOfWhatCannotBeKnown) {
    server.records = {record(Happening::refused, 25h, Cause::cipher_mismatch),
                      record(Happening::refused, 100s, Cause::wrapping_mismatch, "")};
    server.records[1].known = false;
    EXPECT_THAT(codes(), IsEmpty());
    server.records = {record(Happening::refused, 100s, Cause::cipher_mismatch)};
    EXPECT_THAT(codes(), ElementsAre("CONF-CLIENT"));
    server.complete_from = now - 99s;
    EXPECT_THAT(codes(), IsEmpty());
}

TEST_F(Findings, OfAFullGatewayAreOneWithTheNumbers) {
    server.slots_used = 5;
    for (const char* name : {"vsc-1", "vsc-2", "vsc-2"})
        server.records.push_back(
            record(Happening::refused, 100s, Cause::connections_exhausted, name));
    const Finding found = only();
    EXPECT_EQ(found.code, "CONN-LIMIT");
    EXPECT_EQ(found.subject, "");
    EXPECT_EQ(found.evidence[0], "2 clients were refused and have not come in since");
    EXPECT_EQ(found.evidence[2], "5 of 5 slots are taken now, held ones among them");
}

TEST_F(Findings, TellAClientThatVanishesFromAnUnstableLinkAndFromAFaultOfItsOwn) {
    for (int i = 0; i < 3; ++i)
        server.records.push_back(record(Happening::ended, 600s, Cause::keepalive_timeout));
    EXPECT_EQ(only().code, "CONN-PHANTOM");
    server.records[1].cause = Cause::connection_broken;
    EXPECT_EQ(only().code, "LINK-UNSTABLE");
    server.clients = {client("vsc-2"), client("vsc-3"), client("vsc-4")};
    EXPECT_EQ(only().code, "CLIENT-FAULT");
    EXPECT_EQ(only().confidence, Confidence::possible);
    EXPECT_EQ(only().evidence[2], "3 other clients had no such trouble meanwhile");
    server.records.pop_back();
    EXPECT_THAT(codes(), IsEmpty()) << "twice happens";
}

TEST_F(Findings, OfSharedCertificatesAreCertainWhereTheGatewayStoppedOne) {
    for (int i = 0; i < 3; ++i)
        server.records.push_back(record(Happening::ended, 60s, Cause::replaced));
    EXPECT_EQ(only().code, "APP-CONFLICT");
    EXPECT_EQ(only().confidence, Confidence::likely);
    server.records = {record(Happening::ended, 60s, Cause::certificate_shared)};
    EXPECT_EQ(only().confidence, Confidence::certain);
    EXPECT_EQ(only().action, "CreateSslVpnClientCert");
}

}  // namespace
}  // namespace kanmon::model
