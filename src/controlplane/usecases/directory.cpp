#include "controlplane/usecases/directory.h"

#include <algorithm>
#include <memory>

#include "controlplane/usecases/ownership.h"

namespace kanmon::usecases {

namespace {

IdentityAnswer answer_of(IdentityVerdict verdict, std::string text = {}) {
    IdentityAnswer answer;
    answer.verdict = verdict;
    answer.text = std::move(text);
    return answer;
}

IdentityAnswer expired() {
    IdentityAnswer answer = answer_of(IdentityVerdict::refused);
    answer.expired = true;
    return answer;
}

IdentityAnswer named(IdentityVerdict verdict, const model::IdaasUser& user) {
    IdentityAnswer answer = answer_of(verdict);
    answer.username = user.name;
    return answer;
}

}  // namespace

std::string totp_context(const model::IdaasUserId& id) {
    return id.text + "/totp";
}

void Directory::check(IdentityQuestion question, IdentityDone done) {
    const auto asked = std::make_shared<const IdentityQuestion>(std::move(question));
    if (!ports_.workers.run([this, asked, done] { done(decide(*asked)); }))
        done(answer_of(IdentityVerdict::unavailable));
}

IdentityAnswer Directory::decide(const IdentityQuestion& question) {
    std::optional<model::IdaasUser> user;
    {
        const std::lock_guard turn(ports_.turn);
        const auto looked = ports_.books.look([&](Ledger& ledger) {
            user =
                ledger.idaas_user_named(question.instance, model::folded_name(question.username));
        });
        if (!looked) return answer_of(IdentityVerdict::unavailable);
    }
    const bool wants_password =
        question.wanted == ProofWanted::everything || question.wanted == ProofWanted::password_only;
    if (wants_password && question.password.empty())
        return answer_of(IdentityVerdict::refused, "a password is asked for");
    if (wants_password) {
        const std::string& hash = user ? user->password_hash : ports_.hasher.hash_of_nobody();
        const bool right = ports_.hasher.password_matches(question.password.view(), hash);
        if (!right) return answer_of(IdentityVerdict::refused);
    }
    if (!user || !user->enabled) return answer_of(IdentityVerdict::refused);
    if (question.wanted == ProofWanted::standing && user->changed_at > question.proven_at)
        return expired();
    if (question.wanted == ProofWanted::everything || question.wanted == ProofWanted::code_only)
        return decide_code(question, *user);
    return named(IdentityVerdict::accepted, *user);
}

IdentityAnswer Directory::decide_code(const IdentityQuestion& question,
                                      const model::IdaasUser& user) {
    const bool has_code = !user.sealed_totp.empty();
    if (!has_code && (question.code_always || question.wanted == ProofWanted::code_only))
        return answer_of(IdentityVerdict::refused,
                         "no one-time codes are set up for this user; ask your administrator");
    if (!has_code) return named(IdentityVerdict::accepted, user);
    if (question.code.empty())
        return question.wanted == ProofWanted::code_only
                   ? answer_of(IdentityVerdict::refused)
                   : named(IdentityVerdict::code_wanted, user);
    const auto used = use_code(question, user);
    if (!used) return answer_of(IdentityVerdict::unavailable);
    return *used ? named(IdentityVerdict::accepted, user) : answer_of(IdentityVerdict::refused);
}

/// True when the code is one of those of now, and this is the first time that it is shown.
Outcome<bool> Directory::use_code(const IdentityQuestion& question, const model::IdaasUser& user) {
    const std::lock_guard turn(ports_.turn);
    const auto secret = ports_.sealer.unseal(user.sealed_totp, totp_context(user.id));
    if (!secret) return unexpected(secret.error());
    const std::int64_t now = model::totp_step(question.now);
    std::optional<std::int64_t> matching;
    for (std::int64_t step = now - model::totp_drift_steps; step <= now + model::totp_drift_steps;
         ++step) {
        const std::string code = ports_.hasher.one_time_code(secret->view(), step);
        if (constant_time_equal(as_bytes(code), question.code.view())) matching = step;
    }
    if (!matching) return false;
    return ports_.books.use_code(user.id.text, *matching);
}

}  // namespace kanmon::usecases
