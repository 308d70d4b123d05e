#include "dataplane/session/refusal.h"

#include <gtest/gtest.h>

#include "conversation.h"
#include "dataplane/session/timers.h"

namespace kanmon::session {
namespace {

TEST(Refusal, NamesTheDayACertificateExpired) {
    const auto reason = reason_text(Cause::certificate_expired, {}, certificate_for_tests(expired));
    EXPECT_EQ(refusal(Cause::certificate_expired, reason, {}).message,
              "AUTH_FAILED,certificate expired on 2026-01-02 (UTC); "
              "ask your administrator for a new bundle");
}

TEST(Refusal, NamesTheGatewaysClockForACertificateOfTheFuture) {
    const auto reason =
        reason_text(Cause::certificate_not_yet_valid, {}, certificate_for_tests(good));
    const Farewell words = refusal(Cause::certificate_not_yet_valid, reason, {});
    EXPECT_EQ(words.message,
              "AUTH_FAILED,certificate not valid before 2023-11-14 (UTC) by the gateway's "
              "clock; tell your administrator");
    EXPECT_EQ(words.delay, Duration::zero());
}

TEST(Refusal, SaysThatACertificateWasRevoked) {
    EXPECT_EQ(reason_text(Cause::certificate_revoked, {}, certificate_for_tests(good)),
              "certificate revoked; ask your administrator for a new bundle");
}

TEST(Refusal, TellsAClientThatUnderstandsItThatTheCauseIsTemporary) {
    const auto modern = wire::parse_peer_info(peer_info_2_6);
    EXPECT_EQ(refusal(Cause::connections_exhausted,
                      reason_text(Cause::connections_exhausted, {}, {}), modern),
              (Farewell{"AUTH_FAILED,TEMP[backoff 10,advance no]:maximum of concurrent connections "
                        "reached",
                        {}}));
}

TEST(Refusal, KeepsAnOlderClientTryingByADelayedRestart) {
    const auto old = wire::parse_peer_info(peer_info_2_5);
    EXPECT_EQ(refusal(Cause::pool_exhausted, reason_text(Cause::pool_exhausted, {}, {}), old),
              (Farewell{"RESTART,no free address in the client address pool", 8s}));
}

TEST(Refusal, AsksForTheWaitThatTheGateWants) {
    const auto modern = wire::parse_peer_info(peer_info_2_6);
    const auto old = wire::parse_peer_info(peer_info_2_5);
    EXPECT_EQ(refusal(Cause::pool_exhausted, "full", modern, {.wait = 160s}).message,
              "AUTH_FAILED,TEMP[backoff 160,advance no]:full");
    EXPECT_EQ(refusal(Cause::pool_exhausted, "full", old, {.wait = 20s}).delay, 18s);
    EXPECT_EQ(refusal(Cause::pool_exhausted, "full", old, {.wait = 160s}).delay, 40s)
        << "older clients give up after a minute by themselves";
}

TEST(Refusal, TellsABlockedClientWhatEverybodyCanReadAndForHowLong) {
    const std::string reason =
        reason_text(Cause::blocked_by_operator, "until 2026-01-02 10:00:00 (UTC)", {});
    EXPECT_EQ(reason,
              "an operator has blocked this client for a while; it can connect again by itself "
              "when the time is over: until 2026-01-02 10:00:00 (UTC)");
    EXPECT_EQ(refusal(Cause::blocked_by_operator, reason, wire::parse_peer_info(peer_info_2_6),
                      {.wait = 300s})
                  .message,
              "AUTH_FAILED,TEMP[backoff 300,advance no]:" + reason);
    EXPECT_EQ(
        refusal(Cause::blocked_by_operator, reason, wire::parse_peer_info(peer_info_2_5)).message,
        "AUTH_FAILED," + reason)
        << "which would hide a RESTART from its user";
}

TEST(Refusal, PointsToAnotherRemoteOnlyWhereThatMayHelp) {
    const auto modern = wire::parse_peer_info(peer_info_2_6);
    const auto words = [&](Cause cause, bool several) {
        return refusal(cause, "why", modern, {.several_remotes = several}).message;
    };
    EXPECT_EQ(words(Cause::gateway_not_ready, true),
              "AUTH_FAILED,TEMP[backoff 10,advance remote]:why");
    EXPECT_EQ(words(Cause::gateway_not_ready, false),
              "AUTH_FAILED,TEMP[backoff 10,advance addr]:why");
    EXPECT_EQ(words(Cause::connections_exhausted, true),
              "AUTH_FAILED,TEMP[backoff 10,advance no]:why");
}

TEST(Refusal, SaysNothingToASessionThatANewerOneReplaced) {
    EXPECT_EQ(dismissal(Cause::replaced, "why"), "");
}

TEST(Refusal, StopsProgramsThatWouldOnlyComeBackToTheSame) {
    EXPECT_EQ(dismissal(Cause::inactive, "why"), "HALT,why");
    EXPECT_EQ(dismissal(Cause::certificate_shared, "why"), "AUTH_FAILED,why");
}

TEST(Refusal, LetsClientsComeBackAfterADismissalUnlessTheyMustNot) {
    EXPECT_EQ(dismissal(Cause::server_changed, "changed"), "RESTART,changed");
    EXPECT_EQ(dismissal(Cause::identity_changed, "changed"), "AUTH_FAILED,changed");
}

TEST(Refusal, CarriesHostileDetailEscapedAndCut) {
    const std::string hostile = "a\nb" + std::string(2000, 'x');
    const std::string reason = reason_text(Cause::cipher_mismatch, hostile, {});
    EXPECT_EQ(reason.find('\n'), std::string::npos);
    EXPECT_LT(refusal(Cause::cipher_mismatch, reason, {}).message.size(),
              wire::sent_message_octets_max);
}

TEST(Refusal, HasWordsForEveryCauseThatFitOneMessage) {
    for (const CauseRow& row : cause_table) {
        const auto reason = reason_text(row.cause, {}, certificate_for_tests(good));
        EXPECT_FALSE(reason.empty());
        EXPECT_NE(reason.front(), '[') << "clients read brackets as flags";
    }
}

}  // namespace
}  // namespace kanmon::session
