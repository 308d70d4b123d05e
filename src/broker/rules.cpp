#include "broker/rules.h"

#include <algorithm>
#include <set>
#include <vector>

namespace kanmon::broker {

namespace {

using bridge::Listener;
using bridge::WantedServer;

/// Adding before deleting makes the deletion succeed whether the table is there or not.
constexpr std::string_view clear_table = "add table inet kanmon\ndelete table inet kanmon\n";

constexpr unsigned port_first = 1024, port_end = 65536;

std::string quoted(const std::string& device) {
    return '"' + device + '"';
}

void line(std::string& text, const std::string& rule) {
    text += "    " + rule + "\n";
}

void begin_chain(std::string& text, const std::string& name, const std::string& hook) {
    text += "  chain " + name + " {\n    type " + hook + "; policy accept;\n";
}

/// One family of one server. `ip` is "ip" or "ip6".
void append_ingress(std::string& text, const std::string& device, const std::string& ip,
                    const std::string& pool, const std::string& own) {
    // Most packets are told apart by their addresses alone, which costs less than a set of names.
    const std::string elsewhere = " iifname != { \"lo\", " + device + " }";
    // What leaves the tunnel carries an address of the pool. The data process has checked the very
    // client already; this holds even if it is wrong.
    line(text, "iifname " + device + " " + ip + " saddr != " + pool + " counter drop");
    // Nobody outside the tunnel may speak in a client's name (spoofing; CVE-2021-3773).
    line(text, ip + " saddr " + pool + elsewhere + " counter drop");
    // Nor probe the gateway's tunnel address from beside it, nor a client's from an interface that
    // does not lead back to the sender (CVE-2019-14899).
    line(text, ip + " daddr " + own + elsewhere + " counter drop");
    line(text, ip + " daddr " + pool + elsewhere + " fib saddr . iif oif missing counter drop");
}

void append_ingress(std::string& text, const WantedServer& server) {
    const std::string device = quoted(server.device);
    append_ingress(text, device, "ip", to_string(server.client_pool),
                   to_string(server.server_address));
    if (!server.client_pool6) {
        line(text, "iifname " + device + " meta nfproto ipv6 counter drop");
        return;
    }
    const Ipv6 own =
        bridge::tunnel_address6(server.client_pool, *server.client_pool6, server.server_address);
    append_ingress(text, device, "ip6", to_string(*server.client_pool6), to_string(own));
}

std::string devices_of(std::span<const WantedServer> servers) {
    std::string devices;
    for (const WantedServer& server : servers)
        devices += (devices.empty() ? "" : ", ") + quoted(server.device);
    return devices;
}

/// "{ 1194, 1195 }", or nothing.
std::string ports_of(std::span<const Listener> listeners, bridge::Transport transport) {
    std::set<unsigned> ports;
    for (const Listener& listener : listeners)
        if (listener.transport == transport) ports.insert(listener.local.port);
    std::string text;
    for (const unsigned port : ports) text += (text.empty() ? "" : ", ") + std::to_string(port);
    return text.empty() ? text : "{ " + text + " }";
}

/// One rule for UDP and one for TCP; `way` is "dport" or "sport", `end` what follows.
void each_transport(std::string& text, std::span<const Listener> listeners,
                    const std::string& front, const std::string& way, const std::string& end) {
    const std::string udp = ports_of(listeners, bridge::Transport::udp);
    const std::string tcp = ports_of(listeners, bridge::Transport::tcp);
    if (!udp.empty()) line(text, front + "udp " + way + " " + udp + " " + end);
    if (!tcp.empty()) line(text, front + "tcp " + way + " " + tcp + " " + end);
}

/// Where clients are translated and the listeners are in the same namespace, a client could take
/// the place of a listener in the table of connections, and so of other clients' gateway. Packets
/// of listeners are therefore never looked up there (CVE-2021-3773).
void append_untracked(std::string& text, std::span<const Listener> listeners) {
    each_transport(text, listeners, "", "dport", "fib daddr type local notrack");
}

void append_source_nat(std::string& text, std::span<const WantedServer> servers,
                       std::span<const Listener> listeners) {
    const PortRange ports = ports_without(listeners);
    const std::string range = std::to_string(ports.first) + "-" + std::to_string(ports.last);
    begin_chain(text, "source_nat", "nat hook postrouting priority srcnat");
    const auto translate = [&](const std::string& what) {
        line(text, what + " meta l4proto { tcp, udp } masquerade to :" + range + " fully-random");
        line(text, what + " masquerade");
    };
    for (const WantedServer& server : servers) {
        if (!server.source_nat) continue;
        const std::string away = "oifname != " + quoted(server.device);
        translate("ip saddr " + to_string(server.client_pool) + " " + away);
        if (server.client_pool6)
            translate("ip6 saddr " + to_string(*server.client_pool6) + " " + away);
    }
    text += "  }\n";
}

}  // namespace

PortRange ports_without(std::span<const Listener> listeners) {
    std::set<unsigned> taken{port_first - 1, port_end};
    for (const Listener& listener : listeners)
        if (listener.local.port >= port_first) taken.insert(listener.local.port);
    PortRange longest;
    unsigned most = 0;
    for (auto at = taken.begin(); std::next(at) != taken.end(); ++at) {
        const unsigned first = *at + 1, end = *std::next(at);
        if (end - first <= most) continue;
        most = end - first;
        longest = {static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(end - 1)};
    }
    return longest;
}

std::string rules_for(std::span<const WantedServer> servers, std::span<const Listener> listeners) {
    const bool translates = std::ranges::any_of(servers, &WantedServer::source_nat);
    const std::string devices = devices_of(servers);
    std::string text(clear_table);
    text += "table inet kanmon {\n";
    begin_chain(text, "ingress", "filter hook prerouting priority raw");
    for (const WantedServer& server : servers) append_ingress(text, server);
    // No tunnel inside a tunnel: the gateway's listeners are not for its clients.
    if (!devices.empty())
        each_transport(text, listeners, "iifname { " + devices + " } ", "dport",
                       "fib daddr type local counter drop");
    if (translates) append_untracked(text, listeners);
    text += "  }\n";
    if (translates && !listeners.empty()) {
        begin_chain(text, "answers", "filter hook output priority raw");
        each_transport(text, listeners, "", "sport", "notrack");
        text += "  }\n";
    }
    begin_chain(text, "forward", "filter hook forward priority filter");
    // Client to client, also across the servers of one VPC.
    if (!devices.empty())
        line(text, "iifname { " + devices + " } oifname { " + devices + " } counter drop");
    text += "  }\n";
    if (translates) append_source_nat(text, servers, listeners);
    text += "}\n";
    return text;
}

std::string rules_for_nothing() {
    return std::string(clear_table);
}

}  // namespace kanmon::broker
