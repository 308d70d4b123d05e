// Access rules of SSL servers: who may reach which networks and ports. Extensions of Kanmon.
//
// Every change makes a new snapshot; a changed rule cuts the flows that it no longer allows.
// Limits: `bridge::access_rules_max` rules a server.
#pragma once

#include "controlplane/usecases/ports.h"

namespace kanmon::usecases {

/// What is sent of a rule; what is absent stays, or has its usual value in a new rule.
struct AccessRuleChange {
    std::optional<std::int64_t> priority;  // a new rule: behind the last
    std::optional<std::string> policy;
    /// Any of them replaces all.
    std::optional<bool> everybody;
    std::vector<std::string> users, groups, certificates, common_names;
    std::vector<std::string> networks;  // none: as they were
    /// Replaces the ports as well.
    std::optional<std::string> protocol;
    std::vector<std::string> ports;
    std::optional<std::string> description;
};
struct CreateAccessRule {
    std::string server;
    AccessRuleChange rule;
};
struct ModifyAccessRule {
    std::string id;
    AccessRuleChange rule;
};
struct ListAccessRules {
    std::string server;
    std::string id;  // empty: all
    PageRequest page;
};

struct AccessSubjectView {
    std::string_view kind;  // user, group, certificate
    std::string id;
    std::optional<std::string> name;  // nothing: the server knows nobody of this id
};
struct AccessRuleView {
    model::AccessRule rule;
    std::vector<AccessSubjectView> subjects;  // none: everybody
    std::vector<std::string> warnings;        // sentences
};

class AccessRules {
public:
    explicit AccessRules(Ports& ports) : ports_(ports) {}

    /// InvalidSslVpnServerId.NotFound (404), Resource.QuotaFull, those of model/access_rule.h;
    /// subjects are of the same account, the server and its identity source.
    Outcome<AccessRuleView> create(const Call& call, const CreateAccessRule& request);
    /// In the order in which they are asked.
    Outcome<Page<AccessRuleView>> list(const Call& call, const ListAccessRules& request);
    /// InvalidAccessRuleId.NotFound (404), and as `create`.
    Outcome<AccessRuleView> modify(const Call& call, const ModifyAccessRule& request);
    Outcome<void> remove(const Call& call, const std::string& id);

private:
    Outcome<AccessRuleView> view(const Call& call, const std::string& id);

    Ports& ports_;
};

/// DependencyViolation while an access rule names the group: a rule that drops what its members
/// send would let it through, were the group no more.
Outcome<void> check_group_unnamed(Ledger& ledger, const model::IdaasGroup& group);

}  // namespace kanmon::usecases
