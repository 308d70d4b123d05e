// What a client still has to prove beside its certificate, and how it can be asked. Pure: a
// function of the server's settings, what the client announces and what it sent.
//
//     the password field holds     the plan
//     a token                      it holds: control is asked whether its user may still enter
//                                  else login_expired, and the client asks its person again
//     CRV1::state::code            asked of control, which gave the state
//     SCRV1:password:code          asked of control, both at once
//     a password                   asked of control; a code that is missing is asked for then
//     nothing                      a page where the server wants one and the client can open it,
//                                  else login_missing: an empty password never reaches anybody
//
// A server whose settings contradict each other (a code without a password) asks for more, never
// for less.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "bridge/messages.h"
#include "dataplane/session/auth_token.h"
#include "dataplane/wire/login_form.h"
#include "dataplane/wire/peer_info.h"

namespace kanmon::session {

/// What control is asked; the shard adds who asks from where.
struct LoginRequest {
    std::uint32_t number = 0;  // of this session's questions; its answer carries it too
    bridge::LoginProof proof = bridge::LoginProof::full;
    UnixTime proven_at{};  // when the user was last asked; only where `proof` is not `full`
    std::string username;
    SecretBuffer password;
    SecretBuffer code;
    std::string state;
    std::vector<std::string> methods;
};

struct NothingToProve {};
struct LoginRefused {
    Cause cause = Cause::login_refused;
    std::string detail;
};
struct TokenHolds {
    TokenClaims claims;
};
using LoginPlan = std::variant<NothingToProve, LoginRefused, TokenHolds, LoginRequest>;

struct LoginFacts {
    const bridge::SslServer& server;
    const std::optional<crypto::PeerCertificate>& certificate;
    const wire::PeerInfo& peer;
    std::string_view username;
    Bytes password;  // the field as it was sent
    UnixTime now{};
};

bool asks_for_login(const bridge::Login& login);

LoginPlan plan_login(const LoginFacts& facts);

/// How a client is asked for a code that it did not send: while it waits (CR_TEXT), or by refusing
/// it with a question that it answers on a new connection (CRV1), which all clients know.
enum class ChallengeForm : std::uint8_t { connected_text, dynamic };
ChallengeForm challenge_form(const wire::PeerInfo& peer);

/// How a client can be told to open a page, or nothing when it cannot.
std::optional<wire::PageForm> page_form(const wire::PeerInfo& peer);

}  // namespace kanmon::session
