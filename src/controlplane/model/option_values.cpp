#include "controlplane/model/option_values.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/escape.h"
#include "controlplane/model/network.h"
#include "controlplane/model/ssl_server.h"

namespace kanmon::model {

namespace {

constexpr std::size_t addresses6_max = 4;
constexpr std::size_t domains_max = 16;
constexpr std::size_t label_octets_max = 63;
constexpr std::size_t domain_octets_max = 253;
constexpr std::uint8_t pool6_prefix_shortest = 64;
constexpr std::uint8_t pool6_prefix_longest = 124;  // OpenVPN 2.3 takes no longer one
constexpr std::uint8_t network6_prefix_shortest = 8;

struct Reserved6 {
    Cidr6 cidr;
    std::string_view what;
};

const std::vector<Reserved6>& reserved6() {
    static const std::vector<Reserved6> ranges{
        {*parse_cidr6("::/96"), "unspecified and loopback addresses"},
        {*parse_cidr6("::ffff:0:0/96"), "mapped IPv4 addresses"},
        {*parse_cidr6("fe80::/10"), "link-local"},
        {*parse_cidr6("ff00::/8"), "multicast"}};
    return ranges;
}

Outcome<Cidr6> read_unreserved6(std::string_view parameter, std::string_view text) {
    const Outcome<Cidr6> cidr = read_cidr6(parameter, text);
    if (!cidr) return cidr;
    for (const Reserved6& range : reserved6())
        if (range.cidr.overlaps(*cidr))
            return illegal(parameter,
                           fmt::format("{} overlaps {} ({}); a unique local network "
                                       "such as fd00:8::/64 would do.",
                                       to_string(*cidr), to_string(range.cidr), range.what));
    return *cidr;
}

std::optional<bridge::Transport> transport_of(std::string_view word) {
    if (word == "udp" || word == "UDP") return bridge::Transport::udp;
    if (word == "tcp" || word == "TCP") return bridge::Transport::tcp;
    return std::nullopt;
}

Outcome<ExtraListener> read_listener(std::string_view parameter, std::string_view text) {
    const std::size_t colon = text.find(':');
    const auto transport = transport_of(text.substr(0, colon));
    std::uint32_t port = 0;
    const std::string_view digits =
        colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (!transport || error != std::errc() || end != digits.data() + digits.size())
        return illegal(parameter, fmt::format("'{}' is not a listener; write udp:PORT or tcp:PORT, "
                                              "as in udp:1195,tcp:443.",
                                              escaped(text, 64)));
    constexpr std::uint32_t https = 443;  // what a listener beside the original's may have
    if (const auto fine = check_port(port); !fine && port != https)
        return illegal(parameter, fine.error().message);
    return ExtraListener{*transport, static_cast<std::uint16_t>(port)};
}

bool is_label(std::string_view label) {
    const auto may_stand = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    return !label.empty() && label.size() <= label_octets_max && label.front() != '-' &&
           label.back() != '-' && std::ranges::all_of(label, may_stand);
}

bool is_domain(std::string_view name) {
    if (name.empty() || name.size() > domain_octets_max) return false;
    for (;;) {
        const std::size_t dot = name.find('.');
        if (!is_label(name.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return true;
        name.remove_prefix(dot + 1);
    }
}

Outcome<std::string> read_domain(std::string_view parameter, std::string_view text) {
    std::string name(text);
    if (!name.empty() && name.back() == '.') name.pop_back();
    for (char& c : name)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (is_domain(name)) return name;
    return illegal(parameter, fmt::format("'{}' is not a domain name; write names of letters, "
                                          "digits, - and _ with dots, as in corp.example.",
                                          escaped(text, 64)));
}

/// Each part of a comma-separated text by `read`; a value stands once.
template <class T, class Read>
Outcome<std::vector<T>> read_list(std::string_view parameter, std::string_view text,
                                  std::size_t most, Read read) {
    std::vector<T> values;
    for (const std::string& part : comma_separated(text)) {
        auto value = read(parameter, part);
        if (!value) return unexpected(value.error());
        if (std::ranges::find(values, *value) != values.end())
            return illegal(parameter, fmt::format("{} stands twice in {}.", part, parameter));
        values.push_back(std::move(*value));
    }
    if (values.size() > most)
        return illegal(parameter, fmt::format("{} takes at most {} values; {} were given.",
                                              parameter, most, values.size()));
    return values;
}

template <class Values, class Text>
std::string joined(const Values& values, Text text) {
    std::string result;
    for (const auto& value : values) result += (result.empty() ? "" : ",") + text(value);
    return result;
}

}  // namespace

Outcome<std::vector<ExtraListener>> read_listeners(std::string_view parameter,
                                                   std::string_view text) {
    return read_list<ExtraListener>(parameter, text, extra_listeners_max, read_listener);
}

Outcome<std::optional<Cidr6>> read_pool6(std::string_view parameter, std::string_view text) {
    if (text.empty()) return std::optional<Cidr6>();
    const Outcome<Cidr6> pool = read_unreserved6(parameter, text);
    if (!pool) return unexpected(pool.error());
    if (pool->prefix < pool6_prefix_shortest || pool->prefix > pool6_prefix_longest)
        return illegal(parameter,
                       fmt::format("The prefix of a client IPv6 pool is between /{} and "
                                   "/{}; {} is not.",
                                   pool6_prefix_shortest, pool6_prefix_longest, to_string(*pool)));
    return std::optional<Cidr6>(*pool);
}

Outcome<std::vector<Cidr6>> read_networks6(std::string_view parameter, std::string_view text) {
    const auto read = [](std::string_view name, std::string_view part) -> Outcome<Cidr6> {
        const Outcome<Cidr6> cidr = read_unreserved6(name, part);
        if (!cidr || cidr->prefix >= network6_prefix_shortest) return cidr;
        return illegal(name, fmt::format("The prefix of a local network is between /{} and /128; "
                                         "{} is not. FullTunnel=true sends everything.",
                                         network6_prefix_shortest, to_string(*cidr)));
    };
    return read_list<Cidr6>(parameter, text, networks_pushed_max, read);
}

Outcome<std::vector<Ipv6>> read_addresses6(std::string_view parameter, std::string_view text) {
    const auto read = [](std::string_view name, std::string_view part) -> Outcome<Ipv6> {
        if (const auto address = parse_ipv6(part)) return *address;
        return illegal(name, fmt::format("'{}' is not an IPv6 address.", escaped(part, 64)));
    };
    return read_list<Ipv6>(parameter, text, addresses6_max, read);
}

Outcome<std::vector<std::string>> read_domains(std::string_view parameter, std::string_view text) {
    return read_list<std::string>(parameter, text, domains_max, read_domain);
}

std::string listeners_text(const std::vector<ExtraListener>& listeners) {
    return joined(listeners, [](const ExtraListener& listener) {
        return fmt::format("{}:{}", listener.transport == bridge::Transport::udp ? "udp" : "tcp",
                           listener.port);
    });
}

std::string pool6_text(const std::optional<Cidr6>& pool) {
    return pool ? to_string(*pool) : std::string();
}

std::string networks6_text(const std::vector<Cidr6>& networks) {
    return joined(networks, [](const Cidr6& cidr) { return to_string(cidr); });
}

std::string addresses6_text(const std::vector<Ipv6>& addresses) {
    return joined(addresses, [](const Ipv6& address) { return to_string(address); });
}

std::string domains_text(const std::vector<std::string>& domains) {
    return joined(domains, [](const std::string& name) { return name; });
}

}  // namespace kanmon::model
