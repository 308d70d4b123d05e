#include "controlplane/model/bearer_token.h"

#include <fmt/core.h>

namespace kanmon::model {

std::string_view token_kind_text(TokenKind kind) {
    return kind == TokenKind::session ? "session" : "token";
}

bool is_alive(const BearerToken& token, UnixTime now) {
    if (now >= token.expires_at) return false;
    return token.kind != TokenKind::session || now < token.used_at + session_idle_max;
}

Outcome<void> check_token_lifetime(std::int64_t seconds) {
    if (seconds >= token_seconds_min && seconds <= token_seconds_max) return {};
    return illegal("LifetimeSeconds",
                   fmt::format("LifetimeSeconds is {}; a token lives for {} to {} seconds (90 "
                               "days).",
                               seconds, token_seconds_min, token_seconds_max));
}

std::optional<TokenTicket> parse_token(std::string_view text) {
    return read_ticket_of<BearerTokenTag>(text, "tok-");
}

}  // namespace kanmon::model
