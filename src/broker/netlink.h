// Links, addresses and routes of the network namespace in which it was opened, by rtnetlink.
//
// Owner:  the thread that opened it. Every request waits for its answer; the kernel answers at
// once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/result.h"

struct mnl_socket;
struct nlmsghdr;

namespace kanmon::broker {

/// Routes that this broker makes carry this number in the kernel's table (`ip route`: proto 217).
inline constexpr std::uint8_t route_protocol = 217;

/// What the kernel makes of a flow's packets at the most, by itself (GSO_LEGACY_MAX_SIZE). A device
/// that takes less gets what another machine sent, and the kernel gathered on its way, cut up into
/// single packets again.
inline constexpr std::uint32_t super_packet_octets_most = 65536;

struct Link {
    int index = 0;
    bool up = false;
    std::string kind;  // "tun", "veth", …
    std::string alias;
};

struct LinkSettings {
    std::uint32_t mtu = 0;
    std::uint32_t queue_packets = 0;
    std::uint32_t super_packet_octets = 0;  // the largest that several packets travel as
    std::string alias;
};

struct InterfaceAddress {
    Ipv4 local;
    Ipv4 peer;  // as local when there is no peer
    std::uint8_t prefix = 32;
    friend bool operator==(const InterfaceAddress&, const InterfaceAddress&) = default;
};

/// An IPv6 address of a link; never with a peer.
struct InterfaceAddress6 {
    Ipv6 local;
    std::uint8_t prefix = 128;
    friend bool operator==(const InterfaceAddress6&, const InterfaceAddress6&) = default;
};

class Netlink {
public:
    static Expected<Netlink, std::string> open();
    Netlink(Netlink&& other) noexcept;
    Netlink& operator=(Netlink&&) = delete;
    Netlink(const Netlink&) = delete;
    Netlink& operator=(const Netlink&) = delete;
    ~Netlink();

    using Done = Expected<void, int>;  // the error is an errno

    Expected<std::optional<Link>, int> link(const std::string& name);
    /// Also brings the link up.
    Done configure(int index, const LinkSettings& settings);
    Done remove_link(int index);

    Expected<std::vector<InterfaceAddress>, int> addresses(int index);
    Done add_address(int index, const InterfaceAddress& address);
    Done remove_address(int index, const InterfaceAddress& address);

    Expected<std::vector<InterfaceAddress6>, int> addresses6(int index);
    Done add_address(int index, const InterfaceAddress6& address);
    Done remove_address(int index, const InterfaceAddress6& address);

    /// Networks that routes of `route_protocol` lead into the link.
    Expected<std::vector<Cidr>, int> routes(int index);
    Expected<std::vector<Cidr6>, int> routes6(int index);
    /// The link by which packets to this address leave.
    Expected<int, int> leads_to(Ipv4 address);
    Expected<int, int> leads_to(const Ipv6& address);
    /// EEXIST when another route to that very network is there.
    Done add_route(int index, const Cidr& to, Ipv4 preferred_source);
    Done add_route(int index, const Cidr6& to, const Ipv6& preferred_source);
    Done remove_route(int index, const Cidr& to);
    Done remove_route(int index, const Cidr6& to);

private:
    explicit Netlink(mnl_socket* socket) : socket_(socket) {}

    template <class Each>
    Done exchange(nlmsghdr* request, Each each);
    template <class Address>
    Expected<int, int> ask_way(std::uint8_t family, std::uint8_t bits, const Address& to);
    template <class Each>
    Done each_address(int index, int family, Each each);
    template <class Each>
    Done each_route(int index, int family, Each each);
    Done ask(nlmsghdr* request);

    mnl_socket* socket_;
    std::uint32_t sequence_ = 0;
};

/// Whether this network namespace has a table of this name in the family inet.
bool has_table(const std::string& name);

}  // namespace kanmon::broker
