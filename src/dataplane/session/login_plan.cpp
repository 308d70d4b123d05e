#include "dataplane/session/login_plan.h"

#include <algorithm>
#include <array>

#include "dataplane/wire/text_fields.h"

namespace kanmon::session {

namespace {

constexpr std::array<std::string_view, 3> known_methods{"crtext", "openurl", "webauth"};
constexpr std::size_t announced_words_max = 16;

/// The words of IV_SSO that we know, each once, in our order.
std::vector<std::string> methods_of(const wire::PeerInfo& peer) {
    std::array<bool, known_methods.size()> announced{};
    wire::TextFields words(peer.sso, ',');
    for (std::size_t i = 0; i < announced_words_max; ++i) {
        const auto word = words.next();
        if (!word) break;
        for (std::size_t k = 0; k < known_methods.size(); ++k)
            announced[k] = announced[k] || *word == known_methods[k];
    }
    std::vector<std::string> methods;
    for (std::size_t k = 0; k < known_methods.size(); ++k)
        if (announced[k]) methods.emplace_back(known_methods[k]);
    return methods;
}

bool announces(const wire::PeerInfo& peer, std::string_view method) {
    const auto methods = methods_of(peer);
    return std::ranges::find(methods, method) != methods.end();
}

LoginRefused too_long(std::string_view what) {
    return {Cause::login_refused, std::string(what) + " is longer than 128 octets"};
}

LoginPlan refuse_form(Cause why) {
    if (why == Cause::oversize) return too_long("a password or code");
    return LoginRefused{Cause::login_refused, "the password field cannot be read"};
}

LoginPlan plan_token(const LoginFacts& facts) {
    const auto claims =
        check_token(facts.password, {facts.server, facts.username, facts.certificate}, facts.now);
    if (!claims) return LoginRefused{Cause::login_expired, {}};
    return TokenHolds{*claims};
}

LoginPlan plan_page(const LoginFacts& facts, LoginRequest request) {
    if (!facts.server.login.web) return LoginRefused{Cause::login_missing, {}};
    if (!page_form(facts.peer))
        return LoginRefused{Cause::login_missing, "this program cannot open a login page"};
    return request;
}

}  // namespace

bool asks_for_login(const bridge::Login& login) {
    return login.password || login.code || login.web;
}

LoginPlan plan_login(const LoginFacts& facts) {
    if (!asks_for_login(facts.server.login)) return NothingToProve{};
    if (facts.username.size() > wire::login_field_octets_max) return too_long("the user name");
    LoginRequest request;
    request.username = facts.username;
    request.methods = methods_of(facts.peer);
    switch (wire::form_of(facts.password)) {
        case wire::PasswordForm::token:
            return plan_token(facts);
        case wire::PasswordForm::dynamic_response: {
            auto sent = wire::decode_dynamic_response(facts.password);
            if (!sent) return refuse_form(sent.error());
            request.state = std::move(sent->state);
            request.code = std::move(sent->code);
            break;
        }
        case wire::PasswordForm::static_response: {
            auto sent = wire::decode_static_response(facts.password);
            if (!sent) return refuse_form(sent.error());
            request.password = std::move(sent->password);
            request.code = std::move(sent->code);
            break;
        }
        case wire::PasswordForm::plain:
            if (facts.password.size() > wire::login_field_octets_max)
                return too_long("the password");
            request.password = SecretBuffer(facts.password);
            break;
    }
    const bool proves = !request.password.empty() || !request.state.empty();
    if (facts.username.empty() || !proves) return plan_page(facts, std::move(request));
    return request;
}

ChallengeForm challenge_form(const wire::PeerInfo& peer) {
    return announces(peer, "crtext") ? ChallengeForm::connected_text : ChallengeForm::dynamic;
}

std::optional<wire::PageForm> page_form(const wire::PeerInfo& peer) {
    if (announces(peer, "webauth")) return wire::PageForm::web_auth;
    if (announces(peer, "openurl")) return wire::PageForm::open_url;
    return std::nullopt;
}

}  // namespace kanmon::session
