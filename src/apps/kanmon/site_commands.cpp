#include "apps/kanmon/site_commands.h"

namespace kanmon::apps {
namespace {

const CommandArgument name{"--name", "Name", "a name for people"};
const CommandArgument description{"--description", "Description", "a sentence for people"};

std::vector<Command> vswitch_commands() {
    const std::vector<Column> columns{{"ID", "VSwitchId"},
                                      {"NAME", "VSwitchName"},
                                      {"CIDR", "CidrBlock"},
                                      {"ZONE", "ZoneId"},
                                      {"VPC", "VpcId"}};
    return {{"vswitch",
             "create",
             "record a part of a VPC's network",
             "CreateVSwitch",
             {{"--vpc", "VpcId", "id of the VPC", true},
              {"--cidr", "CidrBlock", "its addresses, inside the VPC's", true},
              {"--zone", "ZoneId", "a zone of the region, such as local-a", true},
              {"--name", "VSwitchName", "a name for people"},
              description},
             Shape::flat,
             {},
             {{"vSwitch", "VSwitchId"}}},
            {"vswitch",
             "list",
             "your vSwitches",
             "DescribeVSwitches",
             {{"--vpc", "VpcId", "only those of this VPC"}},
             Shape::table,
             "VSwitches.VSwitch",
             columns},
            {"vswitch",
             "delete",
             "forget a vSwitch without gateways",
             "DeleteVSwitch",
             {{"VSWITCH", "VSwitchId", "id of the vSwitch, vsw-…", true}}}};
}

std::vector<Command> customer_gateway_commands() {
    const CommandArgument id{"SITE", "CustomerGatewayId", "id of the customer gateway, cgw-…",
                             true};
    const CommandArgument key{"--auth-key-file",
                              "AuthKey",
                              "file with the key of dynamic routing, - for standard input",
                              false,
                              false,
                              true};
    const std::vector<Column> details{{"customer gateway", "CustomerGatewayId"},
                                      {"name", "Name"},
                                      {"description", "Description"},
                                      {"address", "IpAddress"},
                                      {"AS number", "Asn"},
                                      {"created", "CreateTime", Form::time}};
    return {
        {"site",
         "create",
         "name the gateway of another site",
         "CreateCustomerGateway",
         {{"--address", "IpAddress", "the address under which it is reached", true},
          name,
          description,
          {"--asn", "Asn", "AS number for dynamic routing"},
          key},
         Shape::flat,
         {},
         {{"customer gateway", "CustomerGatewayId"}, {"name", "Name"}}},
        {"site",
         "list",
         "your customer gateways",
         "DescribeCustomerGateways",
         {},
         Shape::table,
         "CustomerGateways.CustomerGateway",
         {{"ID", "CustomerGatewayId"}, {"NAME", "Name"}, {"ADDRESS", "IpAddress"}, {"ASN", "Asn"}}},
        {"site",
         "show",
         "one customer gateway",
         "DescribeCustomerGateway",
         {id},
         Shape::flat,
         {},
         details},
        {"site",
         "modify",
         "change a customer gateway; what is not given stays",
         "ModifyCustomerGatewayAttribute",
         {id, name, description, key}},
        {"site",
         "delete",
         "forget a customer gateway that no connection leads to",
         "DeleteCustomerGateway",
         {id}}};
}

const CommandArgument gateway_of_routes{"--gateway", "VpnGatewayId", "id of the gateway", true};

/// What a connection can be given, after what names it.
std::vector<CommandArgument> connection_arguments(std::vector<CommandArgument> first) {
    const CommandArgument more[] = {
        name,
        {"--ike-file", "IkeConfig",
         "file with one line of JSON, {\"Psk\":\"…\",\"IkeVersion\":\"ikev2\"}; - for standard "
         "input",
         false, false, true},
        {"--ipsec", "IpsecConfig", "JSON, such as {\"IpsecPfs\":\"disabled\"}"},
        {"--health", "HealthCheckConfig", "JSON: enable, dip, sip, interval, retry"},
        {"--bgp", "BgpConfig", "JSON: EnableBgp, LocalAsn, TunnelCidr, LocalBgpIp"}};
    first.insert(first.end(), std::begin(more), std::end(more));
    return first;
}

std::vector<Command> connection_commands() {
    const CommandArgument id{"CONNECTION", "VpnConnectionId", "id of the connection, vco-…", true};
    const std::vector<Column> details{{"connection", "VpnConnectionId"},
                                      {"name", "Name"},
                                      {"status", "Status"},
                                      {"gateway", "VpnGatewayId"},
                                      {"customer gateway", "CustomerGatewayId"},
                                      {"here", "LocalSubnet"},
                                      {"there", "RemoteSubnet"},
                                      {"IKE", "IkeConfig.IkeVersion"},
                                      {"created", "CreateTime", Form::time},
                                      {"warning", "Warnings", Form::texts}};
    return {
        {"ipsec",
         "create",
         "join networks here and at another site",
         "CreateVpnConnection",
         connection_arguments({{"--gateway", "VpnGatewayId", "id of the gateway", true},
                               {"--site", "CustomerGatewayId", "id of the customer gateway", true},
                               {"--local", "LocalSubnet",
                                "networks here, comma separated; 0.0.0.0/0: routes decide", true},
                               {"--remote", "RemoteSubnet", "networks there", true}}),
         Shape::flat,
         {},
         {{"connection", "VpnConnectionId"}, {"name", "Name"}}},
        {"ipsec",
         "list",
         "your IPsec connections",
         "DescribeVpnConnections",
         {{"--gateway", "VpnGatewayId", "only those of this gateway"}},
         Shape::table,
         "VpnConnections.VpnConnection",
         {{"ID", "VpnConnectionId"},
          {"NAME", "Name"},
          {"STATUS", "Status"},
          {"HERE", "LocalSubnet"},
          {"THERE", "RemoteSubnet"},
          {"SITE", "CustomerGatewayId"},
          {"GATEWAY", "VpnGatewayId"}}},
        {"ipsec",
         "show",
         "one IPsec connection",
         "DescribeVpnConnection",
         {id},
         Shape::flat,
         {},
         details},
        {"ipsec",
         "modify",
         "change an IPsec connection; what is not given stays",
         "ModifyVpnConnectionAttribute",
         connection_arguments({id,
                               {"--local", "LocalSubnet", "networks here, comma separated"},
                               {"--remote", "RemoteSubnet", "networks there"}}),
         Shape::flat,
         {},
         details},
        {"ipsec",
         "delete",
         "delete an IPsec connection that no route leads into",
         "DeleteVpnConnection",
         {id}},
    };
}

// How a route is named: by what it is.
const CommandArgument to{"--to", "RouteDest", "where it leads, a CIDR", true};
const CommandArgument via{"--via", "NextHop", "id of the IPsec connection", true};
const CommandArgument from{"--from", "RouteSource", "where packets come from, a CIDR", true};
const CommandArgument weight{"--weight", "Weight", "100 active, 0 standby", true};
const CommandArgument publish{"--publish", "PublishVpc", "true or false: to the VPC", true};

std::vector<Command> route_commands() {
    const std::vector<Column> columns{{"TO", "RouteDest"},
                                      {"VIA", "NextHop"},
                                      {"WEIGHT", "Weight"},
                                      {"STATE", "State"},
                                      {"CREATED", "CreateTime", Form::time}};
    return {
        {"route",
         "create",
         "lead a network into an IPsec connection",
         "CreateVpnRouteEntry",
         {gateway_of_routes, to, via, weight, publish, description}},
        {"route",
         "list",
         "the routes of a gateway",
         "DescribeVpnRouteEntries",
         {gateway_of_routes},
         Shape::table,
         "VpnRouteEntries.VpnRouteEntry",
         columns},
        {"route",
         "weight",
         "make a route active or standby",
         "ModifyVpnRouteEntryWeight",
         {gateway_of_routes, to, via, weight, {"--new-weight", "NewWeight", "100 or 0", true}}},
        {"route",
         "publish",
         "tell the VPC of a route, or no longer",
         "PublishVpnRouteEntry",
         {gateway_of_routes, to, via, publish, {"--type", "RouteType", "dbr, or pbr", true}}},
        {"route",
         "delete",
         "delete a route",
         "DeleteVpnRouteEntry",
         {gateway_of_routes, to, via, weight}},
    };
}

std::vector<Command> policy_commands() {
    const std::vector<Column> columns{{"TO", "RouteDest"},
                                      {"FROM", "RouteSource"},
                                      {"PRIORITY", "Priority"},
                                      {"VIA", "NextHop"},
                                      {"WEIGHT", "Weight"},
                                      {"STATE", "State"},
                                      {"CREATED", "CreateTime", Form::time}};
    return {
        {"policy",
         "create",
         "lead what comes from a network into an IPsec connection",
         "CreateVpnPbrRouteEntry",
         {gateway_of_routes,
          from,
          to,
          via,
          weight,
          publish,
          description,
          {"--priority", "Priority", "1 first to 100 last"}}},
        {"policy",
         "list",
         "the policy-based routes of a gateway",
         "DescribeVpnPbrRouteEntries",
         {gateway_of_routes},
         Shape::table,
         "VpnPbrRouteEntries.VpnPbrRouteEntry",
         columns},
        {"policy",
         "modify",
         "change weight or priority of a policy-based route",
         "ModifyVpnPbrRouteEntryAttribute",
         {gateway_of_routes,
          from,
          to,
          via,
          weight,
          {"--priority", "Priority", "the one it has", true},
          {"--new-weight", "NewWeight", "100 or 0"},
          {"--new-priority", "NewPriority", "1 first to 100 last"}}},
        {"policy",
         "delete",
         "delete a policy-based route",
         "DeleteVpnPbrRouteEntry",
         {gateway_of_routes, from, to, via, weight}},
    };
}

std::vector<Command> tag_commands() {
    const CommandArgument kind{"TYPE", "ResourceType",
                               "VPNGATEWAY, CustomerGateway or VpnConnection", true};
    const CommandArgument resource{"RESOURCE", "ResourceId.1", "id of the resource", true};
    return {{"tag",
             "set",
             "hang a tag on a resource, or change its value",
             "TagResources",
             {kind,
              resource,
              {"KEY", "Tag.1.Key", "the tag's key", true},
              {"VALUE", "Tag.1.Value", "its value"}}},
            {"tag",
             "remove",
             "take a tag off a resource",
             "UnTagResources",
             {kind, resource, {"KEY", "TagKey.1", "the tag's key", true}}},
            {"tag",
             "list",
             "the tags of a resource",
             "ListTagResources",
             {kind, resource},
             Shape::table,
             "TagResources.TagResource",
             {{"RESOURCE", "ResourceId"}, {"KEY", "TagKey"}, {"VALUE", "TagValue"}}}};
}

}  // namespace

std::vector<Command> site_commands() {
    std::vector<Command> all;
    for (auto part : {vswitch_commands(), customer_gateway_commands(), connection_commands(),
                      route_commands(), policy_commands(), tag_commands()})
        all.insert(all.end(), part.begin(), part.end());
    return all;
}

}  // namespace kanmon::apps
