// Network addresses as values, in host order inside and in text outside.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace kanmon {

struct Ipv4 {
    std::uint32_t value = 0;  // host order: 10.0.0.1 is 0x0a000001
    friend auto operator<=>(const Ipv4&, const Ipv4&) = default;
};

struct Ipv6 {
    std::array<std::uint8_t, 16> octets{};
    friend auto operator<=>(const Ipv6&, const Ipv6&) = default;
};

/// An IPv4 network; `base` has no bit set outside the prefix.
struct Cidr {
    Ipv4 base;
    std::uint8_t prefix = 32;  // 0..32

    constexpr std::uint32_t mask() const {
        return prefix == 0 ? 0 : ~std::uint32_t{0} << (32 - prefix);
    }
    constexpr std::uint64_t size() const { return std::uint64_t{1} << (32 - prefix); }
    constexpr Ipv4 last() const { return Ipv4{base.value | ~mask()}; }
    constexpr bool contains(Ipv4 address) const { return (address.value & mask()) == base.value; }
    constexpr bool contains(const Cidr& other) const {
        return other.prefix >= prefix && contains(other.base);
    }
    constexpr bool overlaps(const Cidr& other) const {
        return contains(other) || other.contains(*this);
    }
    friend auto operator<=>(const Cidr&, const Cidr&) = default;
};

/// An IPv6 network; `base` has no bit set outside the prefix.
struct Cidr6 {
    Ipv6 base;
    std::uint8_t prefix = 128;  // 0..128

    bool contains(const Ipv6& address) const;
    bool contains(const Cidr6& other) const {
        return other.prefix >= prefix && contains(other.base);
    }
    bool overlaps(const Cidr6& other) const { return contains(other) || other.contains(*this); }
    bool has_host_bits() const;
    friend auto operator<=>(const Cidr6&, const Cidr6&) = default;
};

/// Where a datagram came from or goes to. IPv4 is kept as an IPv4-mapped IPv6 address, so that one
/// dual-stack socket serves both. 18 octets of value; hashable.
struct Endpoint {
    Ipv6 address;
    std::uint16_t port = 0;

    static Endpoint v4(Ipv4 address, std::uint16_t port);
    bool is_v4() const;
    Ipv4 as_v4() const;  // only when is_v4()
    friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

struct EndpointHash {
    std::size_t operator()(const Endpoint& endpoint) const;
};

std::optional<Ipv4> parse_ipv4(std::string_view text);
std::optional<Ipv6> parse_ipv6(std::string_view text);
/// "10.0.0.0/8"; host bits must be zero and a prefix must be given.
std::optional<Cidr> parse_cidr(std::string_view text);

/// "fd00:1::/64"; host bits must be zero and a prefix must be given.
std::optional<Cidr6> parse_cidr6(std::string_view text);

std::string to_string(Ipv4 address);
std::string to_string(const Ipv6& address);
std::string to_string(const Cidr& cidr);
std::string to_string(const Cidr6& cidr);
std::string to_string(const Endpoint& endpoint);  // 192.0.2.1:1194 or [2001:db8::1]:1194
std::string mask_text(const Cidr& cidr);          // 255.255.255.0

}  // namespace kanmon
