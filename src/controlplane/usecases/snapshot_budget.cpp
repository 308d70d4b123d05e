#include "controlplane/usecases/snapshot_budget.h"

#include <fmt/core.h>

#include <map>
#include <set>

namespace kanmon::usecases {

namespace {

constexpr std::size_t length_octets = 4;     // in front of each text and list
constexpr std::size_t user_octets = 4 + 64;  // of a name, at most
constexpr std::size_t rule_octets = 64;      // numbers, id, lengths
constexpr std::size_t network_octets = 5, network6_octets = 17, ports_octets = 4, place_octets = 4;
constexpr std::size_t serial_octets = 4 + 40;

/// As `access_policy` tells them. Members are counted and not read: there may be a million.
class Estimate {
public:
    explicit Estimate(Ledger& ledger) : ledger_(ledger) {}

    std::size_t of_server(const model::SslServer& server) {
        std::size_t octets = 0;
        std::set<std::string> groups;
        for (const model::AccessRule& rule : ledger_.access_rules().below(server.id.text)) {
            octets += of_rule(rule);
            groups.insert(rule.subjects.groups.begin(), rule.subjects.groups.end());
        }
        for (const std::string& group : groups) octets += of_group(group);
        if (const auto list = ledger_.revocation_lists().find(server.id.text))
            octets += list->serials.size() * serial_octets;
        return octets;
    }

private:
    static std::size_t of_rule(const model::AccessRule& rule) {
        std::size_t octets = rule_octets + rule.subjects.users.size() * user_octets +
                             rule.subjects.groups.size() * place_octets +
                             rule.targets.networks.size() * network_octets +
                             rule.targets.networks6.size() * network6_octets +
                             rule.targets.ports.size() * ports_octets;
        for (const std::string& name : rule.subjects.certificates)
            octets += length_octets + name.size();
        return octets;
    }
    std::size_t of_group(const std::string& group) {
        const auto [place, is_new] = groups_.try_emplace(group, 0);
        if (is_new)
            place->second = length_octets +
                            ledger_.group_members().count({Scope::Of::parent, group}) * user_octets;
        return place->second;
    }

    Ledger& ledger_;
    std::map<std::string, std::size_t> groups_;
};

}  // namespace

Outcome<void> check_snapshot_budget(Ledger& ledger, const model::AccountId& account) {
    Estimate estimate(ledger);
    std::size_t octets = 0;
    for (const model::SslServer& server : ledger.ssl_servers().of_account(account))
        octets += estimate.of_server(server);
    if (octets <= account_octets_max) return {};
    return model::refuse(
        "Resource.QuotaFull",
        fmt::format(
            "The access rules of the account's SSL servers, with the members of the groups "
            "that they name, and its revocation lists would take {} KiB, and an account has "
            "{}; let rules name fewer or smaller groups, on fewer servers, or delete rules "
            "that nobody needs.",
            octets >> 10, account_octets_max >> 10));
}

}  // namespace kanmon::usecases
