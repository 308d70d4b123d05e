// Books that forget everything at the end: the double for tests. Passes books_contract.h.
#pragma once

#include <algorithm>
#include <map>
#include <set>

#include "contract/audit_rows.h"
#include "controlplane/usecases/row_keys.h"

namespace kanmon::usecases {

template <class Row>
class MemoryTable final : public Table<Row> {
public:
    std::optional<Row> find(const std::string& id) const override {
        for (const Row& row : rows_)
            if (row.id.text == id) return row;
        return std::nullopt;
    }
    std::vector<Row> all() const override { return rows_; }
    std::vector<Row> of_account(const model::AccountId& account) const override {
        return select([&](const Row& row) { return account_of(row) == account.text; });
    }
    std::vector<Row> below(const std::string& parent) const override {
        return select([&](const Row& row) { return parent_of(row) == parent; });
    }
    std::size_t count(const Scope& scope) const override { return of(scope).size(); }
    std::vector<Row> slice(const Scope& scope, std::size_t first, std::size_t most) const override {
        std::vector<Row> rows = of(scope);
        rows.erase(rows.begin(),
                   rows.begin() + static_cast<std::ptrdiff_t>(std::min(first, rows.size())));
        if (rows.size() > most)
            rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(most), rows.end());
        return rows;
    }
    void put(const Row& row) override {
        for (Row& present : rows_)
            if (present.id == row.id) {
                present = row;
                return;
            }
        rows_.push_back(row);
    }
    void remove(const std::string& id) override {
        std::erase_if(rows_, [&](const Row& row) { return row.id.text == id; });
    }

private:
    std::vector<Row> of(const Scope& scope) const {
        return scope.of == Scope::Of::account ? of_account({scope.id}) : below(scope.id);
    }
    template <class Condition>
    std::vector<Row> select(Condition condition) const {
        std::vector<Row> rows;
        std::ranges::copy_if(rows_, std::back_inserter(rows), condition);
        return rows;
    }
    std::vector<Row> rows_;
};

class MemoryLedger final : public Ledger {
public:
    Table<model::Account>& accounts() override { return accounts_; }
    Table<model::AccessKey>& access_keys() override { return access_keys_; }
    Table<model::AccessKeyUse>& access_key_uses() override { return access_key_uses_; }
    Table<model::BearerToken>& bearer_tokens() override { return bearer_tokens_; }
    Table<model::Vpc>& vpcs() override { return vpcs_; }
    Table<model::VpnGateway>& vpn_gateways() override { return vpn_gateways_; }
    Table<model::SslServer>& ssl_servers() override { return ssl_servers_; }
    Table<model::ClientCertificate>& client_certificates() override { return certificates_; }
    Table<model::RevokedCertificate>& revoked_certificates() override { return revoked_; }
    Table<model::RevocationList>& revocation_lists() override { return revocation_lists_; }
    Table<model::AccessRule>& access_rules() override { return access_rules_; }
    Table<model::BlockedClient>& blocked_clients() override { return blocked_clients_; }
    Table<model::BundleLink>& bundle_links() override { return bundle_links_; }
    Table<model::HeldBundle>& held_bundles() override { return held_bundles_; }
    Table<model::IdaasInstance>& idaas_instances() override { return idaas_instances_; }
    Table<model::IdaasUser>& idaas_users() override { return idaas_users_; }
    Table<model::IdaasGroup>& idaas_groups() override { return idaas_groups_; }
    Table<model::GroupMember>& group_members() override { return group_members_; }
    Table<model::IdaasApplication>& idaas_applications() override { return applications_; }
    Table<model::Assignment>& assignments() override { return assignments_; }
    Table<model::RecoveryCode>& recovery_codes() override { return recovery_codes_; }
    Table<model::VSwitch>& vswitches() override { return vswitches_; }
    Table<model::CustomerGateway>& customer_gateways() override { return customer_gateways_; }
    Table<model::VpnConnection>& vpn_connections() override { return vpn_connections_; }
    Table<model::IpsecTunnel>& ipsec_tunnels() override { return ipsec_tunnels_; }
    Table<model::VpnRoute>& vpn_routes() override { return vpn_routes_; }
    Table<model::ResourceTag>& resource_tags() override { return resource_tags_; }
    Table<model::Diagnosis>& diagnoses() override { return diagnoses_; }
    std::vector<bridge::StaticAddress> static_addresses(const std::string& server) const override {
        std::vector<bridge::StaticAddress> addresses;
        for (const model::ClientCertificate& row : certificates_.below(server))
            if (row.static_address) addresses.push_back({row.id.text, *row.static_address});
        return addresses;
    }
    std::optional<model::IdaasUser> idaas_user_named(const std::string& instance,
                                                     const std::string& name) const override {
        for (const model::IdaasUser& user : idaas_users_.below(instance))
            if (user.name == name) return user;
        return std::nullopt;
    }
    std::uint64_t number() const override { return number_; }
    void set_number(std::uint64_t number) { number_ = number; }

private:
    MemoryTable<model::Account> accounts_;
    MemoryTable<model::AccessKey> access_keys_;
    MemoryTable<model::AccessKeyUse> access_key_uses_;
    MemoryTable<model::BearerToken> bearer_tokens_;
    MemoryTable<model::Vpc> vpcs_;
    MemoryTable<model::VpnGateway> vpn_gateways_;
    MemoryTable<model::SslServer> ssl_servers_;
    MemoryTable<model::ClientCertificate> certificates_;
    MemoryTable<model::RevokedCertificate> revoked_;
    MemoryTable<model::RevocationList> revocation_lists_;
    MemoryTable<model::AccessRule> access_rules_;
    MemoryTable<model::BlockedClient> blocked_clients_;
    MemoryTable<model::BundleLink> bundle_links_;
    MemoryTable<model::HeldBundle> held_bundles_;
    MemoryTable<model::IdaasInstance> idaas_instances_;
    MemoryTable<model::IdaasUser> idaas_users_;
    MemoryTable<model::IdaasGroup> idaas_groups_;
    MemoryTable<model::GroupMember> group_members_;
    MemoryTable<model::IdaasApplication> applications_;
    MemoryTable<model::Assignment> assignments_;
    MemoryTable<model::RecoveryCode> recovery_codes_;
    MemoryTable<model::VSwitch> vswitches_;
    MemoryTable<model::CustomerGateway> customer_gateways_;
    MemoryTable<model::VpnConnection> vpn_connections_;
    MemoryTable<model::IpsecTunnel> ipsec_tunnels_;
    MemoryTable<model::VpnRoute> vpn_routes_;
    MemoryTable<model::ResourceTag> resource_tags_;
    MemoryTable<model::Diagnosis> diagnoses_;
    std::uint64_t number_ = 0;
};

class MemoryBooks final : public Books {
public:
    Outcome<Receipt> transact(const Actor& actor, const Token& token,
                              const Change& change) override {
        if (away) return model::unavailable("The store is away.");
        const SignedRequest& request = actor.signed_request;
        const auto used = used_.find(request.mark);
        if (used != used_.end() && used->second != actor.request_id) return model::signature_used();
        const auto key = std::pair(actor.account.text, token.client_token);
        if (const auto seen = tokens_.find(key);
            !token.client_token.empty() && seen != tokens_.end())
            return repeated(seen->second, token);
        MemoryLedger draft = ledger_;
        draft.set_number(audit_.size() + 1);
        const Outcome<Receipt> receipt = change(draft);
        if (!receipt) return receipt;
        if (token.dry_run) return model::refuse("DryRunOperation", "The request would succeed.");
        ledger_ = draft;
        audit_.push_back({.number = audit_.size() + 1,
                          .at = token.now,
                          .account = actor.account.text,
                          .access_key = actor.access_key,
                          .request_id = actor.request_id,
                          .action = token.action,
                          .subject = receipt->subject,
                          .parameters = token.parameters});
        if (!token.client_token.empty()) tokens_[key] = {token, *receipt};
        if (!request.mark.empty()) used_.emplace(request.mark, actor.request_id);
        return receipt;
    }

    Outcome<void> settle() override {
        ++settled;
        if (!disk_is_well) return model::unavailable("The disk refused.");
        return {};
    }

    Outcome<void> look(const Look& look) override {
        if (away) return model::unavailable("The store is away.");
        look(ledger_);
        return {};
    }

    Outcome<Page<AuditRow>> audit(const AuditQuery& query) override {
        if (away) return model::unavailable("The store is away.");
        const auto fits = [](const std::string& wanted, const std::string& value) {
            return wanted.empty() || wanted == value;
        };
        Page<AuditRow> page{
            .items = {}, .number = query.page.number, .size = query.page.size, .total = 0};
        const std::uint64_t first = std::uint64_t{query.page.number - 1} * query.page.size;
        for (auto row = audit_.rbegin(); row != audit_.rend(); ++row) {
            if (!fits(query.account.text, row->account) || !fits(query.action, row->action) ||
                !fits(query.subject, row->subject) || !fits(query.access_key, row->access_key) ||
                row->at < query.from || row->at > query.to)
                continue;
            if (page.total >= first && page.total < first + query.page.size)
                page.items.push_back(*row);
            ++page.total;
        }
        return page;
    }

    Outcome<std::optional<std::uint64_t>> broken_audit_row() override {
        return std::optional<std::uint64_t>();
    }
    Outcome<AuditHead> audit_head() override {
        return AuditHead{audit_.size(), audit_.empty() ? "" : audit_.back().link};
    }
    Outcome<bool> reaches(const AuditHead& head) override { return head.number <= audit_.size(); }
    Outcome<void> write_key_use(const model::AccessKeyUse& use) override {
        if (away) return model::unavailable("The store is away.");
        if (ledger_.access_keys().find(use.id.text)) ledger_.access_key_uses().put(use);
        return {};
    }

    Outcome<void> write_token_use(const model::BearerTokenId& id, UnixTime used_at) override {
        if (away) return model::unavailable("The store is away.");
        if (auto token = ledger_.bearer_tokens().find(id.text)) {
            token->used_at = used_at;
            ledger_.bearer_tokens().put(*token);
        }
        return {};
    }

    Outcome<void> write_leases(const std::vector<LeaseWrite>& writes) override {
        if (away) return model::unavailable("The store is away.");
        for (const auto& [row, gone] : writes) {
            const std::pair place(row.lease.server_id, row.lease.address);
            if (gone)
                leases_.erase(place);
            else
                leases_.insert_or_assign(place, row);
        }
        return {};
    }
    Outcome<std::vector<StoredLease>> leases() override {
        std::vector<StoredLease> rows;
        for (const auto& [place, lease] : leases_) rows.push_back(lease);
        return rows;
    }

    Outcome<void> write_held_bundles(const std::vector<model::HeldBundle>& held) override {
        if (away) return model::unavailable("The store is away.");
        for (const model::HeldBundle& row : held)
            if (ledger_.client_certificates().find(row.id.text)) ledger_.held_bundles().put(row);
        return {};
    }

    Outcome<std::size_t> append_events(const std::vector<EventWrite>& events,
                                       UnixTime now) override {
        if (away) return model::unavailable("The store is away.");
        std::erase_if(marks_, [&](const auto& mark) { return mark.second < now; });
        std::size_t added = 0;
        for (const EventWrite& write : events) {
            if (!write.mark.empty() && !marks_.emplace(write.mark, write.mark_kept_until).second)
                continue;
            ++added;
            events_.push_back(write.event);
            events_.back().number = ++events_ever_;
            const auto own = [&](const model::Event& event) {
                return event.account == write.event.account;
            };
            if (std::ranges::count_if(events_, own) > static_cast<int>(model::events_max))
                events_.erase(std::ranges::find_if(events_, own));
        }
        return added;
    }
    Outcome<std::vector<model::Event>> events(const EventQuery& query) override {
        if (away) return model::unavailable("The store is away.");
        std::vector<model::Event> rows;
        const auto fits = [](const std::string& wanted, const std::string& value) {
            return wanted.empty() || wanted == value;
        };
        for (auto row = events_.rbegin(); row != events_.rend(); ++row)
            if (row->account == query.account && fits(query.kind, row->kind) &&
                fits(query.resource, row->resource) && fits(query.server, row->server))
                rows.push_back(*row);
        return rows;
    }

    Outcome<bool> use_code(const std::string& user, std::int64_t step) override {
        if (away) return model::unavailable("The store is away.");
        return used_codes_.emplace(user, step).second;
    }

    Outcome<bool> use_recovery_code(const std::string& user, const std::string& hash) override {
        if (away) return model::unavailable("The store is away.");
        for (const model::RecoveryCode& code : ledger_.recovery_codes().below(user))
            if (code.hash == hash) {
                ledger_.recovery_codes().remove(code.id.text);
                return true;
            }
        return false;
    }

    Outcome<void> write_login_failures(const LoginFailures& failures) override {
        if (away) return model::unavailable("The store is away.");
        std::erase_if(failures_, [&](const LoginFailures& row) { return row.key == failures.key; });
        if (failures.wrong == 0) return {};
        failures_.push_back(failures);
        std::ranges::stable_sort(failures_, {}, &LoginFailures::touched);
        if (failures_.size() > login_failures_max) failures_.erase(failures_.begin());
        return {};
    }
    Outcome<std::vector<LoginFailures>> login_failures() override {
        if (away) return model::unavailable("The store is away.");
        return failures_;
    }

    Outcome<std::uint64_t> next_snapshot_number() override { return ++snapshot_number_; }

    std::size_t settled = 0;  // calls
    bool disk_is_well = true;
    bool away = false;  // as if the store could not be reached

private:
    struct Remembered {
        Token token;
        Receipt receipt;
    };
    static Outcome<Receipt> repeated(const Remembered& seen, const Token& token) {
        if (seen.token.action == token.action && seen.token.parameters == token.parameters)
            return seen.receipt;
        return model::refuse("IdempotentParameterMismatch",
                             "This ClientToken was used with other parameters.");
    }

    MemoryLedger ledger_;
    std::vector<AuditRow> audit_;
    std::map<std::pair<std::string, std::string>, Remembered> tokens_;
    std::map<std::string, std::string> used_;  // marks of signed requests, and who had them
    std::map<std::pair<std::string, Ipv4>, StoredLease> leases_;
    std::vector<model::Event> events_;
    std::uint64_t events_ever_ = 0;
    std::map<std::string, UnixTime> marks_;
    std::set<std::pair<std::string, std::int64_t>> used_codes_;
    std::vector<LoginFailures> failures_;
    std::uint64_t snapshot_number_ = 0;
};

}  // namespace kanmon::usecases
