#include "apps/kanmon/command.h"

#include "apps/kanmon/access_commands.h"
#include "apps/kanmon/account_commands.h"
#include "apps/kanmon/certificate_commands.h"
#include "apps/kanmon/identity_commands.h"
#include "apps/kanmon/server_settings.h"
#include "apps/kanmon/site_commands.h"

namespace kanmon::apps {
namespace {

const std::vector<Column> gateway_columns{
    {"ID", "VpnGatewayId"},    {"NAME", "Name"},   {"STATUS", "Status"},
    {"ADDRESS", "InternetIp"}, {"MBIT/S", "Spec"}, {"CLIENTS MAX", "SslMaxConnections"},
    {"VPC", "VpcId"}};
const std::vector<Column> gateway_details{{"gateway", "VpnGatewayId"},
                                          {"name", "Name"},
                                          {"description", "Description"},
                                          {"status", "Status"},
                                          {"address", "InternetIp"},
                                          {"bandwidth, Mbit/s", "Spec"},
                                          {"SSL", "SslVpn"},
                                          {"clients at most", "SslMaxConnections"},
                                          {"VPC", "VpcId"},
                                          {"created", "CreateTime", Form::time}};
const std::vector<Column> server_columns{{"ID", "SslVpnServerId"},
                                         {"NAME", "Name"},
                                         {"PROTO", "Proto"},
                                         {"PORT", "Port"},
                                         {"CLIENTS", "Connections"},
                                         {"CLIENT POOL", "ClientIpPool"},
                                         {"LOCAL NETWORKS", "LocalSubnet"},
                                         {"GATEWAY", "VpnGatewayId"}};
const std::vector<Column> client_columns{{"CLIENT", "CommonName"},
                                         {"STATUS", "Status"},
                                         {"SERVER", "SslVpnServerId"},
                                         {"TUNNEL", "PrivateIp"},
                                         {"PROTO", "Proto"},
                                         {"FROM", "Ip"},
                                         {"PORT", "Port"},
                                         {"SINCE", "ConnectedTime", Form::time},
                                         {"RECEIVED", "ReceiveBytes", Form::octets},
                                         {"SENT", "SendBytes", Form::octets},
                                         {"CIPHER", "Cipher"},
                                         {"VERSION", "Version"},
                                         {"OLD BUNDLE", "BundleIsStale"},
                                         {"PACKETS", "ReceivePackets"},
                                         {"LOST", "LostPackets"},
                                         {"RTT, US", "RoundTripMicroseconds"},
                                         {"HELD, S", "HeldSeconds"}};
const std::vector<Column> finding_columns{
    {"CODE", "Code"},       {"WHO", "Subject"},
    {"SURE", "Confidence"}, {"HOW WE KNOW", "Evidence.Evidence", Form::texts},
    {"WHAT TO DO", "Fix"},  {"LAST", "LastTime", Form::time}};
const std::vector<Column> machine_details{{"ciphers", "Ciphers"},
                                          {"shards", "Shards"},
                                          {"several datagrams a send", "UdpSegment"},
                                          {"several datagrams a receive", "UdpGro"},
                                          {"packets with headers at the TUN device", "TunHeaders"},
                                          {"TCP segments there as one", "TunTcp"},
                                          {"datagrams there as one", "TunUdp"},
                                          {"packets there at their shard", "TunSteering"}};
const std::vector<Column> batch_columns{
    {"SHARD", "Shard"},  {"CALLS", "Calls"},  {"COUNT", "Count"}, {"PACKETS", "Packets"},
    {"1", "UpTo1"},      {"2", "UpTo2"},      {"-4", "UpTo4"},    {"-8", "UpTo8"},
    {"-16", "UpTo16"},   {"-32", "UpTo32"},   {"-64", "UpTo64"},  {"-128", "UpTo128"},
    {"-256", "UpTo256"}, {"-512", "UpTo512"}, {"MORE", "More"}};
const std::vector<Column> flow_columns{{"PLACE", "RemoteIp"},
                                       {"PROTOCOL", "Protocol"},
                                       {"PORT", "Port"},
                                       {"ASKED BY", "AskedBy"},
                                       {"OUTCOME", "Outcome"},
                                       {"LOCAL NETWORK", "LocalNetwork"},
                                       {"FROM CLIENT", "ReceivePackets"},
                                       {"TO CLIENT", "SendPackets"},
                                       {"DENIED", "DeniedPackets"},
                                       {"DENIED BY", "DeniedBy"},
                                       {"ICMP ERRORS", "IcmpErrors"},
                                       {"LAST", "LastTime", Form::time}};
const std::vector<Column> meter_columns{{"TIME", "Time", Form::time},
                                        {"RX BIT/S", "net_rx.rate", Form::octets},
                                        {"TX BIT/S", "net_tx.rate", Form::octets},
                                        {"RX PKT/S", "net_rx.Pkgs"},
                                        {"TX PKT/S", "net_tx.Pkgs"},
                                        {"CLIENTS", "Connections"},
                                        {"POOL", "PoolUsed"},
                                        {"HANDSHAKES", "Handshakes"},
                                        {"REFUSED", "HandshakesRefused"},
                                        {"DROPPED", "DroppedPackets"}};
const std::vector<Column> vpc_columns{
    {"ID", "VpcId"}, {"NAME", "VpcName"}, {"CIDR", "CidrBlock"}, {"NAMESPACE", "Namespace"}};

const CommandArgument gateway_id{"GATEWAY", "VpnGatewayId", "id of the gateway, vpn-…", true};
const CommandArgument server_id{"SERVER", "SslVpnServerId", "id of the SSL server, vss-…", true};
const CommandArgument client_name{"NAME", "CommonName", "the client as 'clients list' shows it",
                                  true};
const CommandArgument name{"--name", "Name", "a name for people"};

std::vector<Command> vpc_commands() {
    return {
        {"vpc",
         "create",
         "name a network behind gateways",
         "CreateVpc",
         {{"--cidr", "CidrBlock", "its addresses, such as 172.20.0.0/16", true},
          {"--name", "VpcName", "a name for people"},
          {"--description", "Description", "a sentence for people"},
          {"--namespace", "Namespace", "network namespace; without it the host itself"}},
         Shape::flat,
         {},
         {{"VPC", "VpcId"}}},
        {"vpc", "list", "your VPCs", "DescribeVpcs", {}, Shape::table, "Vpcs.Vpc", vpc_columns},
        {"vpc",
         "delete",
         "forget a VPC without gateways",
         "DeleteVpc",
         {{"VPC", "VpcId", "id of the VPC, vpc-…", true}}},
    };
}

std::vector<Command> gateway_commands() {
    return {
        {"gateway",
         "create",
         "make a VPN gateway for SSL clients",
         "CreateVpnGateway",
         {{"--vpc", "VpcId", "id of the VPC behind it", true},
          {"--bandwidth", "Bandwidth", "Mbit/s", true},
          {"--connections", "SslConnections", "SSL clients at most"},
          {"--name", "Name", "2-100 letters, digits, _ - and dots, a letter first"}},
         Shape::flat,
         {},
         {{"gateway", "VpnGatewayId"}, {"name", "Name"}},
         Waits::gateway_active,
         {{"EnableSsl", "true"}}},
        {"gateway",
         "list",
         "your VPN gateways",
         "DescribeVpnGateways",
         {{"--vpc", "VpcId", "only those of this VPC"}},
         Shape::table,
         "VpnGateways.VpnGateway",
         gateway_columns},
        {"gateway",
         "show",
         "one VPN gateway",
         "DescribeVpnGateway",
         {gateway_id},
         Shape::flat,
         {},
         gateway_details},
        {"gateway",
         "modify",
         "change a VPN gateway",
         "ModifyVpnGatewayAttribute",
         {gateway_id,
          name,
          {"--description", "Description", "a sentence for people"},
          {"--bandwidth", "Bandwidth", "Mbit/s"},
          {"--connections", "SslConnections", "SSL clients at most"}},
         Shape::done,
         {},
         {},
         Waits::gateway_active},
        {"gateway",
         "delete",
         "delete a gateway with its SSL servers and their certificates",
         "DeleteVpnGateway",
         {gateway_id},
         Shape::done,
         {},
         {},
         Waits::gateway_gone},
    };
}

std::vector<CommandArgument> server_arguments(std::vector<CommandArgument> first) {
    first.push_back(name);
    first.insert(first.end(), server_settings().begin(), server_settings().end());
    return first;
}

std::vector<Command> server_commands() {
    return {
        {"server",
         "create",
         "make an SSL server of a gateway",
         "CreateSslVpnServer",
         server_arguments(
             {{"--gateway", "VpnGatewayId", "id of its gateway", true},
              {"--pool", "ClientIpPool", "addresses of clients, a CIDR", true},
              {"--local", "LocalSubnet", "what they reach: CIDRs, comma separated", true}}),
         Shape::flat,
         {},
         {{"server", "SslVpnServerId"}, {"name", "Name"}},
         Waits::gateway_active},
        {"server",
         "list",
         "your SSL servers",
         "DescribeSslVpnServers",
         {{"--gateway", "VpnGatewayId", "only those of this gateway"}},
         Shape::table,
         "SslVpnServers.SslVpnServer",
         server_columns},
        {"server",
         "show",
         "one SSL server",
         "DescribeSslVpnServers",
         {server_id},
         Shape::first,
         "SslVpnServers.SslVpnServer",
         server_details()},
        {"server",
         "modify",
         "change an SSL server; what is not given stays",
         "ModifySslVpnServer",
         server_arguments({server_id,
                           {"--pool", "ClientIpPool", "addresses of clients, a CIDR"},
                           {"--local", "LocalSubnet", "what they reach: CIDRs, comma separated"}}),
         Shape::flat,
         {},
         server_details(),
         Waits::gateway_active},
        {"server",
         "delete",
         "delete an SSL server with its certificates",
         "DeleteSslVpnServer",
         {server_id}},
    };
}

std::vector<Command> client_commands() {
    return {
        {"clients",
         "list",
         "who is connected, and whose slot is held",
         "DescribeSslVpnClients",
         {gateway_id},
         Shape::table,
         "ClientInfoList",
         client_columns},
        {"clients",
         "flows",
         "whom a connected client speaks with, and what came of it",
         "DescribeSslVpnClientFlows",
         {server_id, {"TUNNEL", "PrivateIp", "the client's tunnel address", true}},
         Shape::table,
         "Flows.Flow",
         flow_columns},
        {"findings",
         "list",
         "what is wrong, for whom, how we know and what to do",
         "DescribeSslVpnFindings",
         {gateway_id,
          {"--server", "SslVpnServerId", "of this server only"},
          {"--client", "CommonName", "of this certificate or user only"}},
         Shape::table,
         "Findings.Finding",
         finding_columns},
        {"clients",
         "disconnect",
         "end the sessions of a certificate or a user, who comes back at once without --block",
         "DisconnectSslVpnClient",
         {server_id,
          client_name,
          {"--block", "BlockMinutes", "and keep it away for so many minutes, 1 to 10080"}}},
        {"clients",
         "blocked",
         "who is kept away, and until when",
         "DescribeSslVpnBlockedClients",
         {server_id},
         Shape::table,
         "BlockedClients.BlockedClient",
         {{"CLIENT", "CommonName"},
          {"UNTIL", "BlockedUntil", Form::time},
          {"SINCE", "BlockTime", Form::time},
          {"BY KEY", "AccessKeyId"}}},
        {"clients",
         "unblock",
         "let a client come back before its time",
         "UnblockSslVpnClient",
         {server_id, client_name}},
        {"clients",
         "release",
         "free a held slot at once",
         "ReleaseSslVpnClientSlot",
         {server_id, {"TUNNEL", "PrivateIp", "the slot's tunnel address", true}}},
    };
}

std::vector<Command> watching_commands() {
    return {
        {"logs",
         "",
         "attempts to connect to an SSL server, and what its clients lived through",
         "DescribeSslVpnServerRecords",
         {{"SERVER", "SslVpnServerId", "id of the SSL server, vss-…", true},
          {"--cert", "SslVpnClientCertId", "only those of this certificate"},
          {"--user", "UserName", "only those of this user"},
          {"--address", "ClientAddress", "only those from this address or network"},
          {"--outcome", "Outcome",
           "only refused, connected, negotiated, renegotiated, moved, ended or denied"},
          {"--cause", "Cause", "only those with this code of docs/causes.md"},
          {"--minutes", "MinutePeriod",
           "how far back; without it and --last the last 20 are shown"},
          {"--last", "MaxResults",
           "how many of the last ones, of those minutes or of all; at most 500"}},
         Shape::tail,
         "Records.Record"},
    };
}

/// What is carried, and by what.
std::vector<Command> monitoring_commands() {
    return {
        {"monitor",
         "",
         "what a gateway, an SSL server or a client carries; rates are bits and packets a second",
         "DescribeVpnMetrics",
         {{"RESOURCE", "ResourceId", "a gateway vpn-… or an SSL server vss-…", true},
          {"--client", "Client", "only this client of the server: its certificate or user"},
          {"--period", "Period", "1: the last minute by seconds; 60: by minutes; 3600: by hours"},
          {"--from", "From", "UNIX time; else an hour ago, of hours a day ago"},
          {"--to", "To", "UNIX time; else now"}},
         Shape::table,
         "Points.Point",
         meter_columns},
        {"machine",
         "show",
         "what its kernel and processor give the packets' way",
         "DescribeVpnMachine",
         {},
         Shape::flat,
         {},
         machine_details},
        {"machine",
         "batches",
         "how many packets its system calls moved, and how often: 1, 2, 3 to 4, and so on",
         "DescribeVpnMachine",
         {},
         Shape::table,
         "Batches.Batch",
         batch_columns},
    };
}

constexpr CommandArgument state_directory{"--state", "State",
                                          "the gateway's state directory; /var/lib/kanmon"};

/// On the gateway's machine and its files; no action of the API.
std::vector<Command> local_commands() {
    return {
        {"backup",
         "",
         "seal the gateway's store and keys into a file, also while it runs; on its machine",
         "",
         {{"FILE", "File", "file to write", true},
          {"--passphrase-file", "Passphrase", "file with the passphrase, - for standard input",
           true, false, true},
          state_directory}},
        {"restore",
         "",
         "put a backup in the place of a stopped gateway's store and keys; on its machine",
         "",
         {{"FILE", "File", "file that 'backup' wrote", true},
          {"--passphrase-file", "Passphrase", "file with the passphrase, - for standard input",
           true, false, true},
          {"--replace", "Replace", "a store is there: keep it in control.replaced", false, true},
          state_directory}},
    };
}

}  // namespace

std::vector<CommandOption> options_by_shape(const Command& command) {
    std::vector<CommandOption> options;
    if (command.waits != Waits::no)
        options.push_back({.words = "--wait",
                           .help = "return when the gateway has carried it out",
                           .flag = true});
    if (command.shape == Shape::tail)
        options.push_back(
            {.words = "--follow", .help = "go on with what happens from now on", .flag = true});
    if (command.shape == Shape::file)
        options.push_back(
            {.words = "--output", .help = "file to write, - for standard output", .file = true});
    return options;
}

const std::vector<CommandOption>& global_options() {
    static const std::vector<CommandOption> options{
        {"--endpoint", "address of the API", "KANMON_ENDPOINT"},
        {"--ca", "certificate to trust, the gateway's api.crt", "KANMON_CA", false, true},
        {"--access-key-file",
         "JSON with AccessKeyId and AccessKeySecret; else KANMON_ACCESS_KEY_ID and "
         "KANMON_ACCESS_KEY_SECRET",
         {},
         false,
         true},
        {"--region", "RegionId of every call"},
        {"--json", "show the API's answer as it is", {}, true}};
    return options;
}

const std::vector<CommandGroup>& command_groups() {
    static const std::vector<CommandGroup> groups{
        {"account", "accounts: who owns everything else"},
        {"key", "access keys of your account"},
        {"vpc", "VPCs: networks behind gateways"},
        {"vswitch", "vSwitches: parts of a VPC's network"},
        {"gateway", "VPN gateways"},
        {"server", "SSL servers: where clients connect"},
        {"cert", "client certificates and their bundles"},
        {"ca", "who signs for an SSL server, and what was revoked elsewhere"},
        {"access", "access rules: who may reach which networks and ports behind an SSL server"},
        {"idaas", "identity sources: whom users are asked of"},
        {"user", "users of identity sources"},
        {"group", "groups of users"},
        {"application", "who may use an SSL server that names it"},
        {"clients", "connected clients"},
        {"findings", "what is wrong, and what to do"},
        {"machine", "the machine of the gateways"},
        {"site", "customer gateways: the gateways of other sites"},
        {"ipsec", "IPsec connections: what joins two sites"},
        {"route", "routes into IPsec connections"},
        {"policy", "policy-based routes, which are looked up first"},
        {"tag", "tags of gateways, customer gateways and connections"}};
    return groups;
}

const std::vector<Command>& commands() {
    static const std::vector<Command> table = [] {
        std::vector<Command> all;
        for (auto part :
             {account_commands(), vpc_commands(), gateway_commands(), server_commands(),
              certificate_commands(), access_commands(), identity_commands(), client_commands(),
              watching_commands(), monitoring_commands(), site_commands()})
            all.insert(all.end(), part.begin(), part.end());
        for (const Command& command : local_commands()) all.push_back(command);
        return all;
    }();
    return table;
}

}  // namespace kanmon::apps
