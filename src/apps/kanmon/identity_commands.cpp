#include "apps/kanmon/identity_commands.h"

namespace kanmon::apps {

namespace {

const CommandArgument identity_source{"IDAAS", "IDaaSInstanceId", "id of the source, idaas-…",
                                      true};

std::vector<Command> identity_source_commands() {
    const std::vector<Column> instance_columns{
        {"ID", "IDaaSInstanceId"}, {"NAME", "Name"}, {"CREATED", "CreateTime", Form::time}};
    return {{"idaas",
             "create",
             "make an identity source with users of its own",
             "CreateIDaaSInstance",
             {{"--name", "Name", "a name for people"}},
             Shape::flat,
             {},
             {{"source", "IDaaSInstanceId"}, {"name", "Name"}}},
            {"idaas",
             "list",
             "your identity sources",
             "DescribeIDaaSInstances",
             {},
             Shape::table,
             "IDaaSInstances.IDaaSInstance",
             instance_columns},
            {"idaas",
             "delete",
             "delete an identity source with its users",
             "DeleteIDaaSInstance",
             {identity_source}}};
}

std::vector<Command> user_commands() {
    const CommandArgument user{"USER", "UserId", "id of the user, user-…", true};
    const std::vector<Column> user_columns{{"ID", "UserId"},
                                           {"NAME", "UserName"},
                                           {"ENABLED", "Enabled"},
                                           {"CODES", "TotpEnrolled"},
                                           {"RECOVERY", "RecoveryCodesLeft"},
                                           {"LOCKED, S", "LockedSeconds"},
                                           {"CREATED", "CreateTime", Form::time}};
    const std::vector<Column> user_details{{"user", "UserId"},
                                           {"name", "UserName"},
                                           {"source", "IDaaSInstanceId"},
                                           {"enabled", "Enabled"},
                                           {"one-time codes", "TotpEnrolled"}};
    return {
        {"user",
         "create",
         "add a user to an identity source",
         "CreateIDaaSUser",
         {{"--idaas", "IDaaSInstanceId", "id of the source, idaas-…", true},
          {"--name", "UserName", "what the user types, such as anna.smith", true},
          {"--password-file", "Password", "file with the password, - for standard input", true,
           false, true}},
         Shape::flat,
         {},
         user_details},
        {"user",
         "list",
         "the users of an identity source",
         "DescribeIDaaSUsers",
         {identity_source},
         Shape::table,
         "Users.User",
         user_columns},
        {"user",
         "modify",
         "change a user; who is switched off is disconnected",
         "ModifyIDaaSUser",
         {user,
          {"--enabled", "Enabled", "true or false"},
          {"--password-file", "Password", "file with the new password, - for standard input", false,
           false, true}},
         Shape::flat,
         {},
         user_details},
        {"user", "delete", "delete a user", "DeleteIDaaSUser", {user}},
        {"user", "unlock", "lift the pause after wrong attempts", "UnlockIDaaSUser", {user}},
        {"user",
         "totp",
         "give a user one-time codes; shows the secret once",
         "EnrolIDaaSUserTotp",
         {user},
         Shape::flat,
         {},
         {{"for the authenticator app", "OtpauthUri"}}},
        {"user",
         "recovery",
         "give a user ten recovery codes; shows them once",
         "CreateIDaaSUserRecoveryCodes",
         {user},
         Shape::flat,
         {},
         {{"recovery code", "RecoveryCodes", Form::texts}}},
    };
}

const CommandArgument group_id{"GROUP", "GroupId", "id of the group, group-…", true};
const CommandArgument application_id{"APPLICATION", "IDaaSApplicationId",
                                     "id of the application, app_…", true};
const CommandArgument new_name{"--name", "Name", "a name for people", true};

Command change_of(std::string_view group, std::string_view verb, std::string_view help,
                  std::string_view action, std::vector<CommandArgument> arguments) {
    Command command;
    command.group = group;
    command.name = verb;
    command.help = help;
    command.action = action;
    command.arguments = std::move(arguments);
    return command;
}

std::vector<Command> group_commands() {
    const CommandArgument user{"USER", "UserId.1", "id of the user, user-…", true};
    return {
        {"group",
         "create",
         "make a group of users",
         "CreateIDaaSGroup",
         {identity_source, new_name},
         Shape::flat,
         {},
         {{"group", "GroupId"}, {"name", "Name"}}},
        {"group",
         "list",
         "the groups of an identity source",
         "DescribeIDaaSGroups",
         {identity_source},
         Shape::table,
         "Groups.Group",
         {{"ID", "GroupId"}, {"NAME", "Name"}, {"CREATED", "CreateTime", Form::time}}},
        {"group",
         "users",
         "who is in a group",
         "DescribeIDaaSGroupUsers",
         {group_id},
         Shape::table,
         "Users.User",
         {{"ID", "UserId"}, {"NAME", "UserName"}, {"ENABLED", "Enabled"}}},
        change_of("group", "add", "put a user into a group", "AddUsersToIDaaSGroup",
                  {group_id, user}),
        change_of("group", "remove", "take a user out of a group", "RemoveUsersFromIDaaSGroup",
                  {group_id, user}),
        change_of("group", "delete", "delete a group; its users stay", "DeleteIDaaSGroup",
                  {group_id}),
    };
}

std::vector<Command> application_commands() {
    const std::vector<CommandArgument> subject{application_id,
                                               {"--user", "UserId.1", "a user, user-…"},
                                               {"--group", "GroupId.1", "a group, group-…"}};
    return {
        {"application",
         "create",
         "make an application that users and groups are assigned to",
         "CreateIDaaSApplication",
         {identity_source, new_name},
         Shape::flat,
         {},
         {{"application", "IDaaSApplicationId"}, {"name", "Name"}}},
        {"application",
         "list",
         "the applications of an identity source",
         "DescribeIDaaSApplications",
         {identity_source},
         Shape::table,
         "Applications.Application",
         {{"ID", "IDaaSApplicationId"}, {"NAME", "Name"}, {"CREATED", "CreateTime", Form::time}}},
        {"application",
         "assigned",
         "who is assigned to an application",
         "DescribeIDaaSApplicationAssignments",
         {application_id},
         Shape::table,
         "Assignments.Assignment",
         {{"KIND", "SubjectType"}, {"ID", "SubjectId"}, {"NAME", "Name"}}},
        change_of("application", "assign", "let a user or a group in", "AuthorizeIDaaSApplication",
                  subject),
        change_of("application", "unassign", "let a user or a group in no longer",
                  "RevokeIDaaSApplication", subject),
        change_of("application", "delete", "delete an application", "DeleteIDaaSApplication",
                  {application_id}),
    };
}

}  // namespace

std::vector<Command> identity_commands() {
    std::vector<Command> all;
    for (const auto& part :
         {identity_source_commands(), user_commands(), group_commands(), application_commands()})
        all.insert(all.end(), part.begin(), part.end());
    return all;
}

}  // namespace kanmon::apps
