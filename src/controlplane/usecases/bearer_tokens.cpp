#include "controlplane/usecases/bearer_tokens.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/escape.h"
#include "controlplane/model/name.h"
#include "controlplane/usecases/credential_makers.h"
#include "controlplane/usecases/ownership.h"
#include "controlplane/usecases/parameters.h"
#include "controlplane/usecases/ticket_hash.h"

namespace kanmon::usecases {

namespace {

using model::TokenKind;

constexpr std::chrono::minutes use_noted_every{1};
constexpr std::string_view secret_of_nobody = "0000000000000000000000000000000000000000";

Unexpected<Refusal> login_refused() {
    return unexpected(
        Refusal{401, "InvalidLogin", "There is no active access key with this id and secret."});
}

Outcome<model::KeyRole> role_for(const Call& call, const std::string& wanted) {
    if (wanted.empty()) return call.actor.key_role;
    const auto role = model::check_key_role(wanted);
    if (!role || *role <= call.actor.key_role) return role;
    return model::illegal("Role", fmt::format("Role is {}, and the caller has the role {}; a "
                                              "token may do no more than who makes it.",
                                              wanted, model::key_role_text(call.actor.key_role)));
}

/// The key's tokens of this kind, oldest first; those that have ended are removed.
std::vector<model::BearerToken> alive(Ledger& ledger, const model::AccessKeyId& key, TokenKind kind,
                                      UnixTime now) {
    std::vector<model::BearerToken> rows;
    for (model::BearerToken& row : ledger.bearer_tokens().below(key.text)) {
        if (!model::is_alive(row, now))
            ledger.bearer_tokens().remove(row.id.text);
        else if (row.kind == kind)
            rows.push_back(std::move(row));
    }
    return rows;
}

Outcome<void> check_room(Ledger& ledger, const Call& call) {
    const model::AccessKeyId key{call.actor.access_key};
    if (alive(ledger, key, TokenKind::token, call.now).size() < model::tokens_of_key_max) return {};
    return model::refuse("Resource.QuotaFull",
                         fmt::format("The access key has {} bearer tokens, and may have no more; "
                                     "delete one first (DeleteBearerToken).",
                                     model::tokens_of_key_max));
}

Actor actor_of(const model::Account& account, const model::AccessKey& key,
               const std::string& request_id) {
    return {.account = account.id,
            .role = account.role,
            .access_key = key.id.text,
            .request_id = request_id,
            .key_role = key.role};
}

/// A new token of the caller's key, without its name, kind, role and end.
BearerTokenCreated made(Ports& ports, const Call& call) {
    BearerTokenCreated created{.row = {}, .token = Secret<32>(ports.random.array<32>())};
    created.row.id = model::make_bearer_token_id(ports.random);
    created.row.account = call.actor.account;
    created.row.access_key = {call.actor.access_key};
    created.row.token_hash = hash_of(ports.authority, created.token);
    created.row.created_at = call.now;
    created.row.used_at = call.now;
    return created;
}

}  // namespace

Refusal no_such_token() {
    return {401, "InvalidBearerToken",
            "This token has ended, was deleted or never was; make another (CreateBearerToken) or "
            "log in again."};
}

Outcome<BearerTokenCreated> BearerTokens::create(const Call& call,
                                                 const CreateBearerToken& request) {
    const std::lock_guard turn(ports_.turn);
    if (const auto fits = model::check_name(request.name); !fits) return unexpected(fits.error());
    const auto role = role_for(call, request.role);
    if (!role) return unexpected(role.error());
    const auto lifetime = model::check_token_lifetime(request.lifetime_seconds);
    if (!lifetime) return unexpected(lifetime.error());
    std::optional<BearerTokenCreated> created;
    const auto receipt = ports_.books.transact(
        call.actor,
        token_of(call, "CreateBearerToken",
                 Parameters()
                     .add("TokenName", request.name)
                     .add("Role", model::key_role_text(*role))
                     .add("LifetimeSeconds", request.lifetime_seconds)),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            if (const auto may = check_maker(ledger, call); !may) return unexpected(may.error());
            if (const auto room = check_room(ledger, call); !room) return unexpected(room.error());
            created = made(ports_, call);
            created->row.name = request.name;
            created->row.role = *role;
            created->row.expires_at = call.now + std::chrono::seconds(request.lifetime_seconds);
            ledger.bearer_tokens().put(created->row);
            return Receipt{created->row.id.text, request.name};
        });
    if (!receipt) return unexpected(receipt.error());
    if (created) return *created;
    return model::illegal("ClientToken",
                          fmt::format("This ClientToken made the token {} already, which was shown "
                                      "then and is not kept; make another one with another "
                                      "ClientToken.",
                                      receipt->subject));
}

Outcome<Page<model::BearerToken>> BearerTokens::list(const Call& call, const PageRequest& page) {
    const std::lock_guard turn(ports_.turn);
    return look_for<Page<model::BearerToken>>(ports_.books, [&](Ledger& ledger) {
        auto rows = ledger.bearer_tokens().of_account(call.actor.account);
        std::erase_if(rows, [&](const auto& row) { return !model::is_alive(row, call.now); });
        return page_of(std::move(rows), page);
    });
}

Outcome<void> BearerTokens::remove(const Call& call, const model::BearerTokenId& id) {
    const std::lock_guard turn(ports_.turn);
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "DeleteBearerToken", Parameters().add("TokenId", id.text)),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto row = own_bearer_token(ledger, call, id.text);
            if (!row) return unexpected(row.error());
            ledger.bearer_tokens().remove(id.text);
            return Receipt{id.text, row->name};
        });
    if (!receipt) return unexpected(receipt.error());
    return {};
}

Outcome<BearerTokenCreated> BearerTokens::log_in(const model::AccessKeyId& id,
                                                 const SecretBuffer& secret,
                                                 const std::string& request_id, UnixTime now) {
    const std::lock_guard turn(ports_.turn);
    std::optional<model::AccessKey> key;
    std::optional<model::Account> account;
    const auto looked = ports_.books.look([&](Ledger& ledger) {
        key = ledger.access_keys().find(id.text);
        if (key) account = ledger.accounts().find(key->account.text);
    });
    if (!looked) return unexpected(looked.error());
    SecretBuffer right(as_bytes(secret_of_nobody));
    if (key) {
        auto unsealed = ports_.sealer.unseal(key->sealed_secret, key->id.text);
        if (!unsealed) return unexpected(unsealed.error());
        right = std::move(*unsealed);
    }
    const bool matches = secret == right;
    if (!matches || !key || !account || !key->enabled) return login_refused();
    const Call call{.actor = actor_of(*account, *key, request_id),
                    .now = now,
                    .client_token = {},
                    .dry_run = false};
    BearerTokenCreated created = made(ports_, call);
    created.row.kind = TokenKind::session;
    created.row.role = key->role;
    created.row.expires_at = now + model::session_lifetime;
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "LogIn", Parameters()), [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto others = alive(ledger, key->id, TokenKind::session, now);
            if (others.size() >= model::tokens_of_key_max)
                ledger.bearer_tokens().remove(others.front().id.text);
            ledger.bearer_tokens().put(created.row);
            return Receipt{created.row.id.text, {}};
        });
    if (!receipt) return unexpected(receipt.error());
    return created;
}

Outcome<void> BearerTokens::log_out(const Call& call) {
    const std::lock_guard turn(ports_.turn);
    const auto receipt =
        ports_.books.transact(call.actor, token_of(call, "LogOut", Parameters()),
                              [&](Ledger& ledger) -> Outcome<Receipt> {
                                  ledger.bearer_tokens().remove(call.actor.bearer_token.text);
                                  return Receipt{call.actor.bearer_token.text, {}};
                              });
    if (!receipt) return unexpected(receipt.error());
    return {};
}

Outcome<TokenHolder> BearerTokens::holder(const model::TokenTicket& ticket, UnixTime now) {
    const std::lock_guard turn(ports_.turn);
    std::optional<model::BearerToken> token;
    std::optional<model::AccessKey> key;
    std::optional<model::Account> account;
    const auto looked = ports_.books.look([&](Ledger& ledger) {
        token = ledger.bearer_tokens().find(ticket.id.text);
        if (token) key = ledger.access_keys().find(token->access_key.text);
        if (key) account = ledger.accounts().find(key->account.text);
    });
    if (!looked) return unexpected(looked.error());
    const Buffer shown = hash_of(ports_.authority, ticket.token);
    if (!token || !constant_time_equal(shown, token->token_hash))
        return unexpected(no_such_token());
    if (!model::is_alive(*token, now) || !key || !key->enabled || !account)
        return unexpected(no_such_token());
    // Without the store nothing is noted, and a session ends an hour after what was.
    if (now >= token->used_at + use_noted_every)
        static_cast<void>(ports_.books.write_token_use(token->id, now));
    return TokenHolder{.credential = {.access_key = key->id,
                                      .account = account->id,
                                      .role = account->role,
                                      .key_role = std::min(token->role, key->role),
                                      .secret = {}},
                       .token = token->id};
}

}  // namespace kanmon::usecases
