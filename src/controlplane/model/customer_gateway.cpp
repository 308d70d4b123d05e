#include "controlplane/model/customer_gateway.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "base/escape.h"
#include "controlplane/model/network.h"

namespace kanmon::model {

namespace {

constexpr std::uint32_t asn_of_the_original = 45104;

template <class Number>
std::optional<Number> whole_number(std::string_view text) {
    Number number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
    return number;
}

std::optional<std::uint32_t> read_asn(std::string_view text) {
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos) return whole_number<std::uint32_t>(text);
    const auto high = whole_number<std::uint16_t>(text.substr(0, dot));
    const auto low = whole_number<std::uint16_t>(text.substr(dot + 1));
    if (!high || !low) return std::nullopt;
    return std::uint32_t{*high} << 16 | *low;
}

}  // namespace

Outcome<Ipv4> check_customer_address(std::string_view text) {
    const auto address = parse_ipv4(text);
    if (!address)
        return refuse("InvalidIpAddress.WrongFormat",
                      fmt::format("'{}' is not an IPv4 address; write it as in 198.51.100.1.",
                                  escaped(text, 64)));
    for (const ReservedRange& range : reserved_for_pools())
        if (range.cidr.contains(*address))
            return illegal("IpAddress",
                           fmt::format("{} is in {} ({}) and cannot be another site's address; "
                                       "give the one under which the site is reached.",
                                       to_string(*address), to_string(range.cidr), range.what));
    return *address;
}

Outcome<std::uint32_t> check_asn(std::string_view text) {
    const auto asn = read_asn(text);
    if (asn && *asn != 0 && *asn != asn_of_the_original) return *asn;
    return illegal("Asn", fmt::format("The AS number is between 1 and {}, also as two halves like "
                                      "1.2345, and not {}; '{}' is not one. 65530 would do.",
                                      std::numeric_limits<std::uint32_t>::max(),
                                      asn_of_the_original, escaped(text, 64)));
}

Outcome<void> check_auth_key(std::string_view key) {
    constexpr std::size_t characters_max = 64;
    const auto allowed = [](char c) { return c > 0x20 && c < 0x7f && c != '?'; };
    if (!key.empty() && key.size() <= characters_max && std::ranges::all_of(key, allowed))
        return {};
    return illegal("AuthKey",
                   "The key has 1 to 64 printable ASCII characters, no space and no "
                   "question mark among them.");
}

}  // namespace kanmon::model
