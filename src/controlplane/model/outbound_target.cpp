#include "controlplane/model/outbound_target.h"

#include <algorithm>
#include <array>

namespace kanmon::model {

namespace {

// IANA's registry of special-purpose IPv4 addresses, and what is not unicast.
constexpr std::array<Cidr, 16> special_v4{{{{0x00000000}, 8},
                                           {{0x0a000000}, 8},
                                           {{0x64400000}, 10},
                                           {{0x7f000000}, 8},
                                           {{0xa9fe0000}, 16},
                                           {{0xac100000}, 12},
                                           {{0xc0000000}, 24},
                                           {{0xc0000200}, 24},
                                           {{0xc0586300}, 24},
                                           {{0xc0a80000}, 16},
                                           {{0xc6120000}, 15},
                                           {{0xc6336400}, 24},
                                           {{0xcb007100}, 24},
                                           {{0xe0000000}, 4},
                                           {{0xf0000000}, 4},
                                           {{0xffffffff}, 32}}};

bool is_public(Ipv4 address) {
    return std::ranges::none_of(special_v4,
                                [&](const Cidr& range) { return range.contains(address); });
}

bool is_public(const Ipv6& address) {
    static const std::array<Cidr6, 4> special{*parse_cidr6("2001::/23"), *parse_cidr6("2002::/16"),
                                              *parse_cidr6("2001:db8::/32"),
                                              *parse_cidr6("3fff::/20")};
    static const Cidr6 unicast = *parse_cidr6("2000::/3");  // all that is handed out
    return unicast.contains(address) && std::ranges::none_of(special, [&](const Cidr6& range) {
               return range.contains(address);
           });
}

}  // namespace

bool may_be_called(const Endpoint& target, const AllowedTargets& allowed) {
    if (target.is_v4())
        return is_public(target.as_v4()) || std::ranges::any_of(allowed.v4, [&](const Cidr& range) {
                   return range.contains(target.as_v4());
               });
    return is_public(target.address) || std::ranges::any_of(allowed.v6, [&](const Cidr6& range) {
               return range.contains(target.address);
           });
}

}  // namespace kanmon::model
