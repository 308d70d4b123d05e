#include "controlplane/model/network.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "base/escape.h"

namespace kanmon::model {

namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

/// What stands behind the slash, up to `longest`; without a slash that.
std::optional<std::uint8_t> prefix_of(std::string_view text, std::uint8_t longest) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return longest;
    const std::string_view digits = text.substr(slash + 1);
    unsigned prefix = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    if (error != std::errc{} || end != digits.data() + digits.size() || prefix > longest)
        return std::nullopt;
    return static_cast<std::uint8_t>(prefix);
}

/// The network somebody meant who wrote an address of it, or a bare address.
std::optional<Cidr> meant_by(std::string_view text) {
    const std::optional<Ipv4> address = parse_ipv4(text.substr(0, text.find('/')));
    const auto prefix = prefix_of(text, 32);
    if (!address || !prefix) return std::nullopt;
    Cidr cidr{*address, *prefix};
    cidr.base.value &= cidr.mask();
    return cidr;
}

std::optional<Cidr6> meant_by6(std::string_view text) {
    const std::optional<Ipv6> address = parse_ipv6(text.substr(0, text.find('/')));
    const auto prefix = prefix_of(text, 128);
    if (!address || !prefix) return std::nullopt;
    Cidr6 cidr{*address, *prefix};
    for (unsigned bit = *prefix; bit < 128; ++bit)
        cidr.base.octets[bit / 8] &= static_cast<std::uint8_t>(~(0x80u >> bit % 8));
    return cidr;
}

constexpr Cidr network(std::uint32_t first_octet, std::uint32_t second_octet, std::uint8_t prefix) {
    return {Ipv4{first_octet << 24 | second_octet << 16}, prefix};
}

}  // namespace

Outcome<Cidr> read_cidr(std::string_view parameter, std::string_view text) {
    if (const auto cidr = parse_cidr(text)) return *cidr;
    if (const auto meant = meant_by(text))
        return illegal(parameter,
                       fmt::format("{} is not a network; the network that holds it is {}.",
                                   escaped(text), to_string(*meant)));
    return illegal(parameter,
                   fmt::format("'{}' is not an IPv4 network; write it as in 192.168.0.0/24.",
                               escaped(text, 64)));
}

Outcome<Cidr6> read_cidr6(std::string_view parameter, std::string_view text) {
    if (const auto cidr = parse_cidr6(text)) return *cidr;
    if (const auto meant = meant_by6(text))
        return illegal(parameter,
                       fmt::format("{} is not a network; the network that holds it is {}.",
                                   escaped(text), to_string(*meant)));
    return illegal(parameter, fmt::format("'{}' is not an IPv6 network; write it as in "
                                          "fd00:8::/64, with no bit set behind the prefix.",
                                          escaped(text, 64)));
}

std::vector<std::string> comma_separated(std::string_view text) {
    std::vector<std::string> parts;
    if (trimmed(text).empty()) return parts;
    for (std::size_t start = 0;;) {
        const std::size_t comma = text.find(',', start);
        parts.emplace_back(trimmed(text.substr(start, comma - start)));
        if (comma == std::string_view::npos) return parts;
        start = comma + 1;
    }
}

std::optional<Cidr> free_network(const Cidr& range, std::uint8_t prefix,
                                 const std::vector<Cidr>& taken) {
    if (prefix < range.prefix) return std::nullopt;
    std::uint64_t base = range.base.value;
    while (base <= range.last().value) {
        const Cidr candidate{Ipv4{static_cast<std::uint32_t>(base)}, prefix};
        const auto hit = std::ranges::find_if(
            taken, [&](const Cidr& other) { return other.overlaps(candidate); });
        if (hit == taken.end()) return candidate;
        // Past what is in the way, on the next boundary: a step for each network that is taken, not
        // for each candidate.
        base = std::uint64_t{std::max(hit->last().value, candidate.last().value)} + 1;
        base = (base + candidate.size() - 1) / candidate.size() * candidate.size();
    }
    return std::nullopt;
}

const std::vector<ReservedRange>& reserved_for_local_networks() {
    static const std::vector<ReservedRange> ranges{
        {network(127, 0, 8), "loopback"},
        {network(169, 254, 16), "link-local"},
        {network(224, 0, 4), "multicast"},
        {network(240, 0, 4), "reserved"},
    };
    return ranges;
}

const std::vector<ReservedRange>& reserved_for_pools() {
    static const std::vector<ReservedRange> ranges = [] {
        std::vector<ReservedRange> all = reserved_for_local_networks();
        all.push_back({network(0, 0, 8), "this network"});
        all.push_back({network(100, 64, 10), "shared address space"});
        return all;
    }();
    return ranges;
}

}  // namespace kanmon::model
