// What every adapter of IdentitySource promises, as tests. An adapter's test instantiates
// IdentitySourceContract with a type that has a source with the users below:
//
//   struct Maker {
//       IdentitySource& source();
//       std::string instance();       // where the users are
//       UnixTime now();
//       std::string code(int steps);  // of "coded", `steps` from now
//       std::string application();    // that "plain" and "coded" are assigned to
//       void take_away();             // the source cannot decide any more
//   };
//
// Users: "plain", password "correct horse", no codes; "coded", the same password, with codes;
// "off", the same password, not enabled; "outside", the same password, assigned to nothing.
#pragma once

#include <gtest/gtest.h>

#include <optional>

#include "controlplane/usecases/identity_source.h"

namespace kanmon::usecases {

template <class Maker>
class IdentitySourceContract : public testing::Test {
protected:
    IdentityQuestion question(const std::string& username, std::string_view password,
                              std::string_view code = {}) {
        IdentityQuestion asked;
        asked.instance = maker.instance();
        asked.username = username;
        asked.password = SecretBuffer(as_bytes(password));
        asked.code = SecretBuffer(as_bytes(code));
        asked.now = maker.now();
        return asked;
    }
    IdentityAnswer answer(IdentityQuestion asked) {
        std::optional<IdentityAnswer> said;
        maker.source().check(std::move(asked), [&](const IdentityAnswer& answered) {
            EXPECT_FALSE(said) << "answered twice";
            said = answered;
        });
        EXPECT_TRUE(said);
        return said.value_or(IdentityAnswer{});
    }
    IdentityVerdict verdict(const std::string& username, std::string_view password,
                            std::string_view code = {}) {
        return answer(question(username, password, code)).verdict;
    }

    static constexpr std::string_view right = "correct horse";
    Maker maker;
};

TYPED_TEST_SUITE_P(IdentitySourceContract);

TYPED_TEST_P(IdentitySourceContract, AcceptsTheRightPasswordInAnySpellingOfTheName) {
    const auto said = this->answer(this->question("Plain", this->right));
    EXPECT_EQ(said.verdict, IdentityVerdict::accepted);
    EXPECT_EQ(said.username, "plain");
}

TYPED_TEST_P(IdentitySourceContract, RefusesEverybodyElseInTheSameWords) {
    const auto wrong = this->answer(this->question("plain", "wrong horse"));
    EXPECT_EQ(wrong.verdict, IdentityVerdict::refused);
    EXPECT_EQ(this->answer(this->question("nobody", this->right)), wrong);
    EXPECT_EQ(this->answer(this->question("off", this->right)), wrong);
    EXPECT_EQ(this->answer(this->question("coded", "wrong horse", this->maker.code(0))), wrong);
    EXPECT_EQ(this->answer(this->question("coded", this->right, "000000")), wrong);
}

// CVE-2020-8953 and the unauthenticated bind: an empty password is no password.
TYPED_TEST_P(IdentitySourceContract, RefusesAnEmptyPasswordAndHostileNames) {
    EXPECT_EQ(this->verdict("plain", ""), IdentityVerdict::refused);
    EXPECT_EQ(this->verdict("nobody", ""), IdentityVerdict::refused);
    for (const std::string& name :
         {std::string(""), std::string("*"), std::string("plain)(uid=*"), std::string("pl\0ain", 6),
          std::string("plain' OR '1'='1"), std::string(4096, 'a')})
        EXPECT_EQ(this->verdict(name, this->right), IdentityVerdict::refused) << name;
    auto elsewhere = this->question("plain", this->right);
    elsewhere.instance = "idaas-of-somebody-else";
    EXPECT_EQ(this->answer(elsewhere).verdict, IdentityVerdict::refused);
}

TYPED_TEST_P(IdentitySourceContract, AsksForACodeOnlyAfterTheRightPassword) {
    const auto said = this->answer(this->question("coded", this->right));
    EXPECT_EQ(said.verdict, IdentityVerdict::code_wanted);
    EXPECT_EQ(said.username, "coded");
    EXPECT_EQ(this->verdict("coded", "wrong horse"), IdentityVerdict::refused);
}

TYPED_TEST_P(IdentitySourceContract, TakesACodeOnceAndOneStepEarlyOrLate) {
    EXPECT_EQ(this->verdict("coded", this->right, this->maker.code(-2)), IdentityVerdict::refused);
    EXPECT_EQ(this->verdict("coded", this->right, this->maker.code(2)), IdentityVerdict::refused);
    for (const int steps : {-1, 0, 1}) {
        EXPECT_EQ(this->verdict("coded", this->right, this->maker.code(steps)),
                  IdentityVerdict::accepted);
        EXPECT_EQ(this->verdict("coded", this->right, this->maker.code(steps)),
                  IdentityVerdict::refused);
    }
}

TYPED_TEST_P(IdentitySourceContract, RefusesAUserWithoutCodesWhereTheyAreAlwaysWanted) {
    auto asked = this->question("plain", this->right);
    asked.code_always = true;
    EXPECT_EQ(this->answer(asked).verdict, IdentityVerdict::refused);
    asked.code = SecretBuffer(as_bytes("123456"));
    EXPECT_EQ(this->answer(asked).verdict, IdentityVerdict::refused);
}

TYPED_TEST_P(IdentitySourceContract, ASecondHalfNeedsItsCodeAndARenewalOnlyThePassword) {
    auto half = this->question("coded", "");
    half.wanted = ProofWanted::code_only;
    half.proven_at = half.now;
    EXPECT_EQ(this->answer(half).verdict, IdentityVerdict::refused);
    half.code = SecretBuffer(as_bytes(this->maker.code(0)));
    EXPECT_EQ(this->answer(half).verdict, IdentityVerdict::accepted);

    auto renewal = this->question("coded", this->right);
    renewal.wanted = ProofWanted::password_only;
    EXPECT_EQ(this->answer(renewal).verdict, IdentityVerdict::accepted);
    renewal.password = SecretBuffer(as_bytes("wrong horse"));
    EXPECT_EQ(this->answer(renewal).verdict, IdentityVerdict::refused);
}

TYPED_TEST_P(IdentitySourceContract, ATokenStandsForItsUserUntilTheUserChanges) {
    auto asked = this->question("plain", "");
    asked.wanted = ProofWanted::standing;
    asked.proven_at = this->maker.now();
    EXPECT_EQ(this->answer(asked).verdict, IdentityVerdict::accepted);
    asked.proven_at = UnixTime{};
    const auto older = this->answer(asked);
    EXPECT_EQ(older.verdict, IdentityVerdict::refused);
    EXPECT_TRUE(older.expired);
    asked.proven_at = this->maker.now();
    for (const char* name : {"off", "nobody"}) {
        asked.username = name;
        EXPECT_EQ(this->answer(asked).verdict, IdentityVerdict::refused);
    }
}

TYPED_TEST_P(IdentitySourceContract, LetsInWhoIsAssignedAndTellsTheOthersOnlyWhenProven) {
    const auto ask = [&](const std::string& name, std::string_view password,
                         std::string_view code = {}) {
        auto asked = this->question(name, password, code);
        asked.application = this->maker.application();
        return this->answer(std::move(asked));
    };
    EXPECT_EQ(ask("plain", this->right).verdict, IdentityVerdict::accepted);
    EXPECT_EQ(ask("coded", this->right, this->maker.code(0)).verdict, IdentityVerdict::accepted);
    const auto outside = ask("outside", this->right);
    EXPECT_EQ(outside.verdict, IdentityVerdict::refused);
    EXPECT_TRUE(outside.unassigned);
    EXPECT_EQ(ask("outside", "wrong horse"), ask("nobody", this->right));
    EXPECT_EQ(this->verdict("outside", this->right), IdentityVerdict::accepted);
    auto token = this->question("outside", "");
    token.wanted = ProofWanted::standing;
    token.proven_at = this->maker.now();
    token.application = this->maker.application();
    EXPECT_TRUE(this->answer(token).unassigned);
    token.application = "app_nobodys";
    token.username = "plain";
    EXPECT_TRUE(this->answer(token).unassigned);
}

// CVE-2026-41070: what cannot be decided is no yes.
TYPED_TEST_P(IdentitySourceContract, SaysUnavailableWhenItCannotDecide) {
    this->maker.take_away();
    EXPECT_EQ(this->verdict("plain", this->right), IdentityVerdict::unavailable);
}

REGISTER_TYPED_TEST_SUITE_P(
    IdentitySourceContract, AcceptsTheRightPasswordInAnySpellingOfTheName,
    RefusesEverybodyElseInTheSameWords, RefusesAnEmptyPasswordAndHostileNames,
    AsksForACodeOnlyAfterTheRightPassword, TakesACodeOnceAndOneStepEarlyOrLate,
    RefusesAUserWithoutCodesWhereTheyAreAlwaysWanted,
    ASecondHalfNeedsItsCodeAndARenewalOnlyThePassword, ATokenStandsForItsUserUntilTheUserChanges,
    LetsInWhoIsAssignedAndTellsTheOthersOnlyWhenProven, SaysUnavailableWhenItCannotDecide);

}  // namespace kanmon::usecases
