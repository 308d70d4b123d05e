#include "broker/rules.h"

#include <algorithm>

namespace kanmon::broker {

namespace {

using bridge::WantedServer;

/// Adding before deleting makes the deletion succeed whether the table is there or not.
constexpr std::string_view clear_table = "add table inet kanmon\ndelete table inet kanmon\n";

void append_ingress(std::string& text, const WantedServer& server) {
    const std::string device = '"' + server.device + '"';
    const std::string pool = to_string(server.client_pool);
    const std::string elsewhere = "    iifname != { \"lo\", " + device + " } ";
    // What leaves the tunnel carries an address of the pool. The data process has checked the very
    // client already; this holds even if it is wrong.
    text += "    iifname " + device + " ip saddr != " + pool + " counter drop\n";
    text += "    iifname " + device + " meta nfproto ipv6 counter drop\n";
    // Nobody outside the tunnel may speak in a client's name (spoofing; CVE-2021-3773).
    text += elsewhere + "ip saddr " + pool + " counter drop\n";
    // Nor probe the gateway's tunnel address from beside it (CVE-2019-14899).
    text += elsewhere + "ip daddr " + to_string(server.server_address) + " counter drop\n";
}

}  // namespace

std::string rules_for(std::span<const WantedServer> servers) {
    std::string text(clear_table);
    text += "table inet kanmon {\n  chain ingress {\n";
    text += "    type filter hook prerouting priority raw; policy accept;\n";
    std::string devices;
    for (const WantedServer& server : servers) {
        append_ingress(text, server);
        devices += (devices.empty() ? "\"" : ", \"") + server.device + '"';
    }
    text +=
        "  }\n  chain forward {\n    type filter hook forward priority filter; policy accept;\n";
    // Client to client, also across the servers of one VPC.
    if (!devices.empty())
        text += "    iifname { " + devices + " } oifname { " + devices + " } counter drop\n";
    text += "  }\n}\n";
    return text;
}

std::string rules_for_nothing() {
    return std::string(clear_table);
}

}  // namespace kanmon::broker
