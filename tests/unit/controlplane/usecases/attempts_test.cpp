#include "controlplane/usecases/attempts.h"

#include <gmock/gmock.h>

#include "contract/attempt_log_contract.h"
#include "contract/control_world.h"

namespace kanmon::usecases {
namespace {

using bridge::Happening;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct MemoryLogMaker {
    std::unique_ptr<AttemptLog> make(const LogLimits& limits) {
        return std::make_unique<MemoryAttemptLog>(limits);
    }
};
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, AttemptLogContract, MemoryLogMaker);

class Log : public testing::Test {
protected:
    bridge::AttemptRecord record(Happening happening, Cause cause = Cause::client_left,
                                 const std::string& detail = {}) {
        bridge::AttemptRecord made = contract_record(0, "vsc-1");
        made.at = world.now;
        made.server_id = server.text;
        made.transport = bridge::Transport::udp;
        made.happening = happening;
        made.stage = happening == Happening::refused ? bridge::Stage::tls : bridge::Stage::ended;
        made.cause = cause;
        made.username.clear();
        made.detail = detail;
        return made;
    }
    std::string line(Happening happening, Cause cause = Cause::client_left,
                     const std::string& detail = {}) {
        return attempt_line(record(happening, cause, detail));
    }
    std::string lines_of(const LogFilter& filter) {
        const auto found = world.plane.attempts.logs(
            alice, {.server = server.text, .filter = filter, .page = {.number = 1, .size = 50}});
        if (!found) return found.error().code + ": " + found.error().message;
        std::string text;
        for (const std::string& one : found->lines) text += one + "\n";
        return text;
    }

    ControlWorld world;
    Call alice = world.account("alice");
    model::SslServerId server = world.server(alice, world.gateway(alice, world.vpc(alice, "n")));
};

TEST_F(Log, SpeaksTheFamiliarWords) {
    const std::string known = "2023-11-14 22:13:20 vsc-1/203.0.113.7:4711 ";
    EXPECT_EQ(line(Happening::connected),
              known +
                  "[vsc-1] Peer Connection Initiated with [AF_INET]203.0.113.7:4711, primary "
                  "virtual IP 192.168.0.6, IV_VER=2.6.14, IV_PLAT=linux");
    EXPECT_EQ(line(Happening::ended, Cause::connection_broken, "it was reset"),
              known + "Connection reset, restarting [-1] (connection_broken) - it was reset");
    EXPECT_EQ(
        line(Happening::ended, Cause::gateway_restarted),
        known + "client-instance exiting: the data process was restarted (gateway_restarted)");
    EXPECT_EQ(line(Happening::negotiated, Cause::client_left,
                   "Data Channel: using negotiated cipher 'AES-256-GCM'"),
              known + "Data Channel: using negotiated cipher 'AES-256-GCM'");
    EXPECT_EQ(line(Happening::refused, Cause::certificate_expired),
              known +
                  "VERIFY ERROR: depth=0, error=certificate has expired: CN=vsc-1 "
                  "(certificate_expired)");
    EXPECT_EQ(line(Happening::moved),
              known + "peer [vsc-1] floated from 203.0.113.8:4712 to [AF_INET]203.0.113.7:4711");
    EXPECT_EQ(line(Happening::ended, Cause::keepalive_timeout),
              known +
                  "[vsc-1] Inactivity timeout (--ping-restart), restarting "
                  "(keepalive_timeout)");
    EXPECT_EQ(line(Happening::ended, Cause::disconnected_by_operator),
              known +
                  "SENT CONTROL [vsc-1]: 'RESTART,an operator disconnected the client' "
                  "(status=1) (disconnected_by_operator)");
    bridge::AttemptRecord early = record(Happening::refused, Cause::handshake_timeout);
    early.common_name.clear();
    EXPECT_EQ(attempt_line(early),
              "2023-11-14 22:13:20 203.0.113.7:4711 TLS Error: TLS key negotiation failed to occur "
              "within 60 seconds (check your network connectivity) (handshake_timeout)");
}

TEST_F(Log, NeverSaysThatSomethingWasSentToWhomNobodyCouldTellIt) {
    for (const Cause cause : {Cause::client_left, Cause::connection_broken, Cause::rate_limited,
                              Cause::gateway_restarted, Cause::malformed})
        for (const Happening happening : {Happening::refused, Happening::ended}) {
            bridge::AttemptRecord untold = record(happening, cause);
            untold.stage = bridge::Stage::admission;
            EXPECT_THAT(attempt_line(untold), Not(HasSubstr("SENT CONTROL")));
        }
    EXPECT_THAT(line(Happening::ended, Cause::client_left, "the client closed it"),
                HasSubstr("Connection reset, restarting [0]"));
    EXPECT_THAT(line(Happening::ended, Cause::client_left, "the client's clock is 700 s behind"),
                HasSubstr("remote-exit"));
}

TEST_F(Log, HasALineForEveryHappeningAndEveryCauseAndNamesTheCause) {
    for (const CauseRow& row : cause_table)
        for (const Happening happening : {Happening::refused, Happening::ended, Happening::denied})
            EXPECT_THAT(line(happening, row.cause), HasSubstr("(" + std::string(row.code) + ")"));
    for (int i = 0; i <= static_cast<int>(Happening::denied); ++i)
        EXPECT_EQ(happening_of(happening_text(static_cast<Happening>(i))),
                  static_cast<Happening>(i));
}

// CVE-2024-5594: what peers send cannot break out of its line.
TEST_F(Log, IsOneLineOfPrintableAsciiWhateverPeersSend) {
    for (const std::string& hostile :
         {std::string("\x1b[2J"), std::string("a\r\nb\n"), std::string("\0x", 2),
          std::string("\xe2\x80\xae"), std::string("\xff\xfe"), std::string(65536, 'x')})
        for (int i = 0; i <= static_cast<int>(Happening::denied); ++i) {
            bridge::AttemptRecord spoilt = record(static_cast<Happening>(i), Cause::login_refused);
            spoilt.common_name = spoilt.username = spoilt.cipher = hostile;
            spoilt.version = spoilt.platform = spoilt.detail = hostile;
            const std::string shown = attempt_line(spoilt);
            EXPECT_TRUE(std::ranges::all_of(shown, [](char c) { return c >= ' ' && c <= '~'; }))
                << shown;
            EXPECT_LT(shown.size(), 10'000u);
        }
}

TEST_F(Log, IsFoundByWhoWhereWhenAndHowItEnded) {
    bridge::AttemptRecord other = record(Happening::refused, Cause::certificate_expired);
    other.common_name = "vsc-2";
    other.remote = Endpoint::v4(*parse_ipv4("198.51.100.9"), 1);
    ASSERT_TRUE(world.plane.attempts.record(
        {record(Happening::connected), record(Happening::ended), other}, world.now));
    const LogFilter all{.minute_period = 10};
    EXPECT_THAT(lines_of(all),
                AllOf(HasSubstr("Initiated"), HasSubstr("remote-exit"), HasSubstr("has expired")));
    LogFilter filter = all;
    filter.certificate = "vsc-2";
    EXPECT_THAT(lines_of(filter), AllOf(HasSubstr("vsc-2"), Not(HasSubstr("vsc-1"))));
    filter = all;
    filter.address = "203.0.113.0/24";
    EXPECT_THAT(lines_of(filter), Not(HasSubstr("vsc-2")));
    filter = all;
    filter.outcome = "ended";
    EXPECT_THAT(lines_of(filter), AllOf(HasSubstr("remote-exit"), Not(HasSubstr("Initiated"))));
    filter = all;
    filter.cause = "certificate_expired";
    EXPECT_THAT(lines_of(filter), AllOf(HasSubstr("vsc-2"), Not(HasSubstr("vsc-1"))));
    filter = all;
    filter.username = "nobody";
    EXPECT_EQ(lines_of(filter), "");
}

TEST_F(Log, RefusesWhatItCannotLookForAndSaysWhatWouldWork) {
    EXPECT_THAT(lines_of({}), HasSubstr("MissingMinutePeriod"));
    EXPECT_THAT(lines_of({.from = 1}), HasSubstr("MissingMinutePeriod"));
    EXPECT_THAT(lines_of({.to = 1}), HasSubstr("MissingMinutePeriod"));
    EXPECT_EQ(lines_of({.from = 1, .to = 2}), "");
    EXPECT_THAT(lines_of({.from = 2, .to = 1}), HasSubstr("IllegalParam.From: From lies after To"));
    EXPECT_THAT(lines_of({.minute_period = 0}), HasSubstr("IllegalParam.MinutePeriod"));
    EXPECT_THAT(lines_of({.address = "10.0.0.1/8", .minute_period = 1}),
                HasSubstr("IllegalParam.ClientAddress: ClientAddress is '10.0.0.1/8'"));
    EXPECT_THAT(lines_of({.outcome = "bad\n", .minute_period = 1}),
                HasSubstr("IllegalParam.Outcome: Outcome is 'bad\\x0a'; it is one of refused"));
    EXPECT_THAT(lines_of({.cause = "rain", .minute_period = 1}), HasSubstr("IllegalParam.Cause"));
}

TEST_F(Log, IsReadOnByACursorThatMissesNothing) {
    ASSERT_TRUE(world.plane.attempts.record({record(Happening::connected)}, world.now));
    auto request =
        DescribeSslServerRecords{.server = server.text, .newest = true, .results_max = 1};
    const auto newest = world.plane.attempts.records(alice, request);
    ASSERT_EQ(newest->records.size(), 1u);
    request = {.server = server.text,
               .cursor = static_cast<std::int64_t>(newest->cursor),
               .results_max = 1};
    EXPECT_TRUE(world.plane.attempts.records(alice, request)->records.empty());
    // Its time lies before the one that was seen: it arrived late.
    bridge::AttemptRecord late = record(Happening::ended);
    late.at -= std::chrono::hours(1);
    ASSERT_TRUE(world.plane.attempts.record({late, record(Happening::moved)}, world.now));
    std::vector<Happening> seen;
    for (int i = 0; i < 3; ++i) {
        const auto found = world.plane.attempts.records(alice, request);
        for (const StoredAttempt& row : found->records) seen.push_back(row.record.happening);
        request.cursor = static_cast<std::int64_t>(found->cursor);
    }
    EXPECT_THAT(seen, ElementsAre(Happening::ended, Happening::moved));
    request.results_max = records_a_call_max + 1;
    EXPECT_EQ(world.plane.attempts.records(alice, request).error().code, "IllegalParam.MaxResults");
}

TEST_F(Log, BelongsToTheAccountOfTheServer) {
    const Call bob = world.account("bob");
    const auto foreign = world.plane.attempts.records(bob, {.server = server.text});
    const auto nobodys = world.plane.attempts.records(bob, {.server = "vss-none"});
    ASSERT_FALSE(foreign);
    EXPECT_EQ(foreign.error().code, nobodys.error().code);
    EXPECT_FALSE(world.plane.attempts.logs(
        bob, {.server = server.text, .filter = {.minute_period = 1}, .page = {}}));
}

}  // namespace
}  // namespace kanmon::usecases
