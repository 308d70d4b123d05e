#include "dataplane/io/login_desk.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace kanmon::io {
namespace {

class Notes final : public LoginOutlet {
public:
    void reply(std::uint32_t shard, shard::LoginReply reply) override {
        replies.emplace_back(shard, std::move(reply));
    }
    void tell_control(bridge::Message message) override { told.push_back(std::move(message)); }

    std::vector<std::pair<std::uint32_t, shard::LoginReply>> replies;
    std::vector<bridge::Message> told;
};

class Desk : public testing::Test {
protected:
    static shard::LoginQuestion question(std::uint64_t session, std::uint32_t number = 1) {
        shard::LoginQuestion asked{.session = session, .number = number, .question = {}};
        asked.question.session = session;
        asked.question.username = "anna";
        asked.question.password = SecretBuffer(as_bytes("secret"));
        return asked;
    }
    std::uint64_t ask(std::uint64_t session, std::uint32_t number = 1, std::uint32_t shard = 0) {
        desk.ask(shard, question(session, number), now);
        return notes.told.empty() ? 0 : notes.told.back().id;
    }
    static bridge::LoginAnswer answer(bridge::LoginVerdict verdict) {
        bridge::LoginAnswer said;
        said.verdict = verdict;
        return said;
    }
    void wait(Duration time) {
        now += time;
        desk.reach(now);
    }

    Notes notes;
    LoginDesk desk{notes};
    Instant now = instant_of(1'000'000'000'000);
};

TEST_F(Desk, CarriesTheQuestionToControlAndTheAnswerToTheSessionThatAsked) {
    desk.control_connected();
    const std::uint64_t id = ask(7, 3, 2);
    ASSERT_EQ(notes.told.size(), 1U);
    EXPECT_EQ(std::get<bridge::LoginQuestion>(notes.told[0].body), question(7).question);
    desk.take(id, answer(bridge::LoginVerdict::accepted));
    ASSERT_EQ(notes.replies.size(), 1U);
    EXPECT_EQ(notes.replies[0].first, 2U);
    EXPECT_EQ(notes.replies[0].second.session, 7U);
    EXPECT_EQ(notes.replies[0].second.number, 3U);
    EXPECT_EQ(desk.size(), 0U);
    desk.take(id, answer(bridge::LoginVerdict::accepted));
    EXPECT_EQ(notes.replies.size(), 1U) << "the last word was said";
}

TEST_F(Desk, WaitsForTheLastWordAfterAPage) {
    desk.control_connected();
    const std::uint64_t id = ask(7);
    desk.take(id, answer(bridge::LoginVerdict::open_page));
    desk.take(id, answer(bridge::LoginVerdict::accepted));
    EXPECT_EQ(notes.replies.size(), 2U);
    EXPECT_EQ(desk.size(), 0U);
}

TEST_F(Desk, AsksANewControlTheSameQuestionUnderTheSameId) {
    desk.control_connected();
    const std::uint64_t id = ask(7);
    desk.control_lost(now);
    wait(10s);
    desk.control_connected();
    ASSERT_EQ(notes.told.size(), 2U);
    EXPECT_EQ(notes.told[1], notes.told[0]);
    desk.take(id, answer(bridge::LoginVerdict::accepted));
    EXPECT_EQ(notes.replies.size(), 1U);
}

TEST_F(Desk, HearsNoAnswerToAQuestionThatItsSessionHasReplaced) {
    desk.control_connected();
    const std::uint64_t first = ask(7, 1);
    const std::uint64_t second = ask(7, 2);
    EXPECT_NE(first, second);
    desk.take(first, answer(bridge::LoginVerdict::accepted));
    EXPECT_TRUE(notes.replies.empty());
    desk.take(second, answer(bridge::LoginVerdict::refused));
    EXPECT_EQ(notes.replies.at(0).second.number, 2U);
}

TEST_F(Desk, RefusesWhatControlWasAwayForTooLong) {
    desk.ask(0, question(7), now);
    EXPECT_TRUE(notes.told.empty());
    wait(29s);
    EXPECT_TRUE(notes.replies.empty());
    ASSERT_TRUE(desk.next_deadline());
    wait(*desk.next_deadline() - now);
    ASSERT_EQ(notes.replies.size(), 1U);
    EXPECT_EQ(notes.replies[0].second.answer.verdict, bridge::LoginVerdict::refused);
    EXPECT_EQ(notes.replies[0].second.answer.cause, Cause::login_unavailable);
    EXPECT_EQ(desk.size(), 0U);
}

TEST_F(Desk, ForgetsAQuestionThatIsNeverAnsweredWithoutAYes) {
    desk.control_connected();
    ask(7);
    wait(LoginDesk::kept_at_most);
    EXPECT_EQ(desk.size(), 0U);
    EXPECT_TRUE(notes.replies.empty());
    EXPECT_FALSE(desk.next_deadline());
}

TEST_F(Desk, KeepsABoundedNumberOfQuestions) {
    desk.control_connected();
    for (std::uint64_t session = 1; session <= LoginDesk::questions_max; ++session) ask(session);
    EXPECT_TRUE(notes.replies.empty());
    ask(9999);
    EXPECT_EQ(desk.size(), LoginDesk::questions_max);
    EXPECT_EQ(notes.replies.at(0).second.answer.cause, Cause::login_unavailable);
}

}  // namespace
}  // namespace kanmon::io
