#include "broker/linux_kernel.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "broker/namespace_visit.h"
#include "broker/netlink.h"
#include "broker/nft_process.h"
#include "broker/tun_device.h"
#include "broker/wanted.h"

namespace kanmon::broker {

namespace {

constexpr std::uint32_t queue_packets = 1000;

const char* forwarding_path(Family family) {
    return family == Family::v4 ? "/proc/sys/net/ipv4/ip_forward"
                                : "/proc/sys/net/ipv6/conf/all/forwarding";
}

/// Puts what and where before an errno's words.
class Sentence {
public:
    Sentence(const std::string& device, const std::string& vpc_namespace)
        : place_(" of device " + device + " in " + place_of(vpc_namespace) + ": ") {}
    Unexpected<std::string> operator()(const char* what, int error) const {
        return unexpected(what + place_ + std::strerror(error));
    }

private:
    std::string place_;
};

Expected<char, std::string> read_setting(const std::string& path) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    char digit = 0;
    if (!fd || ::read(fd.get(), &digit, 1) != 1)
        return unexpected("read " + path + ": " + std::strerror(errno));
    return digit;
}

/// Writes only what differs: in a container /proc/sys may be read-only and right already.
Done write_setting(const std::string& path, char digit) {
    if (const auto present = read_setting(path); present && *present == digit) return {};
    const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd || ::write(fd.get(), &digit, 1) != 1)
        return unexpected("write " + path + ": " + std::strerror(errno));
    return {};
}

/// A system that forwards takes no router advertisements, and drops the default route that it had
/// by them, unless an interface is told to take them all the same: 2. What is off stays off.
Done keep_advertisements() {
    constexpr const char* folder = "/proc/sys/net/ipv6/conf/";
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
        const std::string path = entry.path() / "accept_ra";
        const auto present = read_setting(path);
        if (!present || *present != '1') continue;  // an interface may go meanwhile
        if (auto done = write_setting(path, '2'); !done) return done;
    }
    return {};
}

InterfaceAddress address_for(const bridge::WantedServer& server) {
    const Ipv4 own = server.server_address;
    switch (server.topology) {
        case bridge::Topology::net30:
            return {own, Ipv4{own.value + 1}, 32};
        case bridge::Topology::subnet:
            return {own, own, server.client_pool.prefix};
        case bridge::Topology::p2p:  // every other address may be a client's
            break;
    }
    return {own, own, 32};
}

/// A single address: with the pool's prefix the kernel would also take the pool's first address,
/// as every router's (RFC 4291 section 2.6.1).
std::optional<InterfaceAddress6> address6_for(const bridge::WantedServer& server) {
    if (!server.client_pool6) return std::nullopt;
    return InterfaceAddress6{
        bridge::tunnel_address6(server.client_pool, *server.client_pool6, server.server_address),
        128};
}

/// Exactly the wanted address, if any; others are removed first.
template <class Address>
Done arrange_addresses(Netlink& netlink, int index, const Sentence& sentence,
                       const Expected<std::vector<Address>, int>& present,
                       const std::optional<Address>& wanted) {
    if (!present) return sentence("list the addresses", present.error());
    for (const Address& address : *present) {
        if (address == wanted) continue;
        if (const auto done = netlink.remove_address(index, address); !done)
            return sentence("remove an address", done.error());
    }
    if (!wanted || std::ranges::find(*present, *wanted) != present->end()) return {};
    if (const auto done = netlink.add_address(index, *wanted); !done)
        return sentence("set the address", done.error());
    return {};
}

Done make_addresses(Netlink& netlink, int index, const bridge::WantedServer& server) {
    const Sentence sentence(server.device, server.vpc_namespace);
    if (auto done = arrange_addresses(netlink, index, sentence, netlink.addresses(index),
                                      std::optional(address_for(server)));
        !done)
        return done;
    return arrange_addresses(netlink, index, sentence, netlink.addresses6(index),
                             address6_for(server));
}

/// Exactly the wanted route of ours, if any.
template <class Network, class Address>
Done arrange_routes(Netlink& netlink, int index, const bridge::WantedServer& server,
                    const Expected<std::vector<Network>, int>& present,
                    const std::optional<Network>& pool, const Address& own) {
    const Sentence sentence(server.device, server.vpc_namespace);
    if (!present) return sentence("list the routes", present.error());
    for (const Network& network : *present) {
        if (network == pool) continue;
        if (const auto done = netlink.remove_route(index, network); !done)
            return sentence("remove a route", done.error());
    }
    if (!pool || std::ranges::find(*present, *pool) != present->end()) return {};
    const auto done = netlink.add_route(index, *pool, own);
    if (!done && done.error() == EEXIST)
        return unexpected(place_of(server.vpc_namespace) +
                          " has another route to the client pool " + to_string(*pool) +
                          "; choose a client pool that the VPC does not use");
    if (!done) return sentence("set the route", done.error());
    return {};
}

Done make_routes(Netlink& netlink, int index, const bridge::WantedServer& server) {
    if (auto done = arrange_routes(netlink, index, server, netlink.routes(index),
                                   std::optional(server.client_pool), server.server_address);
        !done)
        return done;
    const Ipv6 own6 = server.client_pool6 ? address6_for(server)->local : Ipv6();
    return arrange_routes(netlink, index, server, netlink.routes6(index), server.client_pool6,
                          own6);
}

/// IPv6 is on only when wanted, and then without anything that the kernel would choose by itself:
/// no link-local address, no router discovery.
Done make_settings6(const bridge::WantedServer& server) {
    const std::string folder = "/proc/sys/net/ipv6/conf/" + server.device + "/";
    if (!server.client_pool6) {
        if (::access(folder.c_str(), F_OK) != 0) return {};  // a kernel without IPv6
        return write_setting(folder + "disable_ipv6", '1');
    }
    constexpr char without_addresses = '1';  // IN6_ADDR_GEN_MODE_NONE
    for (const auto& [name, digit] : {std::pair{"addr_gen_mode", without_addresses},
                                      {"accept_ra", '0'},
                                      {"autoconf", '0'},
                                      {"accept_redirects", '0'},
                                      {"disable_ipv6", '0'}})
        if (auto done = write_setting(folder + name, digit); !done) return done;
    return {};
}

Done make_settings(const bridge::WantedServer& server) {
    const std::string folder = "/proc/sys/net/ipv4/conf/" + server.device + "/";
    if (auto done = write_setting(folder + "rp_filter", '1'); !done) return done;
    return make_settings6(server);
}

}  // namespace

Done LinuxKernel::remove_device(const std::string& vpc_namespace, const std::string& device) {
    const Sentence sentence(device, vpc_namespace);
    const auto visit = NamespaceVisit::enter(vpc_namespace);
    if (!visit) return unexpected(visit.error());
    auto netlink = Netlink::open();
    if (!netlink) return unexpected(netlink.error());
    const auto link = netlink->link(device);
    if (!link) return sentence("look", link.error());
    if (!*link || (*link)->kind != "tun") return {};
    if (const auto done = netlink->remove_link((*link)->index); !done && done.error() != ENODEV)
        return sentence("removal", done.error());
    return {};
}

Done LinuxKernel::make_device(const bridge::WantedServer& server, bool ours) {
    const Sentence sentence(server.device, server.vpc_namespace);
    const auto visit = NamespaceVisit::enter(server.vpc_namespace);
    if (!visit) return unexpected(visit.error());
    auto netlink = Netlink::open();
    if (!netlink) return unexpected(netlink.error());
    auto link = netlink->link(server.device);
    if (!link) return sentence("look", link.error());
    if (*link && (!ours || (*link)->kind != "tun"))
        return unexpected("a device " + server.device + " that Kanmon did not make is in " +
                          place_of(server.vpc_namespace) + "; remove it with: ip link del " +
                          server.device);
    if (!*link) {
        if (auto made = make_tun(server.device); !made) return made;
        link = netlink->link(server.device);
        if (!link || !*link) return sentence("look", link ? ENODEV : link.error());
    }
    const int index = (*link)->index;
    // Before it is up: no address of its own choice, no packet before the filter stands.
    if (auto done = make_settings(server); !done) return done;
    const LinkSettings settings{server.mtu, queue_packets, super_packet_octets_most,
                                "kanmon " + server.server_id};
    if (const auto done = netlink->configure(index, settings); !done)
        return sentence("set up", done.error());
    if (auto done = make_addresses(*netlink, index, server); !done) return done;
    return make_routes(*netlink, index, server);
}

Expected<bool, std::string> LinuxKernel::has_device(const std::string& vpc_namespace,
                                                    const std::string& device) {
    const auto visit = NamespaceVisit::enter(vpc_namespace);
    if (!visit) return unexpected(visit.error());
    auto netlink = Netlink::open();
    if (!netlink) return unexpected(netlink.error());
    const auto link = netlink->link(device);
    if (!link) return Sentence(device, vpc_namespace)("look", link.error());
    return link->has_value();
}

Done LinuxKernel::apply_rules(const std::string& vpc_namespace, const std::string& rules) {
    const auto visit = NamespaceVisit::enter(vpc_namespace);
    if (!visit) return unexpected(visit.error());
    if (auto done = run_nft(rules); !done)
        return unexpected(done.error() + " (in " + place_of(vpc_namespace) + ")");
    return {};
}

Expected<bool, std::string> LinuxKernel::forwarding(const std::string& vpc_namespace,
                                                    Family family) {
    const auto visit = NamespaceVisit::enter(vpc_namespace);
    if (!visit) return unexpected(visit.error());
    const auto digit = read_setting(forwarding_path(family));
    if (!digit) return unexpected(digit.error());
    return *digit != '0';
}

Done LinuxKernel::set_forwarding(const std::string& vpc_namespace, Family family, bool on) {
    const auto visit = NamespaceVisit::enter(vpc_namespace);
    if (!visit) return unexpected(visit.error());
    if (on && family == Family::v6 && read_setting(forwarding_path(family)).value_or('1') == '0')
        if (auto kept = keep_advertisements(); !kept) return kept;
    return write_setting(forwarding_path(family), on ? '1' : '0');
}

bool LinuxKernel::stands(const std::string& vpc_namespace,
                         const std::vector<bridge::WantedServer>& servers) {
    const auto visit = NamespaceVisit::enter(vpc_namespace);
    auto netlink = Netlink::open();
    if (!visit || !netlink || !has_table("kanmon")) return false;
    const auto is_off = [](Family family) {
        return read_setting(forwarding_path(family)).value_or('0') == '0';
    };
    return !is_off(Family::v4) && std::ranges::all_of(servers, [&](const auto& server) {
        const auto link = netlink->link(server.device);
        if (!link || !*link || !(*link)->up) return false;
        const auto leads_here = [&](const auto& pool) {
            auto client = pool.base;
            if constexpr (std::is_same_v<decltype(client), Ipv4>)
                client.value += 2;
            else
                client.octets.back() += 2;
            return netlink->leads_to(client).value_or(0) == (*link)->index;
        };
        if (!leads_here(server.client_pool)) return false;
        return !server.client_pool6 || (!is_off(Family::v6) && leads_here(*server.client_pool6));
    });
}

bool LinuxKernel::namespace_exists(const std::string& vpc_namespace) {
    return vpc_namespace.empty() || ::access(path_of_namespace(vpc_namespace).c_str(), F_OK) == 0;
}

Expected<TunQueues, std::string> LinuxKernel::open_tun(const bridge::WantedServer& server) {
    const auto visit = NamespaceVisit::enter(server.vpc_namespace);
    if (!visit) return unexpected(visit.error());
    return open_queues(server.device, server.queues);
}

}  // namespace kanmon::broker
