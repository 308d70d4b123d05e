#include "apps/kanmon/terminal_text.h"

#include <gtest/gtest.h>

#include "apps/kanmon/json_document.h"

namespace kanmon::apps {
namespace {

TEST(TerminalText, KeepsReadableCharactersOfEveryScript) {
    EXPECT_EQ(showable("laptop of Zo\xC3\xAB, \xE9\x96\xA2\xE9\x96\x80"),
              "laptop of Zo\xC3\xAB, \xE9\x96\xA2\xE9\x96\x80");
}

TEST(TerminalText, NothingInItMovesTheCursorOrTurnsTheDirection) {
    EXPECT_EQ(showable("a\x1b[31mb"), "a\\u{1b}[31mb");
    EXPECT_EQ(showable("a\r\nb\x7f"), "a\\u{d}\\u{a}b\\u{7f}");
    EXPECT_EQ(showable("\xE2\x80\xAE"
                       "fdp"),
              "\\u{202e}fdp");
    EXPECT_EQ(showable("\xC2\x9B"
                       "31m"),
              "\\u{9b}31m");
    EXPECT_EQ(showable("\xE2\x80\x8B\xEF\xBB\xBF"), "\\u{200b}\\u{feff}");
    EXPECT_EQ(showable("\xF3\xA0\x80\x81"), "\\u{e0001}");
}

TEST(TerminalText, OctetsThatAreNotUtf8AreShownAsOctets) {
    EXPECT_EQ(showable("\xff\xc0\xaf\xed\xa0\x80"), "\\xff\\xc0\\xaf\\xed\\xa0\\x80");
    EXPECT_EQ(showable("\xE9\x96"), "\\xe9\\x96");
}

TEST(TerminalText, ColumnsAlignAlsoBesideWideCharacters) {
    EXPECT_EQ(aligned({{"NAME", "ID"}, {"\xE9\x96\xA2\xE9\x96\x80", "1"}, {"longer", "2"}}),
              "NAME    ID\n\xE9\x96\xA2\xE9\x96\x80    1\nlonger  2\n");
}

TEST(JsonDocument, WhatIsNotThereIsEmpty) {
    const auto document = JsonDocument::parse(R"({"a":{"b":[{"c":1},{"c":"x"}]},"d":true})");
    ASSERT_TRUE(document);

    EXPECT_EQ(document->items("a.b").size(), 2U);
    EXPECT_EQ(document->items("a.b")[0].number("c"), 1);
    EXPECT_EQ(document->items("a.b")[1].text("c"), "x");
    EXPECT_EQ(document->text("d"), "true");
    EXPECT_EQ(document->text("a.b.c"), "");
    EXPECT_TRUE(document->items("d").empty());
    EXPECT_EQ(document->without("a").dump(), R"({"d":true})");
    EXPECT_FALSE(JsonDocument::parse("<html>"));
}

}  // namespace
}  // namespace kanmon::apps
