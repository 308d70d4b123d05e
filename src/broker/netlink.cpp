#include "broker/netlink.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <type_traits>
#include <utility>

namespace kanmon::broker {

namespace {

/// Room for one request of ours, aligned for the header that libmnl puts first.
struct Request {
    alignas(nlmsghdr) std::array<char, 1024> octets{};

    nlmsghdr* start(std::uint16_t type, int flags) {
        nlmsghdr* header = mnl_nlmsg_put_header(octets.data());
        header->nlmsg_type = type;
        header->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
        return header;
    }
};

template <class Extra>
Extra* put_extra(nlmsghdr* header) {
    return static_cast<Extra*>(mnl_nlmsg_put_extra_header(header, sizeof(Extra)));
}

/// The attributes of a message whose extra header is `Extra`, by their type.
template <class Extra, std::size_t Count>
std::array<const nlattr*, Count> attributes_of(const nlmsghdr* header) {
    std::array<const nlattr*, Count> found{};
    const auto note = [](const nlattr* attribute, void* into) {
        const std::uint16_t type = mnl_attr_get_type(attribute);
        if (type < Count) (*static_cast<std::array<const nlattr*, Count>*>(into))[type] = attribute;
        return MNL_CB_OK;
    };
    mnl_attr_parse(header, sizeof(Extra), note, &found);
    return found;
}

std::string text_of(const nlattr* attribute) {
    if (attribute == nullptr || mnl_attr_validate(attribute, MNL_TYPE_STRING) < 0) return {};
    return {static_cast<const char*>(mnl_attr_get_payload(attribute)),
            strnlen(static_cast<const char*>(mnl_attr_get_payload(attribute)),
                    mnl_attr_get_payload_len(attribute))};
}

Ipv4 address_of(const nlattr* attribute) {
    if (attribute == nullptr || mnl_attr_get_payload_len(attribute) != 4) return {};
    return Ipv4{ntohl(mnl_attr_get_u32(attribute))};
}

void put_address(nlmsghdr* header, std::uint16_t type, Ipv4 address) {
    mnl_attr_put_u32(header, type, htonl(address.value));
}

std::string kind_of(const nlattr* information) {
    if (information == nullptr) return {};
    std::string kind;
    const auto note = [](const nlattr* attribute, void* into) {
        if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND)
            *static_cast<std::string*>(into) = text_of(attribute);
        return MNL_CB_OK;
    };
    mnl_attr_parse_nested(information, note, &kind);
    return kind;
}

Ipv6 address6_of(const nlattr* attribute) {
    Ipv6 address;
    if (attribute == nullptr || mnl_attr_get_payload_len(attribute) != 16) return address;
    std::memcpy(address.octets.data(), mnl_attr_get_payload(attribute), 16);
    return address;
}

void put_address(nlmsghdr* header, std::uint16_t type, const Ipv6& address) {
    mnl_attr_put(header, type, address.octets.size(), address.octets.data());
}

void fill_address(nlmsghdr* header, int family, int index, std::uint8_t prefix) {
    auto* extra = put_extra<ifaddrmsg>(header);
    extra->ifa_family = static_cast<std::uint8_t>(family);
    extra->ifa_prefixlen = prefix;
    extra->ifa_index = static_cast<std::uint32_t>(index);
}

void fill_address(nlmsghdr* header, int index, const InterfaceAddress& address) {
    fill_address(header, AF_INET, index, address.prefix);
    put_address(header, IFA_LOCAL, address.local);
    put_address(header, IFA_ADDRESS, address.peer);
}

void fill_address(nlmsghdr* header, int index, const InterfaceAddress6& address) {
    fill_address(header, AF_INET6, index, address.prefix);
    put_address(header, IFA_LOCAL, address.local);
    put_address(header, IFA_ADDRESS, address.local);
}

template <class Network>
void fill_route(nlmsghdr* header, int index, const Network& to) {
    auto* extra = put_extra<rtmsg>(header);
    extra->rtm_family = std::is_same_v<Network, Cidr> ? AF_INET : AF_INET6;
    extra->rtm_dst_len = to.prefix;
    extra->rtm_table = RT_TABLE_MAIN;
    extra->rtm_protocol = route_protocol;
    extra->rtm_scope = RT_SCOPE_LINK;
    extra->rtm_type = RTN_UNICAST;
    put_address(header, RTA_DST, to.base);
    mnl_attr_put_u32(header, RTA_OIF, static_cast<std::uint32_t>(index));
}

}  // namespace

Expected<Netlink, std::string> Netlink::open() {
    mnl_socket* socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    if (socket == nullptr || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
        std::string problem = std::string("netlink socket: ") + std::strerror(errno);
        if (socket != nullptr) mnl_socket_close(socket);
        return unexpected(std::move(problem));
    }
    return Netlink(socket);
}

Netlink::Netlink(Netlink&& other) noexcept
    : socket_(std::exchange(other.socket_, nullptr)), sequence_(other.sequence_) {}

Netlink::~Netlink() {
    if (socket_ != nullptr) mnl_socket_close(socket_);
}

/// Sends and reads until the acknowledgement or the end of the dump; `each` sees every message.
template <class Each>
Netlink::Done Netlink::exchange(nlmsghdr* request, Each each) {
    request->nlmsg_seq = ++sequence_;
    if (mnl_socket_sendto(socket_, request, request->nlmsg_len) < 0) return unexpected(errno);
    const auto note = [](const nlmsghdr* header, void* into) {
        (*static_cast<Each*>(into))(header);
        return MNL_CB_OK;
    };
    const unsigned port = mnl_socket_get_portid(socket_);
    alignas(nlmsghdr) std::array<char, 65536> answer;
    for (;;) {
        const ssize_t size = mnl_socket_recvfrom(socket_, answer.data(), answer.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return unexpected(errno);
        const int state =
            mnl_cb_run(answer.data(), static_cast<std::size_t>(size), sequence_, port, note, &each);
        if (state < 0) return unexpected(errno);
        if (state == MNL_CB_STOP) return {};
    }
}

Netlink::Done Netlink::ask(nlmsghdr* request) {
    return exchange(request, [](const nlmsghdr*) {});
}

Expected<std::optional<Link>, int> Netlink::link(const std::string& name) {
    Request request;
    nlmsghdr* header = request.start(RTM_GETLINK, NLM_F_ACK);
    put_extra<ifinfomsg>(header)->ifi_family = AF_UNSPEC;
    mnl_attr_put_strz(header, IFLA_IFNAME, name.c_str());
    std::optional<Link> found;
    const auto done = exchange(header, [&](const nlmsghdr* message) {
        const auto attributes = attributes_of<ifinfomsg, IFLA_LINKINFO + 4>(message);
        const auto* extra = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(message));
        found = Link{extra->ifi_index, (extra->ifi_flags & IFF_UP) != 0,
                     kind_of(attributes[IFLA_LINKINFO]), text_of(attributes[IFLA_IFALIAS])};
    });
    if (!done && done.error() == ENODEV) return std::optional<Link>{};
    if (!done) return unexpected(done.error());
    return found;
}

Netlink::Done Netlink::configure(int index, const LinkSettings& settings) {
    Request request;
    nlmsghdr* header = request.start(RTM_NEWLINK, NLM_F_ACK);
    auto* extra = put_extra<ifinfomsg>(header);
    extra->ifi_family = AF_UNSPEC;
    extra->ifi_index = index;
    extra->ifi_flags = IFF_UP;
    extra->ifi_change = IFF_UP;
    mnl_attr_put_u32(header, IFLA_MTU, settings.mtu);
    mnl_attr_put_u32(header, IFLA_TXQLEN, settings.queue_packets);
    mnl_attr_put_u32(header, IFLA_GSO_MAX_SIZE, settings.super_packet_octets);
    mnl_attr_put_str(header, IFLA_IFALIAS, settings.alias.c_str());
    return ask(header);
}

Netlink::Done Netlink::remove_link(int index) {
    Request request;
    nlmsghdr* header = request.start(RTM_DELLINK, NLM_F_ACK);
    auto* extra = put_extra<ifinfomsg>(header);
    extra->ifi_family = AF_UNSPEC;
    extra->ifi_index = index;
    return ask(header);
}

/// `each` sees the fixed part and the attributes of every address of the link.
template <class Each>
Netlink::Done Netlink::each_address(int index, int family, Each each) {
    Request request;
    nlmsghdr* header = request.start(RTM_GETADDR, NLM_F_DUMP);
    put_extra<ifaddrmsg>(header)->ifa_family = static_cast<std::uint8_t>(family);
    return exchange(header, [&](const nlmsghdr* message) {
        const auto* extra = static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(message));
        if (static_cast<int>(extra->ifa_index) != index || extra->ifa_family != family) return;
        each(*extra, attributes_of<ifaddrmsg, IFA_MAX + 1>(message));
    });
}

Expected<std::vector<InterfaceAddress>, int> Netlink::addresses(int index) {
    std::vector<InterfaceAddress> found;
    const auto note = [&](const ifaddrmsg& extra, const auto& attributes) {
        found.push_back({address_of(attributes[IFA_LOCAL]), address_of(attributes[IFA_ADDRESS]),
                         extra.ifa_prefixlen});
    };
    if (const auto done = each_address(index, AF_INET, note); !done)
        return unexpected(done.error());
    return found;
}

Expected<std::vector<InterfaceAddress6>, int> Netlink::addresses6(int index) {
    std::vector<InterfaceAddress6> found;
    const auto note = [&](const ifaddrmsg& extra, const auto& attributes) {
        found.push_back({address6_of(attributes[IFA_ADDRESS]), extra.ifa_prefixlen});
    };
    if (const auto done = each_address(index, AF_INET6, note); !done)
        return unexpected(done.error());
    return found;
}

Netlink::Done Netlink::add_address(int index, const InterfaceAddress& address) {
    Request request;
    nlmsghdr* header = request.start(RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE);
    fill_address(header, index, address);
    // The route to the client pool is made by us, with our number on it.
    mnl_attr_put_u32(header, IFA_FLAGS, IFA_F_NOPREFIXROUTE);
    return ask(header);
}

Netlink::Done Netlink::add_address(int index, const InterfaceAddress6& address) {
    Request request;
    nlmsghdr* header = request.start(RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE);
    fill_address(header, index, address);
    // Nobody else is on a point-to-point link who could have the address.
    mnl_attr_put_u32(header, IFA_FLAGS, IFA_F_NOPREFIXROUTE | IFA_F_NODAD);
    return ask(header);
}

Netlink::Done Netlink::remove_address(int index, const InterfaceAddress& address) {
    Request request;
    nlmsghdr* header = request.start(RTM_DELADDR, NLM_F_ACK);
    fill_address(header, index, address);
    return ask(header);
}

Netlink::Done Netlink::remove_address(int index, const InterfaceAddress6& address) {
    Request request;
    nlmsghdr* header = request.start(RTM_DELADDR, NLM_F_ACK);
    fill_address(header, index, address);
    return ask(header);
}

/// `each` sees the prefix length and the destination of every route of ours into the link.
template <class Each>
Netlink::Done Netlink::each_route(int index, int family, Each each) {
    Request request;
    nlmsghdr* header = request.start(RTM_GETROUTE, NLM_F_DUMP);
    put_extra<rtmsg>(header)->rtm_family = static_cast<std::uint8_t>(family);
    return exchange(header, [&](const nlmsghdr* message) {
        const auto* extra = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(message));
        if (extra->rtm_protocol != route_protocol || extra->rtm_family != family) return;
        const auto attributes = attributes_of<rtmsg, RTA_MAX + 1>(message);
        if (attributes[RTA_OIF] == nullptr ||
            mnl_attr_get_u32(attributes[RTA_OIF]) != static_cast<std::uint32_t>(index))
            return;
        each(extra->rtm_dst_len, attributes[RTA_DST]);
    });
}

Expected<std::vector<Cidr>, int> Netlink::routes(int index) {
    std::vector<Cidr> found;
    const auto note = [&](std::uint8_t prefix, const nlattr* to) {
        if (prefix <= 32) found.push_back({address_of(to), prefix});
    };
    if (const auto done = each_route(index, AF_INET, note); !done) return unexpected(done.error());
    return found;
}

Expected<std::vector<Cidr6>, int> Netlink::routes6(int index) {
    std::vector<Cidr6> found;
    const auto note = [&](std::uint8_t prefix, const nlattr* to) {
        if (prefix <= 128) found.push_back({address6_of(to), prefix});
    };
    if (const auto done = each_route(index, AF_INET6, note); !done) return unexpected(done.error());
    return found;
}

template <class Address>
Expected<int, int> Netlink::ask_way(std::uint8_t family, std::uint8_t bits, const Address& to) {
    Request request;
    nlmsghdr* header = request.start(RTM_GETROUTE, NLM_F_ACK);
    auto* extra = put_extra<rtmsg>(header);
    extra->rtm_family = family;
    extra->rtm_dst_len = bits;
    put_address(header, RTA_DST, to);
    int index = 0;
    const auto done = exchange(header, [&](const nlmsghdr* message) {
        const auto attributes = attributes_of<rtmsg, RTA_MAX + 1>(message);
        if (attributes[RTA_OIF] != nullptr)
            index = static_cast<int>(mnl_attr_get_u32(attributes[RTA_OIF]));
    });
    if (!done) return unexpected(done.error());
    return index;
}

Expected<int, int> Netlink::leads_to(Ipv4 address) {
    return ask_way(AF_INET, 32, address);
}

Expected<int, int> Netlink::leads_to(const Ipv6& address) {
    return ask_way(AF_INET6, 128, address);
}

Netlink::Done Netlink::add_route(int index, const Cidr& to, Ipv4 preferred_source) {
    Request request;
    nlmsghdr* header = request.start(RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
    fill_route(header, index, to);
    put_address(header, RTA_PREFSRC, preferred_source);
    return ask(header);
}

Netlink::Done Netlink::add_route(int index, const Cidr6& to, const Ipv6& preferred_source) {
    Request request;
    nlmsghdr* header = request.start(RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
    fill_route(header, index, to);
    put_address(header, RTA_PREFSRC, preferred_source);
    return ask(header);
}

Netlink::Done Netlink::remove_route(int index, const Cidr& to) {
    Request request;
    nlmsghdr* header = request.start(RTM_DELROUTE, NLM_F_ACK);
    fill_route(header, index, to);
    return ask(header);
}

Netlink::Done Netlink::remove_route(int index, const Cidr6& to) {
    Request request;
    nlmsghdr* header = request.start(RTM_DELROUTE, NLM_F_ACK);
    fill_route(header, index, to);
    return ask(header);
}

bool has_table(const std::string& name) {
    mnl_socket* socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
    if (socket == nullptr) return false;
    Request request;
    nlmsghdr* header = request.start(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE, NLM_F_ACK);
    auto* extra = put_extra<nfgenmsg>(header);
    extra->nfgen_family = NFPROTO_INET;
    extra->version = NFNETLINK_V0;
    mnl_attr_put_strz(header, NFTA_TABLE_NAME, name.c_str());
    alignas(nlmsghdr) std::array<char, 8192> answer;
    const bool asked = mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0 &&
                       mnl_socket_sendto(socket, header, header->nlmsg_len) > 0;
    const ssize_t size = asked ? mnl_socket_recvfrom(socket, answer.data(), answer.size()) : -1;
    // The table, or the error that there is none.
    const bool found = size > 0 && mnl_cb_run(answer.data(), static_cast<std::size_t>(size), 0, 0,
                                              nullptr, nullptr) >= 0;
    mnl_socket_close(socket);
    return found;
}

}  // namespace kanmon::broker
