#include "dataplane/routing/access_rules.h"

#include <algorithm>
#include <iterator>

namespace kanmon::routing {

namespace {

Ipv6 last_of(const Cidr6& network) {
    Ipv6 last = network.base;
    for (unsigned bit = network.prefix; bit < 128; ++bit)
        last.octets[bit / 8] = static_cast<std::uint8_t>(last.octets[bit / 8] | 0x80U >> bit % 8);
    return last;
}

/// Appends what `ranges` cover, in ascending order and without overlaps; returns where it stands.
template <class Value>
std::pair<std::uint32_t, std::uint32_t> append(std::vector<std::pair<Value, Value>>& all,
                                               std::vector<std::pair<Value, Value>> ranges) {
    std::ranges::sort(ranges);
    const auto begin = static_cast<std::uint32_t>(all.size());
    for (const auto& range : ranges) {
        if (all.size() > begin && range.first <= all.back().second)
            all.back().second = std::max(all.back().second, range.second);
        else
            all.push_back(range);
    }
    return {begin, static_cast<std::uint32_t>(all.size())};
}

template <class Value, class Span>
bool holds(const std::vector<std::pair<Value, Value>>& all, const Span& span, const Value& value) {
    const auto begin = all.begin() + span.begin, end = all.begin() + span.end;
    const auto behind =
        std::partition_point(begin, end, [&](const auto& range) { return range.first <= value; });
    return behind != begin && value <= std::prev(behind)->second;
}

template <class Named, class Take>
void for_each(const Named& named, std::string_view name, Take take) {
    if (name.empty()) return;
    for (auto entry = std::ranges::lower_bound(
             named, name, {}, [](const auto& pair) { return std::string_view(pair.first); });
         entry != named.end() && entry->first == name; ++entry)
        take(entry->second);
}

bool allows(bridge::AccessVerdict verdict) {
    return verdict == bridge::AccessVerdict::allow;
}

/// 1 means ICMP of either family.
bool is_of_protocol(const Flow& flow, std::uint8_t wanted) {
    return wanted == 0 || wanted == flow.protocol ||
           (wanted == protocol_icmp && flow.v6 && flow.protocol == protocol_icmp6);
}

}  // namespace

AccessRules::AccessRules(const bridge::AccessPolicy& policy)
    : of_group_(policy.groups.size()),
      otherwise_allowed_(allows(policy.otherwise)),
      vpc_allowed_(allows(policy.from_vpc)) {
    for (std::size_t place = 0; place < policy.rules.size(); ++place)
        add(policy.rules[place], static_cast<RulePlace>(place));
    for (std::uint32_t group = 0; group < policy.groups.size(); ++group)
        for (const std::string& user : policy.groups[group].users)
            groups_of_user_.emplace_back(user, group);
    for (Named* named : {&of_certificate_, &of_user_, &groups_of_user_}) std::ranges::sort(*named);
}

void AccessRules::add(const bridge::AccessRule& rule, RulePlace place) {
    Rule made{.allows = allows(rule.verdict),
              .protocol = rule.protocol,
              .any_port = rule.ports.empty(),
              .ports = {},
              .networks = {},
              .networks6 = {}};
    Ranges<std::uint16_t> ports;
    Ranges<Ipv4> networks;
    Ranges<Ipv6> networks6;
    for (const bridge::PortRange& range : rule.ports) ports.emplace_back(range.first, range.last);
    for (const Cidr& network : rule.networks) networks.emplace_back(network.base, network.last());
    for (const Cidr6& network : rule.networks6)
        networks6.emplace_back(network.base, last_of(network));
    std::tie(made.ports.begin, made.ports.end) = append(ports_, std::move(ports));
    std::tie(made.networks.begin, made.networks.end) = append(networks_, std::move(networks));
    std::tie(made.networks6.begin, made.networks6.end) = append(networks6_, std::move(networks6));
    rules_.push_back(made);
    ids_.push_back(rule.id);

    if (rule.everybody) return of_everybody_.push_back(place);
    for (const std::string& name : rule.certificates) of_certificate_.emplace_back(name, place);
    for (const std::string& name : rule.users) of_user_.emplace_back(name, place);
    for (const std::uint32_t group : rule.groups)
        if (group < of_group_.size()) of_group_[group].push_back(place);
}

ClientRules AccessRules::of(std::string_view common_name, std::string_view username) const {
    ClientRules made{.rules = of_everybody_,
                     .otherwise_allowed = otherwise_allowed_,
                     .vpc_allowed = vpc_allowed_};
    const auto take = [&](std::uint32_t place) {
        made.rules.push_back(static_cast<RulePlace>(place));
    };
    for_each(of_certificate_, common_name, take);
    for_each(of_user_, username, take);
    for_each(groups_of_user_, username,
             [&](std::uint32_t group) { std::ranges::for_each(of_group_[group], take); });
    std::ranges::sort(made.rules);
    made.rules.erase(std::unique(made.rules.begin(), made.rules.end()), made.rules.end());
    made.limits =
        !otherwise_allowed_ || !vpc_allowed_ ||
        std::ranges::any_of(made.rules, [&](RulePlace place) { return !rules_[place].allows; });
    return made;
}

bool AccessRules::matches(const Rule& rule, const Flow& flow) const {
    if (!is_of_protocol(flow, rule.protocol)) return false;
    if (!rule.any_port && (!has_ports(flow) || !holds(ports_, rule.ports, flow.remote_port)))
        return false;
    return flow.v6 ? holds(networks6_, rule.networks6, flow.remote)
                   : holds(networks_, rule.networks, Endpoint{flow.remote, 0}.as_v4());
}

Ruling AccessRules::ruling(const ClientRules& client, const Flow& flow) const {
    for (const RulePlace place : client.rules)
        if (matches(rules_[place], flow)) return {rules_[place].allows, place};
    return {client.otherwise_allowed, no_rule};
}

bool AccessRules::limit() const {
    return !otherwise_allowed_ || !vpc_allowed_ ||
           std::ranges::any_of(rules_, [](const Rule& rule) { return !rule.allows; });
}

std::string_view AccessRules::id(RulePlace rule) const {
    return rule < ids_.size() ? std::string_view(ids_[rule]) : std::string_view();
}

}  // namespace kanmon::routing
