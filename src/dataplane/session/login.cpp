// User names, passwords, codes, pages and tokens: who uses the connection, as control sees it.
//
// The handshake waits in `proving` without anybody waiting for it: control's answer may take five
// minutes, AUTH_PENDING keeps the client waiting, and what it says meanwhile (PUSH_REQUEST above
// all) is only remembered. A renegotiation waits by holding our half of the key exchange back: the
// old key stays in force. It never asks for a code: within one connection a code was given once,
// and a token or the password again stands for it.
// Source: wire reference, section 25.
#include "base/base64.h"
#include "dataplane/session/refusal.h"
#include "dataplane/session/session_state.h"

namespace kanmon::session {

namespace {

template <class... Handlers>
struct Overloaded : Handlers... {
    using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

/// What control says must be a reason to refuse; anything else is refused all the same.
Cause refusal_cause(const bridge::LoginAnswer& answer) {
    const bool refuses = row_of(answer.cause).kind == CauseKind::refuse;
    return refuses ? answer.cause : Cause::login_refused;
}

}  // namespace

UnixTime Session::State::wall() const {
    return start.began + std::chrono::floor<std::chrono::seconds>(now - created);
}

LoginPlan Session::State::plan(const wire::ClientKeyMethod2& message) const {
    return plan_login({.server = profile.server,
                       .certificate = certificate,
                       .peer = peer,
                       .username = message.username,
                       .password = message.password.view(),
                       .now = wall()});
}

void Session::State::ask(LoginRequest request) {
    request.number = ++login.number;
    login.waits = true;
    emit(std::move(request));
}

// --- the first key exchange ----------------------------------------------------------------------

void Session::State::prove(wire::ClientKeyMethod2 message) {
    if (!life.take(Step::identified)) return;
    login.begun = now;
    login.claimed = std::move(message.username);
    message.username = login.claimed;
    LoginPlan planned = plan(message);
    if (std::holds_alternative<NothingToProve>(planned)) return ask_admission();
    timers.clear(Timer::handshake);
    timers.set(Timer::login, now + login_limit);
    timers.set(Timer::pending, now + pending_after);
    std::visit(
        Overloaded{[](const NothingToProve&) {},
                   [&](const LoginRefused& refused) { turn_away(refused.cause, refused.detail); },
                   [&](const TokenHolds& token) {
                       login.token = token.claims;
                       LoginRequest request;
                       request.proof = bridge::LoginProof::token;
                       request.proven_at = token.claims.issued;
                       request.username = login.claimed;
                       ask(std::move(request));
                   },
                   [&](LoginRequest& request) { ask(std::move(request)); }},
        planned);
}

void Session::State::take_login(std::uint32_t number, const bridge::LoginAnswer& answer) {
    if (!login.waits || number != login.number) return;  // of a question that nobody has any more
    if (life.in(Phase::proving)) return take_first_login(answer);
    if (rekey) take_later_login(answer);
}

void Session::State::take_first_login(const bridge::LoginAnswer& answer) {
    switch (answer.verdict) {
        case bridge::LoginVerdict::accepted:
            return accept_login(answer.username, login.token ? login.token->issued : wall());
        case bridge::LoginVerdict::refused:
            login.waits = false;
            return turn_away(refusal_cause(answer), answer.text,
                             std::chrono::seconds(answer.wait_seconds));
        case bridge::LoginVerdict::ask_code:
            login.waits = false;
            return challenge(answer);
        case bridge::LoginVerdict::open_page:
            return open_page(answer);
    }
}

void Session::State::accept_login(const std::string& username, UnixTime at) {
    login.waits = false;
    if (username.empty()) return turn_away(Cause::login_unavailable, {});
    login.username = username;
    login.proven_at = at;
    timers.clear(Timer::login);
    timers.clear(Timer::pending);
    timers.set(Timer::handshake, now + handshake_limit);
    ask_admission();
}

void Session::State::challenge(const bridge::LoginAnswer& answer) {
    login.state = answer.state;
    if (challenge_form(peer) == ChallengeForm::connected_text) {
        login.challenged = true;
        say_pending();
        return keys.current->send_message(wire::text_challenge(answer.text));
    }
    // The client starts over with the code; what it has shown so far is known by the state.
    report_end(Cause::login_code_asked, bridge::Stage::admission, {});
    end(Cause::login_code_asked, {},
        wire::dynamic_challenge(answer.state, login.claimed, answer.text));
}

void Session::State::take_challenge_response(std::string_view argument) {
    if (!life.in(Phase::proving) || !login.challenged) return;  // nobody asked
    login.challenged = false;
    auto code = wire::decode_challenge_response(argument);
    if (!code) return turn_away(Cause::login_refused, "the answer cannot be read");
    LoginRequest request;
    request.username = login.claimed;
    request.code = std::move(*code);
    request.state = std::exchange(login.state, {});
    ask(std::move(request));
}

void Session::State::open_page(const bridge::LoginAnswer& answer) {
    const auto form = page_form(peer);
    if (!form) return turn_away(Cause::login_missing, "this program cannot open a login page");
    const auto message = wire::page_message(*form, answer.text);
    if (!message) return turn_away(Cause::login_unavailable, {});
    say_pending();
    keys.current->send_message(*message);
}

/// Once more after a while, because a client that hears nothing for two minutes starts over.
void Session::State::say_pending() {
    if (!life.in(Phase::proving)) return;
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(login_limit);
    const bool counts = peer.can(wire::Ability::auth_pending_keyword);
    keys.current->send_message(wire::auth_pending(
        counts ? std::optional(static_cast<std::uint32_t>(whole.count())) : std::nullopt));
    timers.set(Timer::pending, now + pending_again);
}

// --- renegotiations ------------------------------------------------------------------------------

void Session::State::prove_again(wire::ClientKeyMethod2 message) {
    LoginPlan planned = plan(message);
    const bool asked = !std::holds_alternative<NothingToProve>(planned);
    // A client that had no name was given one with its token.
    const bool same = message.username == login.claimed ||
                      (login.claimed.empty() && message.username == login.username);
    if (asked && !same) return refuse_later(Cause::identity_changed, {});
    std::visit(Overloaded{[&](const NothingToProve&) { complete_renegotiation(message); },
                          [&](const LoginRefused& refused) {
                              refuse_later(refused.cause, refused.detail);
                          },
                          // Whoever may not enter any more was disconnected when that was decided.
                          [&](const TokenHolds&) { complete_renegotiation(message); },
                          [&](LoginRequest& request) {
                              // An old code, a used state or a page prove nothing once more.
                              if (request.password.empty())
                                  return refuse_later(Cause::login_expired, {});
                              request.proof = bridge::LoginProof::same_session;
                              request.proven_at = login.proven_at;
                              request.code = SecretBuffer();
                              request.state.clear();
                              rekey = std::move(message);
                              ask(std::move(request));
                          }},
               planned);
}

void Session::State::take_later_login(const bridge::LoginAnswer& answer) {
    login.waits = false;
    if (answer.verdict == bridge::LoginVerdict::refused)
        return refuse_later(refusal_cause(answer), answer.text);
    if (answer.verdict != bridge::LoginVerdict::accepted)
        return refuse_later(Cause::login_expired, {});
    if (answer.username != login.username) return refuse_later(Cause::identity_changed, {});
    const wire::ClientKeyMethod2 message = std::move(*rekey);
    rekey.reset();
    complete_renegotiation(message);
}

void Session::State::refuse_later(Cause cause, std::string_view detail) {
    forget_later_login();
    end(cause, std::string(detail),
        refusal(cause, reason_text(cause, detail, certificate), peer).message);
}

void Session::State::forget_later_login() {
    if (!rekey) return;
    rekey.reset();
    login.waits = false;
}

// --- tokens --------------------------------------------------------------------------------------

std::vector<std::string> Session::State::token_options() {
    const bridge::Login& wanted = profile.server.login;
    if (login.username.empty() || wanted.token_seconds == 0 || wanted.token_key.empty()) return {};
    if (!login.token)
        login.token = TokenClaims{random.array<12>(), login.proven_at, login.proven_at};
    login.token->renewed = wall();
    const std::string& username = login.claimed.empty() ? login.username : login.claimed;
    const SecretBuffer token = make_token({profile.server, username, certificate}, *login.token);
    std::vector<std::string> options{"auth-token " + as_text(token.view())};
    if (login.claimed.empty())
        options.push_back("auth-token-user " + to_base64(as_bytes(username)));
    return options;
}

}  // namespace kanmon::session
