#include "apps/kanmon/access_commands.h"

namespace kanmon::apps {

namespace {

const std::vector<Column> rule_columns{{"ID", "AccessRuleId"},
                                       {"PRIORITY", "Priority"},
                                       {"POLICY", "Policy"},
                                       {"EVERYBODY", "Everybody"},
                                       {"WHO", "Subjects[].SubjectId", Form::texts},
                                       {"TO", "DestinationCidrs", Form::texts},
                                       {"PROTOCOL", "Protocol"},
                                       {"PORTS", "PortRanges", Form::texts},
                                       {"DESCRIPTION", "Description"}};
const std::vector<Column> rule_details{{"rule", "AccessRuleId"},
                                       {"warning", "Warnings", Form::texts},
                                       {"server", "SslVpnServerId"},
                                       {"priority", "Priority"},
                                       {"policy", "Policy"},
                                       {"everybody", "Everybody", Form::text, "false"},
                                       {"who", "Subjects[].SubjectId", Form::texts},
                                       {"to", "DestinationCidrs", Form::texts},
                                       {"protocol", "Protocol"},
                                       {"port", "PortRanges", Form::texts},
                                       {"description", "Description"},
                                       {"created", "CreateTime", Form::time}};

const CommandArgument rule_id{"RULE", "AccessRuleId", "id of the access rule, acr-…", true};

/// The value is a list with commas.
CommandArgument list(std::string_view words, std::string_view parameter, std::string_view help) {
    return {.words = words, .parameter = parameter, .help = help, .list = true};
}

std::vector<CommandArgument> rule_arguments(std::vector<CommandArgument> first) {
    const std::vector<CommandArgument> rule{
        {"--policy", "Policy", "accept or drop"},
        {"--priority", "Priority", "1 is asked first; behind the last when not given"},
        {"--everybody", "Everybody", "the rule means all clients of the server", false, true},
        list("--users", "UserId", "users, user-…, comma separated"),
        list("--groups", "GroupId", "groups, group-…, comma separated"),
        list("--certs", "SslVpnClientCertId", "certificates, vsc-…, comma separated"),
        list("--common-names", "CommonName", "certificates of an authority of your own"),
        list("--to", "DestinationCidr", "networks, comma separated; 0.0.0.0/0 and ::/0: all"),
        {"--protocol", "Protocol", "any, tcp, udp, icmp or a number"},
        list("--ports", "PortRange", "of tcp and udp, comma separated: 443,8000-8100"),
        {"--description", "Description", "a sentence for people"}};
    first.insert(first.end(), rule.begin(), rule.end());
    return first;
}

}  // namespace

std::vector<Command> access_commands() {
    const CommandArgument server{"SERVER", "SslVpnServerId", "id of the SSL server, vss-…", true};
    return {{"access",
             "create",
             "make an access rule; the first that matches decides",
             "CreateSslVpnAccessRule",
             rule_arguments({server}),
             Shape::flat,
             {},
             rule_details},
            {"access",
             "list",
             "the access rules of an SSL server, in the order in which they are asked",
             "DescribeSslVpnAccessRules",
             {server},
             Shape::table,
             "AccessRules.AccessRule",
             rule_columns},
            {"access",
             "modify",
             "change an access rule; who is named anew replaces all who were",
             "ModifySslVpnAccessRule",
             rule_arguments({rule_id}),
             Shape::flat,
             {},
             rule_details},
            {"access", "delete", "delete an access rule", "DeleteSslVpnAccessRule", {rule_id}}};
}

}  // namespace kanmon::apps
