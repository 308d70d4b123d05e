// Access keys: whose they are, what they may, how they are changed; and the audit log.
#include <gmock/gmock.h>

#include "contract/control_world.h"

namespace kanmon::usecases {
namespace {

using testing::HasSubstr;

class Keys : public testing::Test {
protected:
    AccountCreated made(const std::string& role = {}, const std::string& name = {}) {
        auto key = accounts.create_access_key(alice, {.role = role, .name = name});
        EXPECT_TRUE(key) << (key ? "" : key.error().message);
        return std::move(*key);
    }
    std::string refused(const auto& outcome) {
        return outcome ? std::string("it worked") : outcome.error().code;
    }
    AccessKeyView view(const model::AccessKeyId& id) {
        const auto keys = accounts.access_keys(alice);
        for (const AccessKeyView& one : *keys)
            if (one.key.id == id) return one;
        ADD_FAILURE() << id.text << " is not listed";
        return {};
    }
    Outcome<AccessKeyView> set(const model::AccessKeyId& id, const std::string& status) {
        return accounts.update_access_key(alice, {.id = id, .status = status});
    }

    ControlWorld world;
    Accounts& accounts = world.plane.accounts;
    Call alice = world.account("alice");
    model::AccessKeyId first{alice.actor.access_key};
};

TEST_F(Keys, AnAccountHasTwoOfAdministratorsAndTwentyOthers) {
    const auto second = made();
    EXPECT_EQ(refused(accounts.create_access_key(alice, {})), "Resource.QuotaFull");
    for (int i = 0; i < 10; ++i) {
        made("viewer");
        made("operator");
    }
    EXPECT_EQ(refused(accounts.create_access_key(alice, {.role = "viewer", .name = {}})),
              "Resource.QuotaFull");
    EXPECT_TRUE(accounts.delete_access_key(alice, second.access_key));
    EXPECT_TRUE(accounts.create_access_key(alice, {}));
}

TEST_F(Keys, AreChangedByASecondOneAndADisabledFirst) {
    const auto second = made("administrator", "the new one");
    EXPECT_TRUE(accounts.credential(first));
    EXPECT_TRUE(set(first, "Inactive"));
    EXPECT_EQ(refused(accounts.credential(first)), "InvalidAccessKeyId.Inactive");
    EXPECT_EQ(accounts.credential(first).error().http_status, 400);
    const auto credential = accounts.credential(second.access_key);
    ASSERT_TRUE(credential);
    EXPECT_EQ(credential->secret, second.access_key_secret);
    EXPECT_TRUE(set(first, "Active"));
    EXPECT_TRUE(accounts.credential(first));
    EXPECT_TRUE(set(first, "Inactive"));
    EXPECT_TRUE(accounts.delete_access_key(alice, first));
    EXPECT_EQ(refused(accounts.credential(first)), "InvalidAccessKeyId.NotFound");
    EXPECT_EQ(view(second.access_key).key.name, "the new one");
}

TEST_F(Keys, TheLastActiveOneOfAnAdministratorStays) {
    made("operator");
    made("viewer");
    const auto second = made();
    ASSERT_TRUE(set(second.access_key, "Inactive"));
    EXPECT_EQ(refused(set(first, "Inactive")), "OperationDenied.LastAccessKey");
    EXPECT_EQ(refused(accounts.delete_access_key(alice, first)), "OperationDenied.LastAccessKey");
    EXPECT_TRUE(accounts.delete_access_key(alice, second.access_key));
    EXPECT_TRUE(accounts.credential(first));
}

TEST_F(Keys, OfAnotherAccountAreLikeNone) {
    const Call bob = world.account("bob");
    EXPECT_EQ(refused(set({bob.actor.access_key}, "Inactive")), "InvalidAccessKeyId.NotFound");
    EXPECT_EQ(refused(accounts.delete_access_key(alice, {bob.actor.access_key})),
              "InvalidAccessKeyId.NotFound");
    EXPECT_EQ(refused(accounts.delete_access_key(world.root(), first)),
              "InvalidAccessKeyId.NotFound");
    EXPECT_TRUE(accounts.credential({bob.actor.access_key}));
}

TEST_F(Keys, ARoleOrStatusThatThereIsNotIsRefusedWithThoseThatThereAre) {
    const auto role = accounts.create_access_key(alice, {.role = "root", .name = {}});
    EXPECT_EQ(refused(role), "IllegalParam.Role");
    EXPECT_THAT(role.error().message, HasSubstr("administrator, operator or viewer"));
    EXPECT_EQ(refused(set(first, "inactive")), "IllegalParam.Status");
    EXPECT_EQ(refused(accounts.create_access_key(alice, {.role = {}, .name = "a\nb"})),
              "InvalidName");
}

TEST_F(Keys, TellWhenTheyWereLastUsedToTheMinute) {
    EXPECT_FALSE(view(first).last_used);
    const auto credential = accounts.credential(first);
    accounts.note_use(*credential, world.now);
    accounts.note_use(*credential, world.now + 59s);
    EXPECT_EQ(view(first).last_used, world.now);
    accounts.note_use(*credential, world.now + 60s);
    EXPECT_EQ(view(first).last_used, world.now + 60s);
    world.books.away = true;
    accounts.note_use(*credential, world.now + 120s);
    world.books.away = false;
    EXPECT_EQ(view(first).last_used, world.now + 60s);
}

// Whoever repeats the token of CreateAccount learns no key that the account has made since.
TEST_F(Keys, ARepeatedCreateAccountShowsNoKeyThatWasMadeLater) {
    Call root = world.root();
    root.client_token = "token";
    const auto created = accounts.create(root, {"bob"});
    ASSERT_TRUE(created);
    Call bob = world.call_of(created->account, model::Role::owner, created->access_key);
    bob.now += 1h;
    const auto second = accounts.create_access_key(bob, {});
    ASSERT_TRUE(accounts.delete_access_key(bob, created->access_key));
    EXPECT_EQ(refused(accounts.create(root, {"bob"})), "InvalidAccessKeyId.NotFound");
}

TEST_F(Keys, TheRootAccountIsOpenedByAnActiveKeyOfItsAdministrator) {
    const Call root = world.root();
    const auto second = accounts.create_access_key(root, {});
    ASSERT_TRUE(accounts.create_access_key(root, {.role = "viewer", .name = {}}));
    ASSERT_TRUE(
        accounts.update_access_key(root, {.id = {root.actor.access_key}, .status = "Inactive"}));
    EXPECT_EQ(accounts.ensure_root(world.now)->access_key, second->access_key);
}

TEST_F(Keys, SecretsAreKeptSealedAndStandInNoAuditRow) {
    const auto key = made("viewer");
    const std::string secret = as_text(key.access_key_secret.view());
    ASSERT_TRUE(world.books.look([&](Ledger& ledger) {
        EXPECT_EQ(ledger.access_keys().find(key.access_key.text)->sealed_secret,
                  *world.sealer.seal(as_bytes(secret), key.access_key.text));
    }));
    for (const AuditRow& row : audit_rows(world.books, 100))
        EXPECT_EQ((row.parameters + row.subject).find(secret), std::string::npos);
}

TEST_F(Keys, TheAuditLogOfTheAccountIsReadAndNoOthers) {
    const Call bob = world.account("bob");
    ASSERT_TRUE(accounts.create_access_key(bob, {}));
    const auto key = made("operator", "night shift");
    const auto all = accounts.audit(alice, {});
    ASSERT_TRUE(all);
    ASSERT_EQ(all->total, 1u);
    EXPECT_EQ(all->items.front().action, "CreateAccessKey");
    EXPECT_EQ(all->items.front().subject, key.access_key.text);
    EXPECT_EQ(all->items.front().access_key, first.text);
    EXPECT_THAT(all->items.front().parameters, HasSubstr("Role=operator"));
    DescribeAuditRecords wanted;
    wanted.from = seconds_of(world.now) + 1;
    EXPECT_EQ(accounts.audit(alice, wanted)->total, 0u);
    wanted.to = 0;
    EXPECT_EQ(refused(accounts.audit(alice, wanted)), "IllegalParam.From");
    wanted = {};
    wanted.page.size = 51;
    EXPECT_EQ(refused(accounts.audit(alice, wanted)), "InvalidParameter");
}

}  // namespace
}  // namespace kanmon::usecases
