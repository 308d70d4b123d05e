// Bearer tokens: who makes which, how long they live, and what they die of.
#include <gmock/gmock.h>

#include "contract/control_world.h"

namespace kanmon::usecases {
namespace {

class Tokens : public testing::Test {
protected:
    BearerTokenCreated made(const CreateBearerToken& request = {}) {
        auto token = tokens.create(alice, request);
        EXPECT_TRUE(token) << (token ? "" : token.error().message);
        return std::move(*token);
    }
    Outcome<TokenHolder> holder(const BearerTokenCreated& token) {
        return tokens.holder({token.row.id, token.token}, world.now);
    }
    std::string refused(const auto& outcome) {
        return outcome ? std::string("it worked") : outcome.error().code;
    }
    Call by(const BearerTokenCreated& token) {
        Call call = alice;
        const auto shown = holder(token);
        call.actor.key_role = shown->credential.key_role;
        call.actor.bearer_token = shown->token;
        return call;
    }
    SecretBuffer secret() {
        return std::move(world.plane.accounts.credential({alice.actor.access_key})->secret);
    }
    Outcome<BearerTokenCreated> log_in(const SecretBuffer& with) {
        return tokens.log_in({alice.actor.access_key}, with, "R", world.now);
    }
    AccountCreated key(const std::string& role) {
        return *world.plane.accounts.create_access_key(alice, {.role = role, .name = {}});
    }

    ControlWorld world;
    BearerTokens& tokens = world.plane.bearer_tokens;
    Call alice = world.account("alice");
};

TEST_F(Tokens, ActAsTheirKeyWithTheirOwnRole) {
    const auto holder_of = holder(made({.name = "n", .role = "viewer"}));
    ASSERT_TRUE(holder_of);
    EXPECT_EQ(holder_of->credential.access_key.text, alice.actor.access_key);
    EXPECT_EQ(holder_of->credential.account, alice.actor.account);
    EXPECT_EQ(holder_of->credential.key_role, model::KeyRole::viewer);
    EXPECT_TRUE(holder_of->credential.secret.empty());
    EXPECT_EQ(holder(made())->credential.key_role, model::KeyRole::administrator);
}

TEST_F(Tokens, DoNoMoreThanWhoMadeThem) {
    alice.actor.key_role = model::KeyRole::operating;
    EXPECT_EQ(refused(tokens.create(alice, {.name = {}, .role = "administrator"})),
              "IllegalParam.Role");
    EXPECT_EQ(made().row.role, model::KeyRole::operating);
    EXPECT_EQ(refused(tokens.create(alice, {.name = {}, .role = "king"})), "IllegalParam.Role");
}

TEST_F(Tokens, LiveForAMinuteTo90Days) {
    const auto token = made({.name = {}, .role = {}, .lifetime_seconds = 60});
    world.now += 59s;
    EXPECT_TRUE(holder(token));
    world.now += 1s;
    EXPECT_EQ(refused(holder(token)), "InvalidBearerToken");
    for (const std::int64_t seconds : {std::int64_t{59}, std::int64_t{7776001}, std::int64_t{-1}})
        EXPECT_EQ(
            refused(tokens.create(alice, {.name = {}, .role = {}, .lifetime_seconds = seconds})),
            "IllegalParam.LifetimeSeconds");
    EXPECT_TRUE(tokens.create(alice, {.name = {}, .role = {}, .lifetime_seconds = 7776000}));
}

TEST_F(Tokens, OpenForTheirWholeTokenOnly) {
    const auto token = made();
    for (std::size_t i = 0; i < 32; ++i) {
        auto wrong = token;
        wrong.token.mutable_view()[i] ^= std::byte{1};
        EXPECT_EQ(refused(holder(wrong)), "InvalidBearerToken") << i;
    }
    auto other = made();
    other.row.id = token.row.id;
    EXPECT_EQ(refused(holder(other)), "InvalidBearerToken");
    EXPECT_TRUE(holder(token));
}

TEST_F(Tokens, AreKeptAsTheirHash) {
    const auto token = made();
    const std::string digits = to_hex(token.token.view());
    static_cast<void>(world.books.look([&](Ledger& ledger) {
        const auto row = ledger.bearer_tokens().find(token.row.id.text);
        EXPECT_EQ(as_text(row->token_hash).find(digits.substr(0, 16)), std::string::npos);
    }));
    for (const AuditRow& row : audit_rows(world.books, 100))
        EXPECT_EQ((row.parameters + row.subject).find(digits.substr(0, 16)), std::string::npos);
}

TEST_F(Tokens, GoForGoodWithTheirKeyThatIsDisabledOrDeleted) {
    key("administrator");
    const auto token = made();
    const auto session = *log_in(secret());
    const auto set = [&](const char* status) {
        return world.plane.accounts.update_access_key(
            alice, {.id = {alice.actor.access_key}, .status = status});
    };
    ASSERT_TRUE(set("Inactive"));
    EXPECT_EQ(refused(holder(token)), "InvalidBearerToken");
    EXPECT_EQ(refused(holder(session)), "InvalidBearerToken");
    ASSERT_TRUE(set("Active"));
    EXPECT_EQ(refused(holder(token)), "InvalidBearerToken");
    const auto again = made();
    EXPECT_TRUE(holder(again));
    ASSERT_TRUE(world.plane.accounts.delete_access_key(alice, {alice.actor.access_key}));
    EXPECT_EQ(refused(holder(again)), "InvalidBearerToken");
}

TEST_F(Tokens, MakeNoTokensUnlessTheyAreSessions) {
    EXPECT_EQ(refused(tokens.create(by(made()), {})), "Forbidden.BearerToken");
    EXPECT_TRUE(tokens.create(by(*log_in(secret())), {}));
}

TEST_F(Tokens, MakeAndEnableNoAccessKeysAndNoAccountsUnlessTheyAreSessions) {
    Accounts& accounts = world.plane.accounts;
    const auto off = key("viewer");
    ASSERT_TRUE(accounts.update_access_key(alice, {.id = off.access_key, .status = "Inactive"}));
    Call call = by(made());
    EXPECT_EQ(refused(accounts.create_access_key(call, {})), "Forbidden.BearerToken");
    EXPECT_EQ(refused(accounts.update_access_key(call, {.id = off.access_key, .status = "Active"})),
              "Forbidden.BearerToken");
    EXPECT_TRUE(accounts.update_access_key(call, {.id = off.access_key, .status = "Inactive"}));
    alice.client_token = "once";
    key("operator");
    call.client_token = "once";
    EXPECT_EQ(refused(accounts.create_access_key(call, {.role = "operator", .name = {}})),
              "Forbidden.BearerToken")
        << "not by repeating another's call either";
    Call operator_call = world.root();
    operator_call.actor.bearer_token = call.actor.bearer_token;
    EXPECT_EQ(refused(accounts.create(operator_call, {"carol"})), "Forbidden.BearerToken");
    alice.client_token.clear();
    const Call session = by(*log_in(secret()));
    EXPECT_TRUE(accounts.create_access_key(session, {.role = "viewer", .name = {}}));
    EXPECT_TRUE(accounts.update_access_key(session, {.id = off.access_key, .status = "Active"}));
}

TEST_F(Tokens, OfOneKeyAreTwentyAndThoseThatEndedMakeRoom) {
    for (std::size_t i = 0; i < model::tokens_of_key_max; ++i)
        made({.name = {}, .role = {}, .lifetime_seconds = 60});
    EXPECT_EQ(refused(tokens.create(alice, {})), "Resource.QuotaFull");
    world.now += 60s;
    alice.now = world.now;
    EXPECT_TRUE(tokens.create(alice, {}));
    EXPECT_EQ(tokens.list(alice, {})->total, 1u);
}

TEST_F(Tokens, OfOtherAccountsAreTokensThatDoNotExist) {
    const auto token = made();
    const Call bob = world.account("bob");
    EXPECT_EQ(refused(tokens.remove(bob, token.row.id)), "InvalidBearerTokenId.NotFound");
    EXPECT_EQ(tokens.list(bob, {})->total, 0u);
    EXPECT_TRUE(tokens.remove(alice, token.row.id));
    EXPECT_EQ(refused(holder(token)), "InvalidBearerToken");
}

TEST_F(Tokens, SayThatARepeatedCallCannotShowThemAgain) {
    alice.client_token = "again";
    made();
    EXPECT_EQ(refused(tokens.create(alice, {})), "IllegalParam.ClientToken");
}

TEST_F(Tokens, NoteTheirUseToTheMinute) {
    const auto token = made();
    const auto used_at = [&] { return tokens.list(alice, {})->items.front().used_at; };
    const UnixTime first = world.now;
    world.now += 59s;
    holder(token);
    EXPECT_EQ(used_at(), first);
    world.now += 1s;
    holder(token);
    EXPECT_EQ(used_at(), world.now);
}

TEST_F(Tokens, OfALoginLastTwelveHoursAndAnHourWithoutUse) {
    const auto idle = *log_in(secret());
    const auto busy = *log_in(secret());
    const UnixTime begun = world.now;
    for (; world.now < begun + 12h; world.now += 50min) {
        EXPECT_TRUE(holder(busy));
    }
    EXPECT_EQ(refused(holder(busy)), "InvalidBearerToken");
    world.now = begun + 1h;
    EXPECT_EQ(refused(holder(idle)), "InvalidBearerToken");
}

TEST_F(Tokens, OfALoginAreForWhoKnowsTheSecretOfAnActiveKey) {
    EXPECT_EQ(refused(log_in(SecretBuffer(as_bytes("guess")))), "InvalidLogin");
    EXPECT_EQ(refused(log_in({})), "InvalidLogin");
    const std::string zeros(40, '0');
    EXPECT_EQ(refused(tokens.log_in({"KMAKnobody"}, SecretBuffer(as_bytes(zeros)), "R", world.now)),
              "InvalidLogin");
    const auto second = key("viewer");
    ASSERT_TRUE(world.plane.accounts.update_access_key(
        alice, {.id = second.access_key, .status = "Inactive"}));
    EXPECT_EQ(refused(tokens.log_in(second.access_key, second.access_key_secret, "R", world.now)),
              "InvalidLogin");
}

TEST_F(Tokens, OfTheOldestLoginGiveWayToATwentyFirst) {
    const auto first = *log_in(secret());
    const auto second = *log_in(secret());
    for (std::size_t i = 2; i <= model::tokens_of_key_max; ++i) ASSERT_TRUE(log_in(secret()));
    EXPECT_FALSE(holder(first));
    EXPECT_TRUE(holder(second));
}

}  // namespace
}  // namespace kanmon::usecases
