// What stands in `Authorization: Bearer` instead of a signature: it acts as an access key, with a
// role that is not above the key's.
#pragma once

#include <string>
#include <string_view>

#include "controlplane/model/account.h"
#include "controlplane/model/ticket.h"

namespace kanmon::model {

inline constexpr std::chrono::hours session_lifetime{12};
inline constexpr std::chrono::hours session_idle_max{1};
inline constexpr std::int64_t token_seconds_min = 60;
inline constexpr std::int64_t token_seconds_max = std::int64_t{90} * 24 * 3600;
inline constexpr std::size_t tokens_of_key_max = 20;  // and as many sessions

enum class TokenKind : std::uint8_t {
    token,   // made for a program
    session  // made by logging in; ends also when nobody uses it
};
std::string_view token_kind_text(TokenKind kind);

struct BearerToken {
    BearerTokenId id;
    AccountId account;
    AccessKeyId access_key;
    std::string name;  // for people
    TokenKind kind = TokenKind::token;
    KeyRole role = KeyRole::viewer;
    Buffer token_hash;
    UnixTime created_at{};
    UnixTime expires_at{};
    UnixTime used_at{};  // not exact: see `BearerTokens::holder`
    friend bool operator==(const BearerToken&, const BearerToken&) = default;
};

/// False after its end, and of a session that was idle.
bool is_alive(const BearerToken& token, UnixTime now);

/// 60 to 7776000. IllegalParam.LifetimeSeconds.
Outcome<void> check_token_lifetime(std::int64_t seconds);

using TokenTicket = Ticket<BearerTokenTag>;
/// Nothing unless it has the shape of a token; of hostile text.
std::optional<TokenTicket> parse_token(std::string_view text);

}  // namespace kanmon::model
