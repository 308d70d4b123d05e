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

REGISTER_TYPED_TEST_SUITE_P(PeopleContract, TheLastUseOfAKeyIsReplacedAndGoesWithTheKey,
                            ABearerTokenComesBackIsUsedAndGoesWithItsKey,
                            TheAuditLogIsFoundByTimeActionResourceAndKey);

}  // namespace kanmon::usecases
