// What every adapter of Books promises about accounts, their keys and what they did: instantiated
// like BooksContract.
#pragma once

#include "contract/books_contract.h"

namespace kanmon::usecases {

template <class Maker>
class PeopleContract : public BooksContract<Maker> {};

TYPED_TEST_SUITE_P(PeopleContract);

TYPED_TEST_P(PeopleContract, TheLastUseOfAKeyIsReplacedAndGoesWithTheKey) {
    const model::AccessKey key{{"KMAK2"}, contract_actor.account, {},  unix_time_of(3),
                               {},        model::KeyRole::viewer, true};
    const auto use = [&](const std::string& id, std::int64_t at) {
        return model::AccessKeyUse{{id}, contract_actor.account, unix_time_of(at)};
    };
    const auto change = [&](const Look& edit) {
        return this->books->transact(contract_actor, contract_token(""), [&](Ledger& ledger) {
            edit(ledger);
            return Outcome<Receipt>(Receipt{"x", ""});
        });
    };
    ASSERT_TRUE(change([&](Ledger& ledger) { ledger.access_keys().put(key); }));
    EXPECT_TRUE(this->books->write_key_use(use("KMAK2", 10)));
    EXPECT_TRUE(this->books->write_key_use(use("KMAK2", 70)));
    EXPECT_TRUE(this->books->write_key_use(use("KMAKnone", 70)));
    ASSERT_TRUE(this->books->look([&](Ledger& ledger) {
        EXPECT_EQ(ledger.access_key_uses().all(), std::vector{use("KMAK2", 70)});
    }));
    ASSERT_TRUE(change([](Ledger& ledger) {
        ledger.access_key_uses().remove("KMAK2");
        ledger.access_keys().remove("KMAK2");
    }));
    ASSERT_TRUE(this->books->look(
        [](Ledger& ledger) { EXPECT_TRUE(ledger.access_key_uses().all().empty()); }));
}

TYPED_TEST_P(PeopleContract, ABearerTokenComesBackIsUsedAndGoesWithItsKey) {
    const model::AccessKey key{{"KMAK2"}, contract_actor.account, {},  unix_time_of(3),
                               {},        model::KeyRole::viewer, true};
    model::BearerToken token{.id = {"tok-1"},
                             .account = contract_actor.account,
                             .access_key = key.id,
                             .name = "名前",
                             .kind = model::TokenKind::session,
                             .role = model::KeyRole::operating,
                             .token_hash = from_hex("00ff10"),
                             .created_at = unix_time_of(4),
                             .expires_at = unix_time_of(5),
                             .used_at = unix_time_of(6)};
    const auto change = [&](const Look& edit) {
        return this->books->transact(contract_actor, contract_token(""), [&](Ledger& ledger) {
            edit(ledger);
            return Outcome<Receipt>(Receipt{"x", ""});
        });
    };
    const auto expect = [&](const std::vector<model::BearerToken>& rows) {
        ASSERT_TRUE(this->books->look([&](Ledger& ledger) {
            EXPECT_EQ(ledger.bearer_tokens().below("KMAK2"), rows);
            EXPECT_EQ(ledger.bearer_tokens().of_account(contract_actor.account), rows);
        }));
    };
    ASSERT_TRUE(change([&](Ledger& ledger) {
        ledger.access_keys().put(key);
        ledger.bearer_tokens().put(token);
    }));
    expect({token});
    EXPECT_TRUE(this->books->write_token_use(token.id, unix_time_of(60)));
    EXPECT_TRUE(this->books->write_token_use({"tok-none"}, unix_time_of(60)));
    token.used_at = unix_time_of(60);
    ASSERT_TRUE(change([&](Ledger& ledger) { ledger.access_keys().put(key); }));
    expect({token});
    ASSERT_TRUE(change([](Ledger& ledger) {
        ledger.bearer_tokens().remove("tok-1");
        ledger.access_keys().remove("KMAK2");
    }));
    expect({});
}

TYPED_TEST_P(PeopleContract, TheAuditLogIsFoundByTimeActionResourceAndKey) {
    Token later = contract_token("");
    later.now += 1h;
    later.action = "DeleteVpc";
    Actor other = contract_actor;
    other.account = {"1000000000000002"};
    other.access_key = "KMAK9";
    const auto nothing = [](const std::string& subject) {
        return [subject](Ledger&) { return Outcome<Receipt>(Receipt{subject, ""}); };
    };
    ASSERT_TRUE(this->put_vpc(contract_token(""), "vpc-1"));
    ASSERT_TRUE(this->books->transact(contract_actor, later, nothing("vpc-1")));
    ASSERT_TRUE(this->books->transact(other, later, nothing("vpc-9")));
    const auto found = [&](AuditQuery query) {
        const auto page = this->books->audit(query);
        EXPECT_EQ(page->total, page->items.size());
        return page->items.size();
    };
    const model::AccountId own = contract_actor.account;
    EXPECT_EQ(found({.account = own}), 3u);  // the account's own row too
    EXPECT_EQ(found({.account = own, .action = "DeleteVpc"}), 1u);
    EXPECT_EQ(found({.account = own, .subject = "vpc-1"}), 2u);
    EXPECT_EQ(found({.account = own, .subject = "vpc-9"}), 0u);
    EXPECT_EQ(found({.account = own, .access_key = "KMAK1"}), 3u);
    EXPECT_EQ(found({.access_key = "KMAK9"}), 1u);
    EXPECT_EQ(found({.account = own, .from = later.now}), 1u);
    EXPECT_EQ(found({.account = own, .to = later.now - 1s}), 2u);
    EXPECT_EQ(found({.account = own, .from = later.now - 1h, .to = later.now}), 3u);
    const auto second = this->books->audit({.account = own, .page = {.number = 2, .size = 2}});
    EXPECT_EQ(second->total, 3u);
    ASSERT_EQ(second->items.size(), 1u);
    EXPECT_EQ(second->items.front().subject, "account");
}

inline model::IdaasGroup contract_group() {
    return {.id = {"group-1"},
            .account = contract_actor.account,
            .instance = contract_instance().id,
            .name = "名前",
            .created_at = unix_time_of(8)};
}

inline model::IdaasApplication contract_application() {
    return {.id = {"app_1"},
            .account = contract_actor.account,
            .instance = contract_instance().id,
            .name = "vpn",
            .created_at = unix_time_of(9)};
}

inline model::GroupMember contract_member(const std::string& user) {
    return {.id = model::member_id(contract_group().id, {user}),
            .account = contract_actor.account,
            .instance = contract_instance().id,
            .group = contract_group().id,
            .user = {user}};
}

inline model::Assignment contract_assignment(const std::string& subject) {
    return {.id = model::assignment_id(contract_application().id, subject),
            .account = contract_actor.account,
            .instance = contract_instance().id,
            .application = contract_application().id,
            .subject = subject};
}

TYPED_TEST_P(PeopleContract, GroupsApplicationsAndWhoBelongsToThemComeBackAsTheyWerePut) {
    ASSERT_TRUE(this->books->transact(contract_actor, contract_token(""), [&](Ledger& ledger) {
        ledger.idaas_instances().put(contract_instance());
        ledger.idaas_users().put(contract_user("user-1", "anna"));
        ledger.idaas_groups().put(contract_group());
        ledger.idaas_applications().put(contract_application());
        ledger.group_members().put(contract_member("user-1"));
        ledger.assignments().put(contract_assignment("user-1"));
        ledger.assignments().put(contract_assignment("group-1"));
        ledger.vpcs().put(contract_vpc("vpc-1", ""));
        ledger.vpn_gateways().put(contract_gateway());
        model::SslServer server = contract_server();
        server.idaas_application = contract_application().id;
        server.idaas_region = "r";
        ledger.ssl_servers().put(server);
        server.name = "other";  // and again, as every change does
        ledger.ssl_servers().put(server);
        EXPECT_EQ(ledger.ssl_servers().find("vss-1"), server);
        return Outcome<Receipt>(Receipt{"x", ""});
    }));
    ASSERT_TRUE(this->books->look([&](Ledger& ledger) {
        EXPECT_EQ(ledger.idaas_groups().below("idaas-1"), std::vector{contract_group()});
        EXPECT_EQ(ledger.idaas_applications().below("idaas-1"),
                  std::vector{contract_application()});
        EXPECT_EQ(ledger.group_members().below("group-1"), std::vector{contract_member("user-1")});
        EXPECT_EQ(ledger.group_members().find("group-1/user-1"), contract_member("user-1"));
        EXPECT_EQ(ledger.assignments().below("app_1"),
                  (std::vector{contract_assignment("user-1"), contract_assignment("group-1")}));
        EXPECT_FALSE(ledger.assignments().find("app_1/user-2"));
    }));
}

TYPED_TEST_P(PeopleContract, ARecoveryCodeIsUsedOnceAndByItsUserOnly) {
    const auto code = [](const std::string& user, const std::string& hash) {
        return model::RecoveryCode{
            {user + "/recovery-" + hash}, contract_actor.account, {user}, hash};
    };
    ASSERT_TRUE(this->books->transact(contract_actor, contract_token(""), [&](Ledger& ledger) {
        ledger.idaas_instances().put(contract_instance());
        ledger.idaas_users().put(contract_user("user-1", "anna"));
        ledger.idaas_users().put(contract_user("user-2", "berta"));
        ledger.recovery_codes().put(code("user-1", "aa"));
        ledger.recovery_codes().put(code("user-1", "bb"));
        return Outcome<Receipt>(Receipt{"x", ""});
    }));
    EXPECT_EQ(this->books->use_recovery_code("user-2", "aa"), false);
    EXPECT_EQ(this->books->use_recovery_code("user-1", "cc"), false);
    EXPECT_EQ(this->books->use_recovery_code("user-1", "aa"), true);
    EXPECT_EQ(this->books->use_recovery_code("user-1", "aa"), false);
    ASSERT_TRUE(this->books->look([&](Ledger& ledger) {
        EXPECT_EQ(ledger.recovery_codes().below("user-1"), std::vector{code("user-1", "bb")});
    }));
}

TYPED_TEST_P(PeopleContract, WrongLoginsAreReplacedByKeyAndForgottenAtZero) {
    const auto failures = [](const std::string& key, std::uint32_t wrong, std::int64_t touched) {
        return LoginFailures{.key = key,
                             .wrong = wrong,
                             .locked_until = unix_time_of(touched + 30),
                             .touched = unix_time_of(touched)};
    };
    for (const LoginFailures& row :
         {failures("user/a", 1, 10), failures("user/b", 5, 11), failures("user/a", 2, 12)})
        ASSERT_TRUE(this->books->write_login_failures(row));
    EXPECT_EQ(*this->books->login_failures(),
              (std::vector{failures("user/b", 5, 11), failures("user/a", 2, 12)}));
    ASSERT_TRUE(this->books->write_login_failures(failures("user/b", 0, 13)));
    EXPECT_EQ(*this->books->login_failures(), std::vector{failures("user/a", 2, 12)});
}

inline model::AccessRule contract_access_rule() {
    return {.id = {"acr-1"},
            .account = contract_actor.account,
            .server = {"vss-1"},
            .priority = 7,
            .verdict = bridge::AccessVerdict::allow,
            .subjects = {.everybody = false,
                         .users = {"user-gone", "user-1"},
                         .groups = {"group-1"},
                         .certificates = {"Anna, of the desk", "vsc-1"}},
            .targets = {.networks = {*parse_cidr("10.1.0.0/16"), *parse_cidr("0.0.0.0/0")},
                        .networks6 = {*parse_cidr6("fd00:1::/32")},
                        .protocol = 6,
                        .ports = {{443, 443}, {8000, 65535}}},
            .description = "名前",
            .created_at = unix_time_of(21)};
}

TYPED_TEST_P(PeopleContract, AccessRulesAndBlockedClientsComeBackAsTheyWerePut) {
    model::AccessRule all = contract_access_rule();
    all.id.text = "acr-2";
    all.priority = 1;
    all.verdict = bridge::AccessVerdict::deny;
    all.subjects = {.everybody = true, .users = {}, .groups = {}, .certificates = {}};
    all.targets.protocol = 0;
    all.targets.ports.clear();
    const model::BlockedClient blocked{.id = model::blocked_id({"vss-1"}, "anna/1"),
                                       .account = contract_actor.account,
                                       .server = {"vss-1"},
                                       .name = "anna/1",
                                       .until = unix_time_of(30),
                                       .created_at = unix_time_of(20),
                                       .access_key = "KMAK1"};
    const auto change = [&](const Look& edit) {
        return this->books->transact(contract_actor, contract_token(""), [&](Ledger& ledger) {
            edit(ledger);
            return Outcome<Receipt>(Receipt{"x", ""});
        });
    };
    ASSERT_TRUE(change([&](Ledger& ledger) {
        ledger.idaas_instances().put(contract_instance());
        ledger.vpcs().put(contract_vpc("vpc-1", ""));
        ledger.vpn_gateways().put(contract_gateway());
        ledger.ssl_servers().put(contract_server());
        ledger.access_rules().put(contract_access_rule());
        ledger.access_rules().put(all);
        ledger.blocked_clients().put(blocked);
    }));
    ASSERT_TRUE(this->books->look([&](Ledger& ledger) {
        EXPECT_EQ(ledger.access_rules().below("vss-1"), (std::vector{contract_access_rule(), all}));
        EXPECT_EQ(ledger.access_rules().of_account(contract_actor.account).size(), 2U);
        EXPECT_EQ(ledger.blocked_clients().below("vss-1"), std::vector{blocked});
    }));
    ASSERT_TRUE(change([&](Ledger& ledger) {
        ledger.access_rules().remove("acr-1");
        ledger.blocked_clients().remove(blocked.id.text);
    }));
    ASSERT_TRUE(this->books->look([&](Ledger& ledger) {
        EXPECT_EQ(ledger.access_rules().all(), std::vector{all});
        EXPECT_TRUE(ledger.blocked_clients().all().empty());
    }));
}

REGISTER_TYPED_TEST_SUITE_P(PeopleContract, AccessRulesAndBlockedClientsComeBackAsTheyWerePut,
                            ABearerTokenComesBackIsUsedAndGoesWithItsKey,
                            ARecoveryCodeIsUsedOnceAndByItsUserOnly,
                            WrongLoginsAreReplacedByKeyAndForgottenAtZero,
                            GroupsApplicationsAndWhoBelongsToThemComeBackAsTheyWerePut,
                            TheLastUseOfAKeyIsReplacedAndGoesWithTheKey,
                            TheAuditLogIsFoundByTimeActionResourceAndKey);

}  // namespace kanmon::usecases
