// Auth-tokens: what a client that has logged in sends instead of its password, so that nobody is
// asked again at a renegotiation or a reconnect. Pure.
//
//     SESS_ID_AT_ <base64 of>
//       0          12        20         28                     60
//      +----------+---------+----------+----------------------+
//      | session  | issued  | renewed  | HMAC-SHA256          |
//      | random   | u64, s  | u64, s   | under the server's   |
//      +----------+---------+----------+ token key ------------+
//
// The HMAC also covers the server, the user name, the certificate that was shown and what the
// server asks for: a token is of no use to another user, with another certificate, on another
// server, or after its factors changed. `issued` is when the user was last asked; `renewed` is when
// this token was made, and differs from one renegotiation to the next.
// Source: wire reference, section 25 (the content is the server's own business).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"
#include "bridge/snapshot.h"
#include "dataplane/crypto/tls.h"

namespace kanmon::session {

struct TokenClaims {
    std::array<std::byte, 12> session{};
    UnixTime issued{};
    UnixTime renewed{};
    friend bool operator==(const TokenClaims&, const TokenClaims&) = default;
};

/// Whom a token speaks for.
struct TokenSubject {
    const bridge::SslServer& server;
    std::string_view username;  // as the client sends it
    const std::optional<crypto::PeerCertificate>& certificate;
};

/// A gateway's clock may have been set back by this much since a token was made.
inline constexpr std::chrono::seconds token_clock_tolerance = std::chrono::minutes(10);

/// 91 characters.
SecretBuffer make_token(const TokenSubject& subject, const TokenClaims& claims);

/// Nothing when it is no token of ours for this subject, or its life is over. Which of these it
/// was is told to nobody; how long the comparison takes does not tell it either.
std::optional<TokenClaims> check_token(Bytes token, const TokenSubject& subject, UnixTime now);

}  // namespace kanmon::session
