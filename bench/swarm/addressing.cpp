#include "swarm/addressing.h"

#include <algorithm>
#include <bit>
#include <charconv>

#include "base/escape.h"
#include "dataplane/routing/segment_size.h"
#include "dataplane/wire/text_fields.h"

namespace kanmon::swarm {

namespace {

constexpr std::size_t outer_max = 1500;

std::vector<std::string_view> words_of(std::string_view option) {
    std::vector<std::string_view> words;
    wire::TextFields fields(option, ' ');
    while (const auto word = fields.next())
        if (!word->empty()) words.push_back(*word);
    return words;
}

std::optional<std::uint8_t> prefix_of(std::string_view mask) {
    const auto value = parse_ipv4(mask);
    if (!value) return std::nullopt;
    const int ones = std::countl_one(value->value);
    if (ones != std::popcount(value->value)) return std::nullopt;
    return static_cast<std::uint8_t>(ones);
}

Unexpected<std::string> senseless(const std::string& option) {
    return unexpected("the server pushed \"" + escaped(option) + "\", which makes no sense");
}

Expected<broker::InterfaceAddress, std::string> address_of(const client::Pushed& pushed) {
    const Ipv4 own = pushed.address;
    const auto options = pushed.of("ifconfig");
    if (options.empty() || own == Ipv4{})
        return unexpected(std::string("the server pushed no ifconfig"));
    if (pushed.topology == "subnet") {
        const auto prefix = prefix_of(pushed.ifconfig_second);
        if (!prefix) return senseless(options.front());
        return broker::InterfaceAddress{own, own, *prefix};
    }
    const auto peer = parse_ipv4(pushed.ifconfig_second);
    if (!peer) return senseless(options.front());
    return broker::InterfaceAddress{own, *peer, 32};
}

Cidr network_of(Ipv4 base, std::uint8_t prefix) {
    Cidr network{base, prefix};
    network.base.value &= network.mask();
    return network;
}

Cidr6 network_of(const broker::InterfaceAddress6& address) {
    Cidr6 network{address.local, address.prefix};
    for (std::size_t bit = address.prefix; bit < 128; ++bit)
        network.base.octets[bit / 8] &= static_cast<std::uint8_t>(~(0x80U >> bit % 8));
    return network;
}

Expected<Cidr, std::string> route_of(const std::string& option) {
    const auto words = words_of(option);
    const auto base = words.size() > 1 ? parse_ipv4(words[1]) : std::nullopt;
    const auto prefix = words.size() > 2 ? prefix_of(words[2]) : std::uint8_t{32};
    if (!base || !prefix) return senseless(option);
    return network_of(*base, *prefix);
}

Expected<broker::InterfaceAddress6, std::string> address6_of(const std::string& option) {
    const auto words = words_of(option);
    if (words.size() < 2) return senseless(option);
    const auto slash = words[1].find('/');
    const auto address = parse_ipv6(words[1].substr(0, slash));
    std::uint8_t prefix = 128;
    if (slash != std::string_view::npos)
        std::from_chars(words[1].data() + slash + 1, words[1].data() + words[1].size(), prefix);
    if (!address || prefix == 0 || prefix > 128) return senseless(option);
    return broker::InterfaceAddress6{*address, prefix};
}

}  // namespace

Expected<Addressing, std::string> read_addressing(const client::Pushed& pushed) {
    const auto address = address_of(pushed);
    if (!address) return unexpected(address.error());
    Addressing found{.address = *address,
                     .address6 = {},
                     .routes = {network_of(address->peer, address->prefix)},
                     .routes6 = {}};
    for (const std::string& option : pushed.of("ifconfig-ipv6")) {
        const auto address6 = address6_of(option);
        if (!address6) return unexpected(address6.error());
        found.address6 = *address6;
        found.routes6.push_back(network_of(*address6));
    }
    for (const std::string& option : pushed.of("route")) {
        const auto network = route_of(option);
        if (!network) return unexpected(network.error());
        found.routes.push_back(*network);
    }
    for (const std::string& option : pushed.of("route-ipv6")) {
        const auto words = words_of(option);
        const auto network = words.size() > 1 ? parse_cidr6(words[1]) : std::nullopt;
        if (!network) return senseless(option);
        found.routes6.push_back(*network);
    }
    for (const std::string& option : pushed.of("tun-mtu")) {
        const auto words = words_of(option);
        if (words.size() > 1)
            std::from_chars(words[1].data(), words[1].data() + words[1].size(), found.tun_mtu);
    }
    return found;
}

std::optional<std::string> why_not_carried(const client::Pushed& pushed) {
    if (pushed.framing.value_or(wire::Framing::none) == wire::Framing::none) return std::nullopt;
    return "the server frames packets for compression, which swarm does not speak: switch "
           "compression off at the server";
}

std::uint16_t fitting_mtu(std::uint16_t pushed, std::size_t sealing_octets, bool outer_v6,
                          bool outer_tcp) {
    if (outer_tcp) return pushed;
    const std::size_t around =
        routing::wrapping_octets({.outer_v6 = outer_v6,
                                  .outer_tcp = false,
                                  .front_octets = static_cast<std::uint16_t>(sealing_octets)});
    return static_cast<std::uint16_t>(std::min<std::size_t>(pushed, outer_max - around));
}

}  // namespace kanmon::swarm
