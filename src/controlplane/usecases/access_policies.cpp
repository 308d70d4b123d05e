#include "controlplane/usecases/access_policies.h"

#include <algorithm>
#include <map>

namespace kanmon::usecases {

namespace {

/// Ids of a server as names. A user of another source, and whoever is gone, has none: only the
/// server's own source says who comes with a name.
class Names {
public:
    Names(Ledger& ledger, const model::SslServer& server) : ledger_(ledger), server_(server) {}

    void add_users(const std::vector<std::string>& ids, std::vector<std::string>& names) {
        for (const std::string& id : ids)
            if (const auto known = users().find(id); known != users().end())
                names.push_back(known->second);
    }
    void add_certificates(const std::vector<std::string>& ids, std::vector<std::string>& names) {
        for (const std::string& id : ids)
            if (is_certificate(id)) names.push_back(id);
    }
    /// Places of groups in `policy`, which they are added to when they are new.
    void add_groups(const std::vector<std::string>& ids, bridge::AccessPolicy& policy,
                    std::vector<std::uint32_t>& places) {
        for (const std::string& id : ids) {
            const auto group = ledger_.idaas_groups().find(id);
            if (!group || group->instance != server_.idaas_instance) continue;
            const auto [place, is_new] =
                places_.try_emplace(id, static_cast<std::uint32_t>(policy.groups.size()));
            if (is_new) policy.groups.push_back({members(id)});
            places.push_back(place->second);
        }
    }

private:
    const std::map<std::string, std::string>& users() {
        if (!users_) {
            users_.emplace();
            for (const auto& user : ledger_.idaas_users().below(server_.idaas_instance.text))
                users_->emplace(user.id.text, user.name);
        }
        return *users_;
    }
    std::vector<std::string> members(const std::string& group) {
        std::vector<std::string> ids, names;
        for (const auto& member : ledger_.group_members().below(group))
            ids.push_back(member.user.text);
        add_users(ids, names);
        return names;
    }
    /// Those that are made here have their ids as common names; of others nobody has a list.
    bool is_certificate(const std::string& id) const {
        if (server_.origin == model::AuthorityOrigin::elsewhere) return true;
        const auto certificate = ledger_.client_certificates().find(id);
        return certificate && certificate->server == server_.id;
    }

    Ledger& ledger_;
    const model::SslServer& server_;
    std::optional<std::map<std::string, std::string>> users_;  // name by id
    std::map<std::string, std::uint32_t> places_;
};

/// As it was written, and as the directory keeps names of users.
void add_block(const model::BlockedClient& row, const model::SslServer& server,
               std::vector<bridge::BlockedClient>& blocked) {
    blocked.push_back({row.name, row.until});
    const std::string folded = model::folded_name(row.name);
    if (model::asks_for_user(server) && folded != row.name) blocked.push_back({folded, row.until});
}

}  // namespace

void remind(std::optional<UnixTime>& again_at, UnixTime at) {
    if (!again_at || at < *again_at) again_at = at;
}

bridge::AccessPolicy access_policy(Ledger& ledger, const model::SslServer& server, UnixTime wall,
                                   std::optional<UnixTime>& again_at) {
    bridge::AccessPolicy policy;
    policy.otherwise = server.options.access_default;
    policy.from_vpc = server.options.access_from_vpc;
    Names names(ledger, server);
    auto rules = ledger.access_rules().below(server.id.text);
    std::ranges::sort(rules, {}, &model::AccessRule::priority);
    for (const model::AccessRule& row : rules) {
        bridge::AccessRule rule;
        rule.id = row.id.text;
        rule.verdict = row.verdict;
        rule.everybody = row.subjects.everybody;
        names.add_certificates(row.subjects.certificates, rule.certificates);
        names.add_users(row.subjects.users, rule.users);
        names.add_groups(row.subjects.groups, policy, rule.groups);
        rule.networks = row.targets.networks;
        rule.networks6 = row.targets.networks6;
        rule.protocol = row.targets.protocol;
        rule.ports = row.targets.ports;
        policy.rules.push_back(std::move(rule));
    }
    for (const model::BlockedClient& row : ledger.blocked_clients().below(server.id.text)) {
        if (row.until <= wall) continue;
        add_block(row, server, policy.blocked);
        remind(again_at, row.until);
    }
    return policy;
}

}  // namespace kanmon::usecases
