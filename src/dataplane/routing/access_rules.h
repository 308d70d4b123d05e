// What the clients of one server may reach: `bridge::AccessPolicy` made ready for lookups.
//
// Two steps, so that a lookup meets no names: once a policy, who is named where; once a client, the
// rules that mean it. A lookup is a walk over these, each with a binary search by destination.
// Pure; neither `of` nor `ruling` changes anything, only `of` allocates.
// Limits: those of bridge/access_policy.h. A client costs two octets for each rule that means it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bridge/access_policy.h"
#include "dataplane/routing/flow.h"

namespace kanmon::routing {

using RulePlace = std::uint16_t;
/// No rule decided: `otherwise` did, or `from_vpc`.
inline constexpr RulePlace no_rule = 0xffff;

/// What holds for one client.
struct ClientRules {
    std::vector<RulePlace> rules;  // ascending
    bool otherwise_allowed = true;
    bool vpc_allowed = true;  // flows that the VPC begins
    /// False when no flow can be refused, whatever it is.
    bool limits = false;
};

struct Ruling {
    bool allowed = true;
    RulePlace rule = no_rule;
};

class AccessRules {
public:
    explicit AccessRules(const bridge::AccessPolicy& policy);

    /// `common_name` of its certificate and `username`: empty without one, which no rule names.
    ClientRules of(std::string_view common_name, std::string_view username) const;

    /// Of a flow that the client begins: the first rule that matches decides.
    Ruling ruling(const ClientRules& client, const Flow& flow) const;

    /// False when nobody's flows can be refused.
    bool limit() const;

    /// For people; empty for `no_rule`.
    std::string_view id(RulePlace rule) const;

private:
    struct Span {
        std::uint32_t begin = 0, end = 0;
    };
    struct Rule {
        bool allows = false;
        std::uint8_t protocol = 0;
        bool any_port = true;
        Span ports, networks, networks6;
    };
    /// Disjoint, in ascending order within one rule; both ends included.
    template <class Value>
    using Ranges = std::vector<std::pair<Value, Value>>;
    using Named = std::vector<std::pair<std::string, std::uint32_t>>;  // sorted

    void add(const bridge::AccessRule& rule, RulePlace place);
    bool matches(const Rule& rule, const Flow& flow) const;

    std::vector<Rule> rules_;
    std::vector<std::string> ids_;
    Ranges<std::uint16_t> ports_;
    Ranges<Ipv4> networks_;
    Ranges<Ipv6> networks6_;
    std::vector<RulePlace> of_everybody_;
    Named of_certificate_, of_user_;                // name to rule
    Named groups_of_user_;                          // name to group
    std::vector<std::vector<RulePlace>> of_group_;  // group to rules
    bool otherwise_allowed_;
    bool vpc_allowed_;
};

}  // namespace kanmon::routing
