#include "base/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace kanmon {

namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/// The bits of octet `index` that a prefix of this length fixes.
constexpr std::uint8_t fixed_bits(std::size_t index, std::uint8_t prefix) {
    const std::size_t before = index * 8;
    if (before >= prefix) return 0;
    const std::size_t bits = std::min<std::size_t>(8, prefix - before);
    return static_cast<std::uint8_t>(0xff00U >> bits);
}

/// The number after the slash: one to three digits, at most `most`.
std::optional<std::uint8_t> parse_prefix(std::string_view digits, unsigned most) {
    unsigned prefix = most + 1;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    if (error != std::errc() || end != digits.data() + digits.size() || prefix > most ||
        digits.empty() || digits.size() > 3)
        return std::nullopt;
    return static_cast<std::uint8_t>(prefix);
}

}  // namespace

bool Cidr6::contains(const Ipv6& address) const {
    for (std::size_t i = 0; i < address.octets.size(); ++i)
        if (((address.octets[i] ^ base.octets[i]) & fixed_bits(i, prefix)) != 0) return false;
    return true;
}

bool Cidr6::has_host_bits() const {
    for (std::size_t i = 0; i < base.octets.size(); ++i)
        if ((base.octets[i] & ~fixed_bits(i, prefix)) != 0) return true;
    return false;
}

Endpoint Endpoint::v4(Ipv4 address, std::uint16_t port) {
    Endpoint endpoint;
    std::ranges::copy(mapped_prefix, endpoint.address.octets.begin());
    for (unsigned i = 0; i < 4; ++i)
        endpoint.address.octets[12 + i] =
            static_cast<std::uint8_t>(address.value >> (24 - 8 * i) & 0xff);
    endpoint.port = port;
    return endpoint;
}

bool Endpoint::is_v4() const {
    return std::equal(mapped_prefix.begin(), mapped_prefix.end(), address.octets.begin());
}

Ipv4 Endpoint::as_v4() const {
    std::uint32_t value = 0;
    for (unsigned i = 12; i < 16; ++i) value = value << 8 | address.octets[i];
    return Ipv4{value};
}

std::size_t EndpointHash::operator()(const Endpoint& endpoint) const {
    std::uint64_t hash = 0xcbf29ce484222325U ^ endpoint.port;
    for (const std::uint8_t octet : endpoint.address.octets) hash = (hash ^ octet) * 0x100000001b3U;
    return hash ^ hash >> 29;
}

std::optional<Ipv4> parse_ipv4(std::string_view text) {
    in_addr raw{};
    if (inet_pton(AF_INET, std::string(text).c_str(), &raw) != 1) return std::nullopt;
    return Ipv4{ntohl(raw.s_addr)};
}

std::optional<Ipv6> parse_ipv6(std::string_view text) {
    Ipv6 address;
    if (inet_pton(AF_INET6, std::string(text).c_str(), address.octets.data()) != 1)
        return std::nullopt;
    return address;
}

std::optional<Cidr> parse_cidr(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto base = parse_ipv4(text.substr(0, slash));
    const auto prefix = parse_prefix(text.substr(slash + 1), 32);
    if (!base || !prefix) return std::nullopt;
    const Cidr cidr{*base, *prefix};
    if ((base->value & ~cidr.mask()) != 0) return std::nullopt;
    return cidr;
}

std::optional<Cidr6> parse_cidr6(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto base = parse_ipv6(text.substr(0, slash));
    const auto prefix = parse_prefix(text.substr(slash + 1), 128);
    if (!base || !prefix) return std::nullopt;
    const Cidr6 cidr{*base, *prefix};
    if (cidr.has_host_bits()) return std::nullopt;
    return cidr;
}

std::string to_string(Ipv4 address) {
    std::array<char, INET_ADDRSTRLEN> text{};
    const in_addr raw{htonl(address.value)};
    inet_ntop(AF_INET, &raw, text.data(), text.size());
    return text.data();
}

std::string to_string(const Ipv6& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(AF_INET6, address.octets.data(), text.data(), text.size());
    return text.data();
}

std::string to_string(const Cidr& cidr) {
    return to_string(cidr.base) + "/" + std::to_string(cidr.prefix);
}

std::string to_string(const Cidr6& cidr) {
    return to_string(cidr.base) + "/" + std::to_string(cidr.prefix);
}

std::string to_string(const Endpoint& endpoint) {
    const std::string port = std::to_string(endpoint.port);
    if (endpoint.is_v4()) return to_string(endpoint.as_v4()) + ":" + port;
    return "[" + to_string(endpoint.address) + "]:" + port;
}

std::string mask_text(const Cidr& cidr) {
    return to_string(Ipv4{cidr.mask()});
}

}  // namespace kanmon
