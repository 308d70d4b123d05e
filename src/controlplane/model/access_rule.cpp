#include "controlplane/model/access_rule.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/escape.h"
#include "base/ip_numbers.h"
#include "controlplane/model/identity.h"
#include "controlplane/model/network.h"

namespace kanmon::model {

namespace {

constexpr std::size_t common_name_octets_max = 64;  // RFC 5280, ub-common-name

struct NamedProtocol {
    std::string_view name;
    std::uint8_t number;
};
constexpr std::array<NamedProtocol, 4> named_protocols{
    {{"any", 0}, {"tcp", protocol_tcp}, {"udp", protocol_udp}, {"icmp", protocol_icmp}}};

template <class Number>
std::optional<Number> number_of(std::string_view digits) {
    Number number{};
    const char* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, number);
    if (digits.empty() || error != std::errc() || stop != end) return std::nullopt;
    return number;
}

Outcome<bridge::PortRange> read_port_range(std::string_view text) {
    const std::size_t hyphen = text.find('-');
    const auto first = number_of<std::uint16_t>(text.substr(0, hyphen));
    const auto last = hyphen == std::string_view::npos
                          ? first
                          : number_of<std::uint16_t>(text.substr(hyphen + 1));
    if (!first || !last)
        return illegal("PortRange", fmt::format("'{}' is no port and no range of ports between 0 "
                                                "and 65535; write 443, or 8000-8100.",
                                                escaped(text, 64)));
    if (*first > *last)
        return illegal("PortRange", fmt::format("The range of ports {0}-{1} ends before it begins; "
                                                "{1}-{0} would do.",
                                                *first, *last));
    return bridge::PortRange{*first, *last};
}

template <class Values>
Outcome<void> check_most(std::string_view parameter, const Values& values, std::size_t most,
                         std::string_view instead) {
    if (values.size() <= most) return {};
    return illegal(parameter, fmt::format("A rule takes at most {} of {}; {} were given. {}", most,
                                          parameter, values.size(), instead));
}

template <class Network>
bool hold(const std::vector<Network>& earlier, const std::vector<Network>& later) {
    return std::ranges::all_of(later, [&](const Network& one) {
        return std::ranges::any_of(earlier, [&](const Network& all) { return all.contains(one); });
    });
}

/// Ranges that touch or overlap as one, in order.
std::vector<bridge::PortRange> merged(std::vector<bridge::PortRange> ranges) {
    std::ranges::sort(ranges, {}, &bridge::PortRange::first);
    std::vector<bridge::PortRange> whole;
    for (const bridge::PortRange& range : ranges) {
        if (!whole.empty() && range.first <= whole.back().last + 1u)
            whole.back().last = std::max(whole.back().last, range.last);
        else
            whole.push_back(range);
    }
    return whole;
}

bool holds_ports(const AccessTargets& earlier, const AccessTargets& later) {
    if (earlier.ports.empty()) return true;
    if (later.ports.empty()) return false;
    const auto whole = merged(earlier.ports);
    return std::ranges::all_of(later.ports, [&](const bridge::PortRange& one) {
        return std::ranges::any_of(whole, [&](const bridge::PortRange& range) {
            return range.first <= one.first && one.last <= range.last;
        });
    });
}

bool holds_subjects(const AccessSubjects& earlier, const AccessSubjects& later,
                    const GroupsOf& groups_of) {
    if (earlier.everybody || later.everybody) return earlier.everybody;
    const auto among = [](const std::vector<std::string>& all) {
        return [&all](const std::string& one) { return std::ranges::find(all, one) != all.end(); };
    };
    const auto user_held = [&](const std::string& user) {
        return among(earlier.users)(user) ||
               std::ranges::any_of(groups_of(user), among(earlier.groups));
    };
    return std::ranges::all_of(later.groups, among(earlier.groups)) &&
           std::ranges::all_of(later.certificates, among(earlier.certificates)) &&
           std::ranges::all_of(later.users, user_held);
}

}  // namespace

Outcome<std::uint32_t> check_access_priority(std::int64_t priority) {
    if (priority >= 1 && priority <= access_priority_max)
        return static_cast<std::uint32_t>(priority);
    return illegal("Priority", fmt::format("Priority is {}; it can be 1 (asked first) to {}.",
                                           priority, access_priority_max));
}

Outcome<bridge::AccessVerdict> check_access_policy(std::string_view text) {
    const std::string word = folded_name(text);
    if (word == "accept") return bridge::AccessVerdict::allow;
    if (word == "drop") return bridge::AccessVerdict::deny;
    return illegal("Policy",
                   fmt::format("Policy is '{}'; it can be accept or drop.", escaped(text, 64)));
}

Outcome<std::uint8_t> read_access_protocol(std::string_view text) {
    const std::string word = folded_name(text);
    for (const NamedProtocol& protocol : named_protocols)
        if (word == protocol.name) return protocol.number;
    const auto number = number_of<std::uint8_t>(text);
    if (number == protocol_icmp6)
        return illegal("Protocol",
                       "Protocol 58 is ICMPv6, which is judged together with ICMP; icmp would do.");
    if (number && *number != 0) return *number;
    return illegal("Protocol", fmt::format("Protocol is '{}'; it can be any, tcp, udp, icmp or a "
                                           "number of 1 to 255, such as 47 for GRE.",
                                           escaped(text, 64)));
}

Outcome<std::vector<bridge::PortRange>> read_port_ranges(const std::vector<std::string>& texts) {
    if (auto few = check_most("PortRange", texts, bridge::access_ports_max,
                              "Join neighbouring ones, or make a second rule.");
        !few)
        return unexpected(few.error());
    std::vector<bridge::PortRange> ranges;
    for (const std::string& text : texts) {
        const auto range = read_port_range(text);
        if (!range) return unexpected(range.error());
        ranges.push_back(*range);
    }
    return ranges;
}

Outcome<void> read_access_networks(const std::vector<std::string>& texts, AccessTargets& targets) {
    if (texts.empty()) return missing("DestinationCidr");
    if (auto few = check_most("DestinationCidr", texts, bridge::access_networks_max,
                              "Join neighbouring ones, or make a second rule.");
        !few)
        return few;
    targets.networks.clear();
    targets.networks6.clear();
    for (const std::string& text : texts) {
        if (text.find(':') != std::string::npos) {
            const auto cidr = read_cidr6("DestinationCidr", text);
            if (!cidr) return unexpected(cidr.error());
            targets.networks6.push_back(*cidr);
        } else {
            const auto cidr = read_cidr("DestinationCidr", text);
            if (!cidr) return unexpected(cidr.error());
            targets.networks.push_back(*cidr);
        }
    }
    return {};
}

Outcome<void> check_access_targets(const AccessTargets& targets) {
    if (targets.ports.empty() || targets.protocol == protocol_tcp ||
        targets.protocol == protocol_udp)
        return {};
    return illegal("PortRange",
                   fmt::format("Ports belong to tcp and udp, and Protocol is {}; leave PortRange "
                               "out, or make a rule for each of tcp and udp.",
                               access_protocol_text(targets.protocol)));
}

Outcome<void> check_access_subjects(const AccessSubjects& subjects) {
    const std::size_t named =
        subjects.users.size() + subjects.groups.size() + subjects.certificates.size();
    if (subjects.everybody && named == 0) return {};
    if (subjects.everybody)
        return illegal("Everybody",
                       "Everybody=true means all, so that nobody is named beside it; leave "
                       "Everybody or the names out.");
    if (named == 0)
        return illegal("Everybody",
                       "A rule says whom it means: Everybody=true, or UserId.N, GroupId.N, "
                       "SslVpnClientCertId.N or CommonName.N.");
    if (named <= access_subjects_max) return {};
    return illegal("UserId",
                   fmt::format("A rule names at most {} users, groups and certificates; these are "
                               "{}. Put users into groups.",
                               access_subjects_max, named));
}

Outcome<void> check_common_name(std::string_view name) {
    const bool printable = std::ranges::all_of(name, [](char c) { return c >= 0x20 && c <= 0x7e; });
    if (!name.empty() && name.size() <= common_name_octets_max && printable) return {};
    return illegal("CommonName",
                   fmt::format("'{}' is no common name of a certificate that can connect: these "
                               "have 1-{} characters of printable ASCII.",
                               escaped(name, common_name_octets_max), common_name_octets_max));
}

std::string_view access_policy_text(bridge::AccessVerdict verdict) {
    return verdict == bridge::AccessVerdict::allow ? "accept" : "drop";
}

std::string access_protocol_text(std::uint8_t protocol) {
    for (const NamedProtocol& named : named_protocols)
        if (named.number == protocol) return std::string(named.name);
    return std::to_string(protocol);
}

std::string port_range_text(const bridge::PortRange& range) {
    return range.first == range.last ? std::to_string(range.first)
                                     : fmt::format("{}-{}", range.first, range.last);
}

std::vector<std::string> port_texts(const std::vector<bridge::PortRange>& ranges) {
    std::vector<std::string> texts;
    for (const bridge::PortRange& range : ranges) texts.push_back(port_range_text(range));
    return texts;
}

std::vector<std::string> network_texts(const AccessTargets& targets) {
    std::vector<std::string> texts;
    for (const Cidr& cidr : targets.networks) texts.push_back(to_string(cidr));
    for (const Cidr6& cidr : targets.networks6) texts.push_back(to_string(cidr));
    return texts;
}

bool covers(const AccessRule& earlier, const AccessRule& later, const GroupsOf& groups_of) {
    const AccessTargets& all = earlier.targets;
    const AccessTargets& one = later.targets;
    return (all.protocol == 0 || all.protocol == one.protocol) && holds_ports(all, one) &&
           hold(all.networks, one.networks) && hold(all.networks6, one.networks6) &&
           holds_subjects(earlier.subjects, later.subjects, groups_of);
}

}  // namespace kanmon::model
