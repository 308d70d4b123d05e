#include "controlplane/usecases/logins.h"

#include <algorithm>

#include "controlplane/model/identity.h"
#include "controlplane/usecases/ownership.h"
#include "controlplane/usecases/parameters.h"

namespace kanmon::usecases {

namespace {

using Entry = model::LoginThrottle::Entry;
using Ending = model::LoginThrottle::Ending;

constexpr std::string_view code_prompt = "One-time code";
constexpr std::size_t state_octets = 16;

bridge::LoginAnswer refusal(Cause cause, std::string text = {}) {
    bridge::LoginAnswer answer;
    answer.verdict = bridge::LoginVerdict::refused;
    answer.cause = cause;
    answer.text = std::move(text);
    return answer;
}

bridge::LoginAnswer locked(Duration wait) {
    bridge::LoginAnswer answer = refusal(Cause::login_locked);
    answer.wait_seconds = static_cast<std::uint32_t>(
        std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(wait).count()));
    return answer;
}

/// A /24 or a /64.
std::string network_of(const Endpoint& remote) {
    const std::size_t octets = remote.is_v4() ? 15 : 8;
    return as_text(std::as_bytes(std::span(remote.address.octets)).first(octets));
}

ProofWanted wanted_of(const bridge::LoginQuestion& question) {
    switch (question.proof) {
        case bridge::LoginProof::token:
            return ProofWanted::standing;
        case bridge::LoginProof::same_session:
            return ProofWanted::password_only;
        case bridge::LoginProof::full:
            break;
    }
    return question.state.empty() ? ProofWanted::everything : ProofWanted::code_only;
}

Cause cause_of(const IdentityAnswer& refused) {
    if (refused.unassigned) return Cause::login_unassigned;
    return refused.expired ? Cause::login_expired : Cause::login_refused;
}

Ending ending_of(const IdentityAnswer& said) {
    switch (said.verdict) {
        case IdentityVerdict::accepted:
            return Ending::right;
        case IdentityVerdict::refused:
            return said.expired || said.unassigned ? Ending::undecided : Ending::wrong;
        // A right password without its code forgives no wrong ones: the code may be guessed yet.
        case IdentityVerdict::code_wanted:
        case IdentityVerdict::page:
        case IdentityVerdict::unavailable:
            break;
    }
    return Ending::undecided;
}

}  // namespace

void Logins::hello(const bridge::DataHello& hello) {
    const std::lock_guard lock(mutex_);
    if (hello.process == process_) return;
    process_ = hello.process;
    // What is still being decided reaches nobody, and must not be waited for either.
    for (const auto& [id, open] : open_) {
        if (!open.throttled) continue;
        users_.conclude(open.user_key, Ending::undecided, open.asked_at);
        networks_.conclude(open.network_key, Ending::undecided, open.asked_at);
    }
    open_.clear();
    answered_.clear();
    ready_.clear();
}

std::vector<Logins::Ready> Logins::take_ready() {
    const std::lock_guard lock(mutex_);
    return std::exchange(ready_, {});
}

std::optional<Logins::Target> Logins::target_of(const std::string& server_id) const {
    std::optional<Target> target;
    const std::lock_guard turn(ports_.turn);
    static_cast<void>(ports_.books.look([&](Ledger& ledger) {
        const auto server = ledger.ssl_servers().find(server_id);
        if (!server || server->idaas_instance.empty()) return;
        target = Target{server->idaas_instance.text, server->idaas_application.text,
                        model::login_of(*server).code};
    }));
    return target;
}

void Logins::ask(std::uint64_t id, const bridge::LoginQuestion& question, Instant now,
                 UnixTime wall) {
    remember_failures(now, wall);
    const auto target = target_of(question.server_id);
    IdentityQuestion asked;
    std::uint64_t process = 0;
    {
        const std::lock_guard turn(ports_.turn);
        const std::lock_guard lock(mutex_);
        if (const auto known = answered_.find(id); known != answered_.end())
            return say(id, known->second);
        if (open_.contains(id)) return;  // it is being decided
        // The data process has an older snapshot, or the store is away: both pass with time.
        if (!target) return say(id, refusal(Cause::login_unavailable));
        Open open{
            .user_key = user_key(target->instance, question.username),
            .network_key = key_of("network", network_of(question.remote)),
            .server = question.server_id,
            .instance = target->instance,
            .username = question.username,
            .common_name = question.common_name,
            .session = question.session,
            .asked_at = now,
            .wall = wall,
            .proven_at = question.proof == bridge::LoginProof::token ? question.proven_at : wall};
        if (const auto refused = begin(open, question, now)) return say(id, *refused);
        process = process_;
        asked = {.instance = target->instance,
                 .wanted = wanted_of(question),
                 .code_always = target->code_always,
                 .application = target->application,
                 .username = question.username,
                 .password = question.password,
                 .code = question.code,
                 .proven_at = open.proven_at,
                 .now = wall};
        open_.emplace(id, std::move(open));
    }
    source_.check(std::move(asked),
                  [this, process, id](const IdentityAnswer& said) { conclude(process, id, said); });
}

/// Why the question is not even put, or nothing. A token was proven by its seal: nothing is guessed
/// with it, so it is not counted and not locked out by somebody who guesses beside.
std::optional<bridge::LoginAnswer> Logins::begin(Open& open, const bridge::LoginQuestion& question,
                                                 Instant now) {
    if (question.proof == bridge::LoginProof::token) return std::nullopt;
    const auto user = users_.begin(open.user_key, now);
    if (user.entry == Entry::locked) return locked(user.wait);
    if (user.entry == Entry::busy) return refusal(Cause::login_unavailable);
    const auto network = networks_.begin(open.network_key, now);
    if (network.entry != Entry::open) {
        users_.conclude(open.user_key, Ending::undecided, now);
        return network.entry == Entry::locked ? locked(network.wait)
                                              : refusal(Cause::login_unavailable);
    }
    open.throttled = true;
    if (question.proof != bridge::LoginProof::full || question.state.empty()) return std::nullopt;
    if (take_challenge(open, question, now)) return std::nullopt;
    settle(open, Ending::wrong);
    return refusal(Cause::login_refused, "this question was answered already, or too late");
}

/// Counted from the moment of asking: how long the source took prolongs no pause. Who knows one
/// password may yet guess at those of others, so that of the network's wrong ones a right one takes
/// away no more than were this user's.
void Logins::settle(const Open& open, Ending ending) {
    const bool right = ending == Ending::right;
    const std::uint32_t own = users_.standing(open.user_key).wrong;
    users_.conclude(open.user_key, ending, open.asked_at);
    networks_.conclude(open.network_key, right ? Ending::undecided : ending, open.asked_at);
    if (right) networks_.forgive(open.network_key, own);
    if (ending != Ending::wrong && (!right || own == 0)) return;
    keep(users_, open.user_key, open);
    keep(networks_, open.network_key, open);
}

/// Without the store the count lives as long as this process.
void Logins::keep(const model::LoginThrottle& throttle, const std::string& key, const Open& open) {
    const auto standing = throttle.standing(key);
    const auto pause = std::chrono::ceil<std::chrono::seconds>(
        std::max(Duration{}, standing.locked_until - open.asked_at));
    static_cast<void>(ports_.books.write_login_failures({.key = key,
                                                         .wrong = standing.wrong,
                                                         .locked_until = open.wall + pause,
                                                         .touched = open.wall}));
}

/// A name that was typed may be a password: what is stored is a hash.
std::string Logins::key_of(const char* kind, const std::string& what) const {
    return std::string(kind) + "/" + ports_.authority.digest(what);
}

std::string Logins::user_key(const std::string& instance, const std::string& name) const {
    return key_of("user", instance + "/" + model::folded_name(name));
}

Logins::Pause Logins::pause_of(const model::IdaasUser& user, Instant now, UnixTime wall) {
    remember_failures(now, wall);
    const std::lock_guard lock(mutex_);
    const auto standing = users_.standing(user_key(user.instance.text, user.name));
    return {standing.wrong, std::max(Duration{}, standing.locked_until - now)};
}

Outcome<void> Logins::unlock(const Call& call, const std::string& id) {
    const std::lock_guard turn(ports_.turn);
    std::string key;
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "UnlockIDaaSUser", Parameters().add("UserId", id)),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto user = own_idaas_user(ledger, call, id);
            if (!user) return unexpected(user.error());
            key = user_key(user->instance.text, user->name);
            return Receipt{id, user->name};
        });
    if (!receipt) return unexpected(receipt.error());
    if (key.empty()) return {};  // a repeated token: what was counted since then stays
    const std::lock_guard lock(mutex_);
    users_.forgive(key);
    return ports_.books.write_login_failures(
        {.key = key, .wrong = 0, .locked_until = call.now, .touched = call.now});
}

/// At the first question: what stood when an earlier process ended. Until the store has answered,
/// each question asks it again.
void Logins::remember_failures(Instant now, UnixTime wall) {
    const std::lock_guard turn(ports_.turn);
    const std::lock_guard lock(mutex_);
    if (failures_known_) return;
    const auto rows = ports_.books.login_failures();
    if (!rows) return;
    failures_known_ = true;
    for (const LoginFailures& row : *rows) {
        model::LoginThrottle& throttle = row.key.starts_with("user/") ? users_ : networks_;
        throttle.restore(row.key,
                         {.wrong = row.wrong,
                          .locked_until = now + (row.locked_until - wall),
                          .touched = now + (row.touched - wall)},
                         now);
    }
}

/// Once: whoever presents a state uses it up.
bool Logins::take_challenge(Open& open, const bridge::LoginQuestion& question, Instant now) {
    const auto challenge = challenges_.take(question.state);
    if (!challenge) return false;
    open.proven_at = challenge->proven_at;
    return challenge->instance == open.instance && now < challenge->until &&
           challenge->server == question.server_id &&
           challenge->common_name == question.common_name &&
           model::folded_name(challenge->username) == model::folded_name(question.username);
}

void Logins::conclude(std::uint64_t process, std::uint64_t id, const IdentityAnswer& said) {
    const std::lock_guard turn(ports_.turn);
    const std::lock_guard lock(mutex_);
    const auto found = open_.find(id);
    if (process != process_ || found == open_.end()) return;
    if (said.verdict == IdentityVerdict::page) return say(id, translate(found->second, said));
    const Open open = std::move(found->second);
    open_.erase(found);
    if (open.throttled) settle(open, ending_of(said));
    if (said.verdict == IdentityVerdict::accepted) proofs_.put(open.session, open.proven_at);
    const bridge::LoginAnswer answer = translate(open, said);
    answered_.emplace(id, answer);
    if (answered_.size() > remembered_max) answered_.erase(answered_.begin());
    say(id, answer);
}

bridge::LoginAnswer Logins::translate(const Open& open, const IdentityAnswer& said) {
    bridge::LoginAnswer answer;
    switch (said.verdict) {
        case IdentityVerdict::accepted:
            if (said.username.empty()) break;
            answer.verdict = bridge::LoginVerdict::accepted;
            answer.username = said.username;
            return answer;
        case IdentityVerdict::refused:
            return refusal(cause_of(said), said.text);
        case IdentityVerdict::code_wanted:
            answer.verdict = bridge::LoginVerdict::ask_code;
            answer.text = code_prompt;
            answer.state = new_challenge(open);
            answer.wait_seconds = static_cast<std::uint32_t>(challenge_life / 1s);
            return answer;
        case IdentityVerdict::page:
            answer.verdict = bridge::LoginVerdict::open_page;
            answer.text = said.text;
            answer.wait_seconds = static_cast<std::uint32_t>(challenge_life / 1s);
            return answer;
        case IdentityVerdict::unavailable:
            break;
    }
    return refusal(Cause::login_unavailable);
}

std::string Logins::new_challenge(const Open& open) {
    const std::string state = to_hex(ports_.random.array<state_octets>());
    challenges_.put(state, {.server = open.server,
                            .instance = open.instance,
                            .username = open.username,
                            .common_name = open.common_name,
                            .until = open.asked_at + challenge_life,
                            .proven_at = open.proven_at});
    return state;
}

std::optional<UnixTime> Logins::take_proof(std::uint64_t session) {
    const std::lock_guard lock(mutex_);
    return proofs_.take(session);
}

void Logins::say(std::uint64_t id, const bridge::LoginAnswer& answer) {
    ready_.push_back({id, answer});
    ports_.gatekeeper.logins_ready();
}

}  // namespace kanmon::usecases
