#include "swarm/device.h"

#include <cerrno>
#include <cstring>

#include "broker/tun_device.h"
#include "swarm/report.h"

namespace kanmon::swarm {

namespace {

constexpr std::uint32_t queue_packets = 1000;

class Settler {
public:
    Settler(broker::Netlink& netlink, const std::string& device, int index)
        : netlink_(netlink), device_(device), index_(index) {}

    Expected<void, std::string> settle(const Addressing& addressing, std::uint16_t mtu) {
        check("set up",
              netlink_.configure(index_, {.mtu = mtu,
                                          .queue_packets = queue_packets,
                                          .super_packet_octets = broker::super_packet_octets_most,
                                          .alias = "swarm"}));
        check("give an address to", netlink_.add_address(index_, addressing.address));
        if (addressing.address6)
            check("give an IPv6 address to", netlink_.add_address(index_, *addressing.address6));
        for (const Cidr& network : addressing.routes)
            route(network, netlink_.add_route(index_, network, addressing.address.local));
        if (addressing.address6)
            for (const Cidr6& network : addressing.routes6)
                route(network, netlink_.add_route(index_, network, addressing.address6->local));
        if (!error_.empty()) return unexpected(error_);
        return {};
    }

private:
    void check(const char* what, const broker::Netlink::Done& outcome) {
        if (!outcome && error_.empty())
            error_ = std::string(what) + " the device " + device_ + ": " +
                     std::strerror(outcome.error());
    }

    /// One that is there already is left, and said: traffic may not come through the tunnel.
    template <class Network>
    void route(const Network& network, const broker::Netlink::Done& outcome) {
        if (!outcome)
            say("swarm: no route to " + to_string(network) + ": " + std::strerror(outcome.error()));
    }

    broker::Netlink& netlink_;
    const std::string& device_;
    const int index_;
    std::string error_;
};

}  // namespace

Expected<std::unique_ptr<io::TunQueue>, std::string> make_device(const std::string& name,
                                                                 const Addressing& addressing,
                                                                 std::uint16_t mtu) {
    auto opened = broker::open_queues(name, 1);
    if (!opened) return unexpected(opened.error());
    auto netlink = broker::Netlink::open();
    if (!netlink) return unexpected(netlink.error());
    const auto link = netlink->link(name);
    if (!link || !*link) return unexpected("the device " + name + " is not there after all");
    if (const auto done = Settler(*netlink, name, (*link)->index).settle(addressing, mtu); !done)
        return unexpected(done.error());
    return std::make_unique<io::TunQueue>(std::move(opened->queues.front()));
}

}  // namespace kanmon::swarm
