// A rule about what clients of an SSL server may reach. The first that matches, in the order of
// their priorities, decides about a flow; only who begins a flow is judged.
//
// Whom a rule names is kept by id: a user who is deleted and made again under the same name is
// somebody else. A rule that names nobody who is still there means nobody, never everybody.
// Limits: those of bridge/access_policy.h, and `access_subjects_max`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "bridge/access_policy.h"
#include "controlplane/model/id.h"
#include "controlplane/model/outcome.h"

namespace kanmon::model {

inline constexpr std::uint32_t access_priority_max = 10000;
inline constexpr std::uint32_t access_priority_step = 10;  // room for rules between
inline constexpr std::size_t access_subjects_max = 100;    // of a rule; groups hold more

/// Whom a rule means.
struct AccessSubjects {
    bool everybody = false;
    std::vector<std::string> users;   // user-…
    std::vector<std::string> groups;  // group-…
    /// vsc-…; of an authority that is elsewhere common names, which are printable ASCII.
    std::vector<std::string> certificates;
    friend bool operator==(const AccessSubjects&, const AccessSubjects&) = default;
};

/// Which flows of theirs.
struct AccessTargets {
    std::vector<Cidr> networks;
    std::vector<Cidr6> networks6;
    std::uint8_t protocol = 0;            // IP protocol number; 0: any
    std::vector<bridge::PortRange> ports;  // of tcp and udp; empty: all
    friend bool operator==(const AccessTargets&, const AccessTargets&) = default;
};

struct AccessRule {
    AccessRuleId id;
    AccountId account;
    SslServerId server;
    std::uint32_t priority = 1;  // unique in the server; the smallest is asked first
    bridge::AccessVerdict verdict = bridge::AccessVerdict::deny;
    AccessSubjects subjects;
    AccessTargets targets;
    std::string description;
    UnixTime created_at{};
    friend bool operator==(const AccessRule&, const AccessRule&) = default;
};

/// 1 to 10000. IllegalParam.Priority.
Outcome<std::uint32_t> check_access_priority(std::int64_t priority);
/// accept or drop, in any case. IllegalParam.Policy.
Outcome<bridge::AccessVerdict> check_access_policy(std::string_view text);
/// any, tcp, udp, icmp (ICMPv6 as well) or a number of 1 to 255. IllegalParam.Protocol.
Outcome<std::uint8_t> read_access_protocol(std::string_view text);
/// "443", "8000-8100". At most 32. IllegalParam.PortRange.
Outcome<std::vector<bridge::PortRange>> read_port_ranges(const std::vector<std::string>& texts);
/// IPv4 and IPv6 mixed; one to 100. MissingDestinationCidr, IllegalParam.DestinationCidr.
Outcome<void> read_access_networks(const std::vector<std::string>& texts, AccessTargets& targets);
/// Ports belong to tcp and udp. IllegalParam.PortRange.
Outcome<void> check_access_targets(const AccessTargets& targets);
/// Everybody, or one to 100 others. IllegalParam.Everybody.
Outcome<void> check_access_subjects(const AccessSubjects& subjects);
/// Printable ASCII, 1 to 64. IllegalParam.CommonName.
Outcome<void> check_common_name(std::string_view name);

std::string_view access_policy_text(bridge::AccessVerdict verdict);  // "accept", "drop"
std::string access_protocol_text(std::uint8_t protocol);             // "any", "tcp", "47"
std::string port_range_text(const bridge::PortRange& range);         // "443", "8000-8100"
std::vector<std::string> port_texts(const std::vector<bridge::PortRange>& ranges);
std::vector<std::string> network_texts(const AccessTargets& targets);

/// Ids of the groups that a user is in.
using GroupsOf = std::function<std::vector<std::string>(const std::string& user)>;
/// Nothing that the later rule could decide gets past the earlier one. Never true wrongly; it may
/// be missed where several networks only together hold another.
bool covers(const AccessRule& earlier, const AccessRule& later, const GroupsOf& groups_of);

}  // namespace kanmon::model
