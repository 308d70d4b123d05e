#include "dataplane/wire/control_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kanmon::wire {
namespace {

using testing::ElementsAre;

std::vector<std::string> all_of(MessageSplitter& splitter) {
    std::vector<std::string> messages;
    while (auto message = splitter.next()) messages.push_back(std::move(*message));
    return messages;
}

Bytes octets(const char (&text)[9]) {
    return as_bytes(std::string_view(text, 8));
}

TEST(MessageSplitter, JoinsPiecesAndDividesRecords) {
    MessageSplitter splitter;
    ASSERT_TRUE(splitter.feed(as_bytes("PUSH_RE")));
    EXPECT_FALSE(splitter.next());
    ASSERT_TRUE(splitter.feed(octets("QUEST\0EX")));
    ASSERT_TRUE(splitter.feed(with_nul("IT")));
    EXPECT_THAT(all_of(splitter), ElementsAre("PUSH_REQUEST", "EXIT"));
    ASSERT_TRUE(splitter.feed(with_nul("EXIT")));
    EXPECT_THAT(all_of(splitter), ElementsAre("EXIT"));
}

TEST(MessageSplitter, TakesOffLineEndsAndSkipsControlCharacters) {
    MessageSplitter splitter;
    for (const std::string_view text : {"EXIT\r\n", "a\x1b[31m", "x\ny", "\x7f", "", "HALT"})
        ASSERT_TRUE(splitter.feed(with_nul(text)));
    EXPECT_THAT(all_of(splitter), ElementsAre("EXIT", "HALT"));
    EXPECT_EQ(splitter.skipped(), 3U);
}

TEST(MessageSplitter, AcceptsTheLongestMessageAndRefusesOneOctetMoreForGood) {
    const std::string longest(control_message_octets_max - 1, 'x');
    MessageSplitter splitter;
    ASSERT_TRUE(splitter.feed(with_nul(longest)));
    EXPECT_THAT(all_of(splitter), ElementsAre(longest));

    EXPECT_EQ(splitter.feed(as_bytes(longest + "x")).error(), Cause::malformed);
    EXPECT_EQ(splitter.feed(with_nul("EXIT")).error(), Cause::malformed);
    EXPECT_FALSE(splitter.next());
}

TEST(ControlMessage, TellsEveryKindAndItsArgument) {
    const auto kind = [](std::string_view text) { return parse_control_message(text).kind; };
    EXPECT_EQ(kind("PUSH_REQUEST"), MessageKind::push_request);
    EXPECT_EQ(kind("PUSH_REPLY"), MessageKind::push_reply);
    EXPECT_EQ(kind("PUSH_UPDATE,-route"), MessageKind::push_update);
    EXPECT_EQ(kind("AUTH_PENDING,timeout 60"), MessageKind::auth_pending);
    EXPECT_EQ(kind("INFO,hello"), MessageKind::info);
    EXPECT_EQ(kind("INFO_PRE,WEB_AUTH::https://x"), MessageKind::info_pre);
    EXPECT_EQ(kind("CR_RESPONSE,MTIz"), MessageKind::cr_response);
    EXPECT_EQ(kind("RESTART,[N]"), MessageKind::restart);
    EXPECT_EQ(kind("HALT"), MessageKind::halt);
    EXPECT_EQ(kind("EXIT"), MessageKind::exit);
    EXPECT_EQ(kind("EXITS"), MessageKind::unknown);
    EXPECT_EQ(kind("push_request"), MessageKind::unknown);
    EXPECT_EQ(kind(""), MessageKind::unknown);

    const ControlMessage failed =
        parse_control_message("AUTH_FAILED,TEMP[backoff 42,advance no]:full");
    EXPECT_EQ(failed.kind, MessageKind::auth_failed);
    EXPECT_EQ(failed.argument, "TEMP[backoff 42,advance no]:full");
    EXPECT_EQ(parse_control_message("EXIT").argument, "");
}

TEST(PushReply, IsOneMessageWhenItFits) {
    const auto messages = push_reply({"topology net30", "ping 10", "peer-id 0"}, 1);
    ASSERT_TRUE(messages);
    EXPECT_THAT(*messages, ElementsAre("PUSH_REPLY,topology net30,ping 10,peer-id 0"));
    EXPECT_THAT(*push_reply({}, 0), ElementsAre("PUSH_REPLY"));
}

TEST(PushReply, SplitsBetweenOptionsAndKeepsTheTailTogetherInTheLast) {
    for (std::size_t routes = 1; routes < 200; ++routes) {
        std::vector<std::string> options;
        for (std::size_t i = 0; i < routes; ++i)
            options.push_back("route 10." + std::to_string(i) + ".0.0 255.255.0.0");
        const std::vector<std::string> tail{"ifconfig 10.8.0.6 10.8.0.5", "peer-id 0",
                                            "cipher AES-256-GCM"};
        options.insert(options.end(), tail.begin(), tail.end());
        const auto messages = push_reply(options, tail.size());
        ASSERT_TRUE(messages) << routes;

        std::string joined = "PUSH_REPLY";
        for (std::size_t i = 0; i < messages->size(); ++i) {
            std::string text = (*messages)[i];
            EXPECT_LE(text.size() + 1, sent_message_octets_max);
            ASSERT_TRUE(text.starts_with("PUSH_REPLY,"));
            if (messages->size() > 1) {
                const bool last = i + 1 == messages->size();
                const std::string end = last ? ",push-continuation 1" : ",push-continuation 2";
                ASSERT_TRUE(text.ends_with(end)) << text;
                text.resize(text.size() - end.size());
            }
            joined += text.substr(10);
        }
        std::string expected = "PUSH_REPLY";
        for (const std::string& option : options) expected += "," + option;
        EXPECT_EQ(joined, expected);
        EXPECT_NE(messages->back().find(",ifconfig 10.8.0.6 10.8.0.5,peer-id 0,cipher AES-256-GCM"),
                  std::string::npos);
    }
}

TEST(PushReply, FillsTheLastOctetOfOneMessage) {
    const std::string option(sent_message_octets_max - 1 - 11, 'o');
    ASSERT_EQ(push_reply({option}, 0)->size(), 1U);
    EXPECT_EQ(push_reply({option}, 0)->front().size(), sent_message_octets_max - 1);
}

TEST(PushReply, RefusesAnOptionThatDoesNotFit) {
    EXPECT_EQ(push_reply({std::string(1013, 'o')}, 0).error(), Cause::oversize);
    EXPECT_EQ(push_reply({"a", std::string(600, 'o'), std::string(600, 'p')}, 2).error(),
              Cause::oversize);
}

}  // namespace
}  // namespace kanmon::wire
