#include "controlplane/usecases/directory.h"

#include <fmt/core.h>

#include <algorithm>
#include <memory>

#include "controlplane/usecases/user_sessions.h"

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

struct Directory::Known {
    model::IdaasUser user;
    bool assigned = false;  // to the application that was asked for
};

/// Everything was proven. Whom the application is not for hears so only now, so that nobody learns
/// from it whether a guess was right.
IdentityAnswer Directory::admitted(const Known& known) {
    if (known.assigned) return named(IdentityVerdict::accepted, known.user);
    IdentityAnswer answer = answer_of(IdentityVerdict::refused);
    answer.unassigned = true;
    return answer;
}

std::string totp_context(const model::IdaasUserId& id) {
    return id.text + "/totp";
}

void Directory::check(IdentityQuestion question, IdentityDone done) {
    const auto asked = std::make_shared<const IdentityQuestion>(std::move(question));
    if (!ports_.workers.run([this, asked, done] { done(decide(*asked)); }))
        done(answer_of(IdentityVerdict::unavailable));
}

IdentityAnswer Directory::decide(const IdentityQuestion& question) {
    std::optional<Known> known;
    {
        const std::lock_guard turn(ports_.turn);
        const auto looked = ports_.books.look([&](Ledger& ledger) {
            auto user =
                ledger.idaas_user_named(question.instance, model::folded_name(question.username));
            if (!user) return;
            const bool assigned = is_assigned(ledger, {question.application}, *user);
            known = Known{std::move(*user), assigned};
        });
        if (!looked) return answer_of(IdentityVerdict::unavailable);
    }
    const bool wants_password =
        question.wanted == ProofWanted::everything || question.wanted == ProofWanted::password_only;
    if (wants_password && question.password.empty())
        return answer_of(IdentityVerdict::refused, "a password is asked for");
    if (wants_password) {
        const std::string& hash =
            known ? known->user.password_hash : ports_.hasher.hash_of_nobody();
        const bool right = ports_.hasher.password_matches(question.password.view(), hash);
        if (!right) return answer_of(IdentityVerdict::refused);
    }
    if (!known || !known->user.enabled) return answer_of(IdentityVerdict::refused);
    const bool stands_on_another =
        question.wanted == ProofWanted::standing || question.wanted == ProofWanted::code_only;
    if (stands_on_another && known->user.changed_at > question.proven_at) return expired();
    if (question.wanted == ProofWanted::everything || question.wanted == ProofWanted::code_only)
        return decide_code(question, *known);
    return admitted(*known);
}

IdentityAnswer Directory::decide_code(const IdentityQuestion& question, const Known& known) {
    const model::IdaasUser& user = known.user;
    const bool has_code = !user.sealed_totp.empty();
    if (!has_code && (question.code_always || question.wanted == ProofWanted::code_only))
        return answer_of(IdentityVerdict::refused,
                         "no one-time codes are set up for this user; ask your administrator");
    if (!has_code) return admitted(known);
    if (question.code.empty())
        return question.wanted == ProofWanted::code_only
                   ? answer_of(IdentityVerdict::refused)
                   : named(IdentityVerdict::code_wanted, user);
    const auto used = use_code(question, user);
    if (!used) return answer_of(IdentityVerdict::unavailable);
    return *used ? admitted(known) : answer_of(IdentityVerdict::refused);
}

/// True when the code is one of those of now, or one for recovery, and this is the first time that
/// it is shown.
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
    if (!matching) return use_recovery_code(question, user);
    return ports_.books.use_code(user.id.text, *matching);
}

/// Under the turn. What cannot be one is not looked up.
Outcome<bool> Directory::use_recovery_code(const IdentityQuestion& question,
                                           const model::IdaasUser& user) {
    std::string text = model::recovery_text(user.id, text_view(question.code.view()));
    if (text.empty()) return false;
    const std::string hash = ports_.authority.digest(text);
    wipe(std::as_writable_bytes(std::span<char>(text)));
    const auto used = ports_.books.use_recovery_code(user.id.text, hash);
    if (!used || !*used) return used;
    EventWrite told;
    told.event.account = user.account;
    told.event.at = question.now;
    told.event.kind = "RecoveryCodeUsed";
    told.event.resource = user.id.text;
    told.event.message =
        fmt::format("The user {} ({}) logged in with a recovery code, which is used up now.",
                    user.id.text, user.name);
    static_cast<void>(ports_.books.append_events({told}, question.now));
    return true;
}

}  // namespace kanmon::usecases
