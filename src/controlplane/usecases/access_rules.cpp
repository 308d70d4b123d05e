#include "controlplane/usecases/access_rules.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "controlplane/model/name.h"
#include "controlplane/usecases/access_subjects.h"
#include "controlplane/usecases/ownership.h"
#include "controlplane/usecases/parameters.h"
#include "controlplane/usecases/snapshot_budget.h"

namespace kanmon::usecases {

namespace {

using Rules = std::vector<model::AccessRule>;

Parameters parameters_of(const AccessRuleChange& change) {
    Parameters parameters;
    parameters.add("Priority", change.priority)
        .add("Policy", change.policy)
        .add("Everybody", change.everybody)
        .add("UserId", change.users)
        .add("GroupId", change.groups)
        .add("SslVpnClientCertId", change.certificates)
        .add("CommonName", change.common_names)
        .add("DestinationCidr", change.networks)
        .add("Protocol", change.protocol)
        .add("PortRange", change.ports)
        .add("Description", change.description);
    return parameters;
}

bool names_subjects(const AccessRuleChange& change) {
    return change.everybody || !change.users.empty() || !change.groups.empty() ||
           !change.certificates.empty() || !change.common_names.empty();
}

/// In the order in which they are asked.
Rules rules_of(Ledger& ledger, const model::SslServerId& server) {
    Rules rules = ledger.access_rules().below(server.text);
    std::ranges::sort(rules, {}, &model::AccessRule::priority);
    return rules;
}

bool is_taken(const Rules& rules, std::uint32_t priority) {
    return std::ranges::find(rules, priority, &model::AccessRule::priority) != rules.end();
}

/// The next one that no rule has, upwards and then from the first on.
std::uint32_t free_priority(const Rules& rules, std::uint32_t wanted) {
    while (is_taken(rules, wanted)) wanted = wanted >= model::access_priority_max ? 1 : wanted + 1;
    return wanted;
}

/// The sent one, which no other rule may have; of a new rule without one, behind the last.
Outcome<void> set_priority(Ledger& ledger, const AccessRuleChange& change,
                           model::AccessRule& rule) {
    Rules others = rules_of(ledger, rule.server);
    std::erase_if(others, [&](const model::AccessRule& other) { return other.id == rule.id; });
    if (!change.priority) {
        if (!rule.id.empty()) return {};
        const std::uint32_t last = others.empty() ? 0 : others.back().priority;
        rule.priority = free_priority(
            others, std::min(last + model::access_priority_step, model::access_priority_max));
        return {};
    }
    const auto priority = model::check_access_priority(*change.priority);
    if (!priority) return unexpected(priority.error());
    rule.priority = *priority;
    const auto owner = std::ranges::find(others, *priority, &model::AccessRule::priority);
    if (owner == others.end()) return {};
    return model::illegal(
        "Priority",
        fmt::format("Priority {} is that of the access rule {} of the SSL server "
                    "{} already; {} is free.",
                    *priority, owner->id.text, rule.server.text, free_priority(others, *priority)));
}

Outcome<void> set_targets(const AccessRuleChange& change, model::AccessTargets& targets) {
    if (!change.networks.empty())
        if (auto read = model::read_access_networks(change.networks, targets); !read) return read;
    if (change.protocol) {
        const auto protocol = model::read_access_protocol(*change.protocol);
        if (!protocol) return unexpected(protocol.error());
        targets.protocol = *protocol;
    }
    if (change.protocol || !change.ports.empty()) {
        auto ports = model::read_port_ranges(change.ports);
        if (!ports) return unexpected(ports.error());
        targets.ports = std::move(*ports);
    }
    return model::check_access_targets(targets);
}

/// A rule without an id is a new one, which lacks what is not sent.
Outcome<void> apply(Ledger& ledger, const Call& call, const model::SslServer& server,
                    const AccessRuleChange& change, model::AccessRule& rule) {
    const bool is_new = rule.id.empty();
    if (is_new && !change.policy) return model::missing("Policy");
    if (change.policy) {
        const auto verdict = model::check_access_policy(*change.policy);
        if (!verdict) return unexpected(verdict.error());
        rule.verdict = *verdict;
    }
    if (is_new && change.networks.empty()) return model::missing("DestinationCidr");
    if (auto set = set_targets(change, rule.targets); !set) return set;
    if (is_new || names_subjects(change)) {
        auto subjects = checked_subjects(ledger, call, server, change);
        if (!subjects) return unexpected(subjects.error());
        rule.subjects = std::move(*subjects);
    }
    if (change.description) {
        if (auto fits = model::check_description(*change.description); !fits) return fits;
        rule.description = *change.description;
    }
    return set_priority(ledger, change, rule);
}

bool means_somebody(const AccessRuleView& view) {
    return view.rule.subjects.everybody ||
           std::ranges::any_of(view.subjects,
                               [](const AccessSubjectView& one) { return one.name.has_value(); });
}

/// What is allowed and still in vain.
std::vector<std::string> warnings_of(const AccessRuleView& view, const model::SslServer& server,
                                     const Rules& rules, const model::GroupsOf& groups) {
    std::vector<std::string> warnings;
    if (!means_somebody(view))
        warnings.push_back("Nobody whom this rule names is there any more, so it means nobody.");
    if (!view.rule.targets.networks6.empty() && !server.options.client_pool6)
        warnings.push_back(
            fmt::format("The clients of {} have no IPv6 addresses (ClientIpv6Pool), "
                        "so that the IPv6 networks of this rule match nothing.",
                        server.id.text));
    for (const model::AccessRule& earlier : rules) {
        if (earlier.priority >= view.rule.priority) break;
        if (!model::covers(earlier, view.rule, groups)) continue;
        warnings.push_back(
            fmt::format("The access rule {} with Priority {} decides about all that "
                        "this rule could match, so it is never asked; give it a "
                        "smaller Priority.",
                        earlier.id.text, earlier.priority));
        break;
    }
    return warnings;
}

/// Views of some rules of a server; whose groups somebody is in is asked once.
class Viewer {
public:
    Viewer(Ledger& ledger, const model::SslServer& server)
        : ledger_(ledger), server_(server), rules_(rules_of(ledger, server.id)) {}

    const Rules& rules() const { return rules_; }
    AccessRuleView view(const model::AccessRule& rule) {
        AccessRuleView view{.rule = rule,
                            .subjects = subject_views(ledger_, server_, rule.subjects),
                            .warnings = {}};
        view.warnings = warnings_of(view, server_, rules_, [&](const std::string& user) {
            const auto [known, is_new] = groups_.try_emplace(user);
            if (is_new) known->second = groups_of(ledger_, server_, user);
            return known->second;
        });
        return view;
    }

private:
    Ledger& ledger_;
    const model::SslServer& server_;
    Rules rules_;
    std::map<std::string, std::vector<std::string>> groups_;  // by user
};

}  // namespace

Outcome<AccessRuleView> AccessRules::view(const Call& call, const std::string& id) {
    return look_for<AccessRuleView>(ports_.books, [&](Ledger& ledger) -> Outcome<AccessRuleView> {
        const auto rule = own_access_rule(ledger, call, id);
        if (!rule) return unexpected(rule.error());
        const auto server = own_server(ledger, call, rule->server.text);
        if (!server) return unexpected(server.error());
        return Viewer(ledger, *server).view(*rule);
    });
}

Outcome<AccessRuleView> AccessRules::create(const Call& call, const CreateAccessRule& request) {
    const std::lock_guard turn(ports_.turn);
    Parameters parameters = parameters_of(request.rule);
    parameters.add("SslVpnServerId", request.server);
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "CreateSslVpnAccessRule", parameters),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto server = own_server(ledger, call, request.server);
            if (!server) return unexpected(server.error());
            if (ledger.access_rules().count({Scope::Of::parent, request.server}) >=
                bridge::access_rules_max)
                return model::refuse("Resource.QuotaFull",
                                     fmt::format("An SSL server has at most {} access rules; join "
                                                 "some, since one rule holds many networks and "
                                                 "subjects.",
                                                 bridge::access_rules_max));
            model::AccessRule rule;
            rule.account = call.actor.account;
            rule.server = server->id;
            if (auto fits = apply(ledger, call, *server, request.rule, rule); !fits)
                return unexpected(fits.error());
            rule.id = model::make_access_rule_id(ports_.random);
            rule.created_at = call.now;
            ledger.access_rules().put(rule);
            if (auto fits = check_snapshot_budget(ledger, rule.account); !fits)
                return unexpected(fits.error());
            return Receipt{rule.id.text, rule.description};
        });
    if (!receipt) return unexpected(receipt.error());
    ports_.gatekeeper.changed();
    return view(call, receipt->subject);
}

Outcome<Page<AccessRuleView>> AccessRules::list(const Call& call, const ListAccessRules& request) {
    const std::lock_guard turn(ports_.turn);
    using Views = Page<AccessRuleView>;
    return look_for<Views>(ports_.books, [&](Ledger& ledger) -> Outcome<Views> {
        const auto server = own_server(ledger, call, request.server);
        if (!server) return unexpected(server.error());
        Viewer viewer(ledger, *server);
        Rules rules = viewer.rules();
        if (!request.id.empty())
            std::erase_if(
                rules, [&](const model::AccessRule& rule) { return rule.id.text != request.id; });
        const auto page = page_of(std::move(rules), request.page);
        if (!page) return unexpected(page.error());
        Views views{.items = {}, .number = page->number, .size = page->size, .total = page->total};
        for (const model::AccessRule& rule : page->items) views.items.push_back(viewer.view(rule));
        return views;
    });
}

Outcome<AccessRuleView> AccessRules::modify(const Call& call, const ModifyAccessRule& request) {
    const std::lock_guard turn(ports_.turn);
    Parameters parameters = parameters_of(request.rule);
    parameters.add("AccessRuleId", request.id);
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "ModifySslVpnAccessRule", parameters),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            auto rule = own_access_rule(ledger, call, request.id);
            if (!rule) return unexpected(rule.error());
            const auto server = own_server(ledger, call, rule->server.text);
            if (!server) return unexpected(server.error());
            if (auto fits = apply(ledger, call, *server, request.rule, *rule); !fits)
                return unexpected(fits.error());
            ledger.access_rules().put(*rule);
            if (auto fits = check_snapshot_budget(ledger, rule->account); !fits)
                return unexpected(fits.error());
            return Receipt{rule->id.text, rule->description};
        });
    if (!receipt) return unexpected(receipt.error());
    ports_.gatekeeper.changed();
    return view(call, request.id);
}

Outcome<void> AccessRules::remove(const Call& call, const std::string& id) {
    const std::lock_guard turn(ports_.turn);
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "DeleteSslVpnAccessRule", Parameters().add("AccessRuleId", id)),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto rule = own_access_rule(ledger, call, id);
            if (!rule) return unexpected(rule.error());
            ledger.access_rules().remove(id);
            return Receipt{id, rule->description};
        });
    if (!receipt) return unexpected(receipt.error());
    ports_.gatekeeper.changed();
    return {};
}

Outcome<void> check_group_unnamed(Ledger& ledger, const model::IdaasGroup& group) {
    std::string rules;
    for (const model::AccessRule& rule : ledger.access_rules().of_account(group.account))
        if (std::ranges::find(rule.subjects.groups, group.id.text) != rule.subjects.groups.end())
            rules += (rules.empty() ? "" : ", ") + rule.id.text;
    if (rules.empty()) return {};
    return model::refuse("DependencyViolation",
                         fmt::format("These access rules name the group {}, and what they drop "
                                     "would pass without it: {}. Change or delete them first.",
                                     group.id.text, rules));
}

}  // namespace kanmon::usecases
