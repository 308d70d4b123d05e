#include "apps/kanmon/command.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "apps/kanmon/server_settings.h"
#include "controlplane/api/action.h"
#include "controlplane/model/option_table.h"

namespace kanmon::apps {
namespace {

TEST(Commands, EachCallsAnActionThatTheApiHasButThoseOfTheMachine) {
    for (const Command& command : commands()) {
        const bool local = command.group == "backup" || command.group == "restore";
        EXPECT_NE(api::find_action(command.action) != nullptr, local) << command.action;
    }
}

TEST(Commands, EachHasAHelpTextAndAGroupThatIsListed) {
    for (const Command& command : commands()) {
        EXPECT_FALSE(command.help.empty()) << command.action;
        const bool listed = std::ranges::any_of(command_groups(), [&](const CommandGroup& group) {
            return group.name == command.group;
        });
        EXPECT_TRUE(listed || command.name.empty()) << command.group;
    }
}

TEST(Commands, NoTwoHaveTheSameWords) {
    std::set<std::pair<std::string_view, std::string_view>> seen;
    for (const Command& command : commands())
        EXPECT_TRUE(seen.insert({command.group, command.name}).second)
            << command.group << " " << command.name;
}

TEST(Commands, TablesHaveColumnsAndAListToTakeThemFrom) {
    for (const Command& command : commands()) {
        if (command.shape != Shape::table && command.shape != Shape::first) continue;
        EXPECT_FALSE(command.columns.empty()) << command.action;
        EXPECT_FALSE(command.list.empty()) << command.action;
    }
}

TEST(ServerSettings, EveryOneOfTheApiCanBeGivenAndIsShownUnlessAsUsual) {
    for (const model::ServerOption& option : model::server_options()) {
        EXPECT_EQ(std::ranges::count(server_settings(), option.name, &CommandArgument::parameter),
                  1)
            << option.name;
        const auto shown = std::ranges::find(server_details(), option.name, &Column::path);
        ASSERT_NE(shown, server_details().end()) << option.name;
        const std::string usual = option.read({});
        EXPECT_TRUE(shown->usual.empty() || shown->usual == usual) << option.name;
    }
}

}  // namespace
}  // namespace kanmon::apps
