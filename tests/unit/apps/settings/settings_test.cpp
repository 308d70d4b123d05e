// The table of settings, the file that is read by it and the texts that are made from it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

#include "apps/settings/nearest_name.h"
#include "apps/settings/setting_table.h"
#include "apps/settings/settings_file.h"
#include "apps/settings/settings_page.h"
#include "source_folder/source_folder.h"

namespace kanmon::apps {
namespace {

ReadSettings read(std::string_view text) {
    return read_settings(text, "kanmond.toml");
}

bool told(const ReadSettings& read, std::string_view part) {
    for (const std::string& problem : read.problems)
        if (problem.find(part) != std::string::npos) return true;
    return false;
}

bool is_list(const Setting& row) {
    return std::holds_alternative<std::vector<std::string> Settings::*>(row.member);
}

bool is_number(const Setting& row) {
    return std::holds_alternative<std::uint32_t Settings::*>(row.member);
}

bool is_flag(const Setting& row) {
    return std::holds_alternative<bool Settings::*>(row.member);
}

/// "[section]\nkey = value\n"
std::string line(const Setting& row, std::string_view value) {
    return "[" + std::string(row.section) + "]\n" + std::string(row.key) + " = " +
           std::string(value) + "\n";
}

TEST(SettingTable, EachKeyIsExplainedAndItsDefaultAndExampleKeepItsRule) {
    std::set<std::string> names;
    std::set<std::string_view> options;
    std::set<std::string_view> sections;
    std::string_view last;
    for (const Setting& row : setting_table()) {
        EXPECT_TRUE(names.insert(row.name()).second) << row.name();
        EXPECT_TRUE(row.option.empty() || options.insert(row.option).second) << row.option;
        EXPECT_TRUE(row.section == last || sections.insert(row.section).second)
            << row.section << " stands in two places";
        last = row.section;
        EXPECT_TRUE(row.help.ends_with('.')) << row.name();
        EXPECT_FALSE(row.rule.empty() || row.rule.ends_with('.')) << row.name();
        Settings settings;
        EXPECT_TRUE(write_setting(settings, row, given_word(row, std::string(row.works))))
            << row.name();
        EXPECT_NE(toml_value(settings, row), "") << row.name();
        const ReadSettings usual = read(line(row, toml_value(Settings{}, row)));
        EXPECT_TRUE(usual.problems.empty()) << row.name();
        EXPECT_EQ(usual.settings, Settings{}) << row.name();
    }
    EXPECT_TRUE(check_settings(Settings{}).empty());
}

TEST(SettingsFile, ThatExplainsItselfGivesTheSettingsBack) {
    Settings other{.state = "/srv/a \"quoted\" \\ place",
                   .api_listen = "[::1]:9443",
                   .http_loopback_port = 8080,
                   .public_addresses = {"203.0.113.7", "2001:db8::7"},
                   .shards = 3,
                   .data_user = "kanmon-data"};
    for (const Settings& settings : {Settings{}, other}) {
        const std::string text = settings_text(settings);
        const ReadSettings again = read(text);
        EXPECT_EQ(again.problems, std::vector<std::string>{}) << text;
        EXPECT_EQ(again.settings, settings) << text;
    }
    EXPECT_EQ(settings_text(Settings{}).find("\nlisten"), std::string::npos)
        << "a default is commented out";
    EXPECT_NE(settings_text(other).find("\nlisten = \"[::1]:9443\""), std::string::npos);
}

TEST(SettingsFile, UncommentedEveryKeyOfItIsTaken) {
    std::string text;
    std::size_t keys = 0;
    std::string all = settings_text(Settings{});
    for (std::size_t begin = 0; begin < all.size();) {
        const std::size_t end = all.find('\n', begin) + 1;
        const bool key = all[begin] == '#' && all[begin + 1] != ' ';
        keys += key ? 1 : 0;
        text += all.substr(begin + (key ? 1 : 0), end - begin - (key ? 1 : 0));
        begin = end;
    }
    EXPECT_EQ(keys, setting_table().size());
    EXPECT_EQ(read(text).problems, std::vector<std::string>{});
}

TEST(SettingsFile, UnknownKeysAndSectionsAreRefusedWithTheNearestKnownOne) {
    const ReadSettings wrong = read(
        "[api]\nlisten = \"127.0.0.1:1\"\nlissten = \"x\"\n[dta]\n"
        "shards = 1\n[data]\nshard = 2\n");
    ASSERT_EQ(wrong.problems.size(), 3u);
    EXPECT_TRUE(told(wrong,
                     "kanmond.toml:3: there is no key api.lissten; the nearest is "
                     "api.listen"));
    EXPECT_TRUE(told(wrong, "kanmond.toml:4: there is no section [dta]; the nearest is [data]"));
    EXPECT_TRUE(told(wrong,
                     "kanmond.toml:7: there is no key data.shard; the nearest is "
                     "data.shards"));
    EXPECT_TRUE(told(read("shards = 2"), "there is no key shards; the nearest is data.shards"));
    EXPECT_TRUE(told(read("[api.listen]\nx = 1"), "api.listen is"));
    EXPECT_TRUE(told(read("[api]\n\"a\\u001b[2Jb\" = 1"), "a\\x1b[2Jb"))
        << "what a terminal obeys is escaped";
}

TEST(SettingsFile, EveryWrongValueIsRefusedWithFieldValueRuleAndWhatWouldWork) {
    for (const Setting& row : setting_table()) {
        std::vector<std::string> wrong{"3.5", "1979-05-27", "[1, 2]", "{ a = 1 }", "[[\"a\"]]"};
        if (!is_flag(row)) wrong.insert(wrong.end(), {"true", "false"});
        if (!is_number(row)) wrong.insert(wrong.end(), {"1", "-1"});
        if (!is_list(row)) wrong.insert(wrong.end(), {"[]", "[\"a\"]"});
        if (is_number(row))
            for (const std::int64_t number :
                 {std::int64_t{row.least} - 1, std::int64_t{row.most} + 1, INT64_MAX, INT64_MIN})
                wrong.push_back(std::to_string(number));
        if (!row.fits) wrong.push_back("\"text\"");
        const std::string long_text(5000, 'a');
        if (row.fits != nullptr)
            for (const std::string& text :
                 {std::string(R"("\u0007")"), std::string(R"("x\ny")"), '"' + long_text + '"'})
                wrong.push_back(is_list(row) ? "[" + text + "]" : text);
        for (const std::string& value : wrong) {
            const ReadSettings refused = read(line(row, value));
            ASSERT_EQ(refused.problems.size(), 1u) << row.name() << " = " << value;
            EXPECT_TRUE(told(refused, "kanmond.toml:2: " + row.name() + " is ")) << value;
            EXPECT_TRUE(told(refused, row.rule)) << row.name();
            EXPECT_TRUE(told(refused, std::string(row.works) + " would work")) << row.name();
            EXPECT_EQ(refused.settings, Settings{});
        }
    }
    EXPECT_TRUE(told(read("[data]\nshards = 65"), "data.shards is 65; it must be 0 to 64 threads"));
    EXPECT_TRUE(told(read("[users]\ncontrol = \"root\""), "never root"));
    EXPECT_TRUE(told(read("[users]\ndata = \"0\""), "never root"));
    EXPECT_TRUE(told(read("[directories]\nstate = \"/var/../etc\""), "without '..'"));
    EXPECT_TRUE(told(read("[directories]\nstate = \"var\""), "an absolute path"));
    EXPECT_TRUE(told(read("[gateway]\npublic_addresses = [\"203.0.113.7\", \"vpn.example\"]"),
                     "vpn.example"));
}

TEST(SettingsFile, WhatIsNoTomlNamesItsLineAndTwoValuesForAKeyAreNoToml) {
    EXPECT_TRUE(told(read("[api]\nlisten = \n"), "kanmond.toml:2: this is not TOML"));
    EXPECT_TRUE(told(read("[api]\nlisten = \"a\"\nlisten = \"b\"\n"), "this is not TOML"));
    EXPECT_TRUE(told(read(std::string("[api]\nlis\0ten = 1", 17)), "this is not TOML"));
    const std::string deep(20000, '[');
    EXPECT_TRUE(told(read("x = " + deep), "this is not TOML"));
}

TEST(SettingsFile, AllProblemsAreToldAtOnceAndTheGoodValuesStay) {
    const ReadSettings read_ = read(
        "[data]\nshards = 99\ntls_workers = 3\n[api]\nlisten = \"x\"\nhttp_loopback_port = -1");
    EXPECT_EQ(read_.problems.size(), 3u);
    EXPECT_EQ(read_.settings.tls_workers, 3u);
}

TEST(SettingsFile, WordsOfTheCommandLineKeepTheSameRules) {
    Settings settings;
    const auto write = [&](const char* name, const char* word) {
        const Setting& row = *find_setting(name);
        return write_setting(settings, row, given_word(row, word)).has_value();
    };
    EXPECT_TRUE(write("data.shards", "3") && write("gateway.public_addresses", "192.0.2.7,::1") &&
                write("users.data", "64241") && write("api.listen", "[::]:443"));
    EXPECT_EQ(settings.shards, 3u);
    EXPECT_EQ(settings.public_addresses, (std::vector<std::string>{"192.0.2.7", "::1"}));
    EXPECT_FALSE(write("data.shards", "3x") || write("data.shards", "") ||
                 write("data.shards", "-1") || write("data.shards", "65") ||
                 write("gateway.public_addresses", "192.0.2.7,") ||
                 write("gateway.public_addresses", "host") || write("api.listen", "8443"));
}

TEST(Settings, WhatMustFitIsChecked) {
    EXPECT_EQ(check_settings({.state = "/srv", .run = "/srv"}).size(), 1u);
    EXPECT_EQ(check_settings({.certificate_file = "/a"}).size(), 1u);
    EXPECT_EQ(check_settings({.key_file = "/a"}).size(), 1u);
    EXPECT_EQ(check_settings({.webhook_url = "https://a"}).size(), 1u);
    EXPECT_EQ(check_settings({.webhook_secret_file = "/a"}).size(), 1u);
    EXPECT_TRUE(check_settings({.certificate_file = "/a", .key_file = "/b"}).empty());
    EXPECT_EQ(check_settings({.public_addresses = {"2001:db8::1"}}).size(), 1u);
    EXPECT_EQ(
        check_settings({.public_addresses = {"192.0.2.1", "2001:db8::1", "2001:db8::2"}}).size(),
        1u);
    EXPECT_TRUE(check_settings({.public_addresses = {"192.0.2.1", "2001:db8::1"}}).empty());
}

TEST(SettingsFile, AWebhookIsHttpsWithoutAUserAndItsNetworksAreCidrs) {
    for (const char* good : {"https://hooks.example.com/kanmon", "https://10.1.2.3:8443",
                             "https://[fd00::1]:8443/a?b=c", "https://h"})
        EXPECT_TRUE(read(std::string("[events]\nwebhook_url = \"") + good + "\"").problems.empty())
            << good;
    for (const char* bad :
         {"http://h/", "https://", "https:///path", "https://user@h/", "https://user:secret@h/",
          "https://h/#part", "https://h /", "https://h\\u0000", "HTTPS://h", "ftp://h", "h",
          "https://h\\\\@other/", "https://h/\u00e9"})
        EXPECT_TRUE(told(read(std::string("[events]\nwebhook_url = \"") + bad + "\""),
                         "events.webhook_url is"))
            << bad;
    EXPECT_TRUE(read("[events]\nwebhook_private_networks = [\"10.0.0.0/8\", \"fd00::/8\"]")
                    .problems.empty());
    for (const char* bad : {"10.0.0.1/8", "fd00::1/8", "10.0.0.0", "0.0.0.0/33", "host"})
        EXPECT_TRUE(told(read(line(*find_setting("events.webhook_private_networks"),
                                   "[\"" + std::string(bad) + "\"]")),
                         "CIDRs without host bits"))
            << bad;
}

TEST(NearestName, IsTheOneWithTheFewestLettersToChange) {
    EXPECT_EQ(edit_distance("", "abc"), 3u);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
    EXPECT_EQ(edit_distance("same", "same"), 0u);
    EXPECT_EQ(nearest_name("lissen", {"run", "listen", "state"}), "listen");
    EXPECT_EQ(nearest_name("x", {}), "");
}

TEST(SettingsPage, HoldsTheTable) {
    EXPECT_EQ(page_in_checkout("docs/configuration.md", settings_page()), settings_page())
        << "docs/configuration.md is old; make it again with "
           "KANMON_WRITE_DOCS=1 settings_test";
}

}  // namespace
}  // namespace kanmon::apps
