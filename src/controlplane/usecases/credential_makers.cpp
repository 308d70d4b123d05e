#include "controlplane/usecases/credential_makers.h"

#include "controlplane/usecases/ownership.h"

namespace kanmon::usecases {

Outcome<void> check_maker(Ledger& ledger, const Call& call) {
    if (call.actor.bearer_token.empty()) return {};
    const auto token = ledger.bearer_tokens().find(call.actor.bearer_token.text);
    if (token && token->kind == model::TokenKind::session) return {};
    return unexpected(Refusal{403, "Forbidden.BearerToken",
                              "A token makes no tokens, access keys or accounts and enables no "
                              "access key: sign with the access key, or log in."});
}

Outcome<void> check_maker(Books& books, const Call& call) {
    return look_for<void>(books, [&](Ledger& ledger) { return check_maker(ledger, call); });
}

}  // namespace kanmon::usecases
