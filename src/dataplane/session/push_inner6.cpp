#include "dataplane/session/push_inner6.h"

#include <array>

namespace kanmon::session {

namespace {

/// Everything that is or will be on the Internet, and private networks, without ::/0 itself: a
/// route to that would replace the client's own, also the one to this gateway.
constexpr std::array everything6{"::/3", "2000::/4", "3000::/4", "fc00::/7"};

}  // namespace

void push_routes6(std::vector<std::string>& options, const bridge::SslServer& server) {
    if (!server.inner6) return;
    options.emplace_back("tun-ipv6");
    for (const Cidr6& network : server.inner6->local_networks) {
        if (network.prefix > 0)
            options.push_back("route-ipv6 " + to_string(network));
        else
            push_everything6(options);
    }
}

void push_everything6(std::vector<std::string>& options) {
    for (const char* part : everything6) options.push_back(std::string("route-ipv6 ") + part);
}

void push_interface6(std::vector<std::string>& options, const bridge::SslServer& server,
                     const PushSubject& subject) {
    if (!server.inner6) return;
    const Cidr6& pool6 = server.inner6->client_pool;
    const auto address6 = [&](Ipv4 address) {
        return to_string(bridge::tunnel_address6(server.client_pool, pool6, address));
    };
    options.push_back("ifconfig-ipv6 " + address6(subject.tunnel_address) + "/" +
                      std::to_string(pool6.prefix) + " " + address6(subject.server_address));
}

}  // namespace kanmon::session
