#include "apps/kanmon/account_commands.h"

namespace kanmon::apps {

namespace {

const std::vector<Column> account_columns{
    {"ID", "AccountId"}, {"NAME", "Name"}, {"ROLE", "Role"}, {"CREATED", "CreationTime"}};
const std::vector<Column> new_key{{"account", "AccountId"},
                                  {"name", "Name"},
                                  {"access key", "AccessKeyId"},
                                  {"secret", "AccessKeySecret"}};
const CommandArgument key_id{"KEY", "UserAccessKeyId", "id of the access key", true};

std::vector<Command> accounts() {
    return {
        {"account",
         "create",
         "make an account and its first access key",
         "CreateAccount",
         {{"--name", "Name", "a name for people"}},
         Shape::flat,
         {},
         new_key},
        {"account",
         "list",
         "accounts: all for the operator, else your own",
         "DescribeAccounts",
         {},
         Shape::table,
         "Accounts.Account",
         account_columns},
    };
}

std::vector<Command> keys() {
    return {
        {"key",
         "create",
         "make a further access key for your account",
         "CreateAccessKey",
         {{"--role", "Role", "administrator (usual), operator or viewer"},
          {"--name", "KeyName", "whose it is"}},
         Shape::flat,
         {},
         new_key},
        {"key",
         "list",
         "access keys of your account",
         "DescribeAccessKeys",
         {},
         Shape::table,
         "AccessKeys.AccessKey",
         {{"ID", "AccessKeyId"},
          {"NAME", "KeyName"},
          {"ROLE", "Role"},
          {"STATUS", "Status"},
          {"CREATED", "CreationTime"},
          {"LAST USED", "LastUsedTime"}}},
        {"key",
         "disable",
         "switch an access key off",
         "UpdateAccessKey",
         {key_id},
         Shape::done,
         {},
         {},
         Waits::no,
         {{"Status", "Inactive"}}},
        {"key",
         "enable",
         "switch an access key on again",
         "UpdateAccessKey",
         {key_id},
         Shape::done,
         {},
         {},
         Waits::no,
         {{"Status", "Active"}}},
        {"key", "delete", "delete an access key of your account", "DeleteAccessKey", {key_id}},
        {"audit",
         "",
         "what was changed in your account, newest first",
         "DescribeAuditRecords",
         {{"--action", "ActionName", "only this action"},
          {"--resource", "ResourceId", "only what was done to this resource"},
          {"--key", "UserAccessKeyId", "only what this access key did"},
          {"--from", "From", "from this moment on, UNIX seconds"},
          {"--to", "To", "up to this moment, UNIX seconds"}},
         Shape::table,
         "AuditRecords.AuditRecord",
         {{"TIME", "Time", Form::time},
          {"KEY", "AccessKeyId"},
          {"ACTION", "ActionName"},
          {"RESOURCE", "ResourceId"},
          {"PARAMETERS", "Parameters"}}},
    };
}

}  // namespace

std::vector<Command> account_commands() {
    std::vector<Command> all = accounts();
    for (Command& command : keys()) all.push_back(std::move(command));
    return all;
}

}  // namespace kanmon::apps
