#include "controlplane/usecases/accounts.h"

#include <algorithm>

#include "base/escape.h"
#include "controlplane/model/name.h"
#include "controlplane/usecases/ownership.h"
#include "controlplane/usecases/parameters.h"

namespace kanmon::usecases {

namespace {

constexpr std::size_t access_keys_max = 2;
constexpr std::size_t secret_length = 40;  // 206 bits

/// A new key of the account, sealed.
Outcome<model::AccessKey> make_key(Ports& ports, const model::AccountId& account, UnixTime now) {
    model::AccessKey key{.id = model::make_access_key_id(ports.random),
                         .account = account,
                         .sealed_secret = {},
                         .created_at = now};
    const SecretBuffer secret(as_bytes(model::random_alphanumerics(ports.random, secret_length)));
    auto sealed = ports.sealer.seal(secret.view(), key.id.text);
    if (!sealed) return unexpected(sealed.error());
    key.sealed_secret = std::move(*sealed);
    return key;
}

Outcome<Receipt> open_account(Ports& ports, Ledger& ledger, const std::string& name,
                              model::Role role, UnixTime now) {
    const model::Account account{
        .id = model::make_account_id(ports.random), .name = name, .role = role, .created_at = now};
    const auto key = make_key(ports, account.id, now);
    if (!key) return unexpected(key.error());
    ledger.accounts().put(account);
    ledger.access_keys().put(*key);
    return Receipt{account.id.text, account.name};
}

Outcome<AccountCreated> revealed(Ports& ports, const model::Account& account,
                                 const model::AccessKey& key) {
    auto secret = ports.sealer.unseal(key.sealed_secret, key.id.text);
    if (!secret) return unexpected(secret.error());
    return AccountCreated{account.id, account.name, key.id, std::move(*secret)};
}

/// The account with its first key.
Outcome<AccountCreated> with_first_key(Ports& ports, Ledger& ledger, const std::string& id) {
    const auto account = ledger.accounts().find(id);
    const auto keys = ledger.access_keys().below(id);
    if (!account || keys.empty()) return model::unavailable("The account has no access key.");
    return revealed(ports, *account, keys.front());
}

Unexpected<Refusal> no_such_key(const model::AccessKeyId& id) {
    return model::not_found("InvalidAccessKeyId.NotFound", "access key", escaped(id.text, 64));
}

}  // namespace

Outcome<AccountCreated> Accounts::create(const Call& call, const CreateAccount& request) {
    const std::lock_guard turn(ports_.turn);
    if (call.actor.role != model::Role::root)
        return model::forbidden("Only the installation's operator creates accounts.");
    if (const auto name = model::check_name(request.name); !name) return unexpected(name.error());
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "CreateAccount", Parameters().add("Name", request.name)),
        [&](Ledger& ledger) {
            return open_account(ports_, ledger, request.name, model::Role::owner, call.now);
        });
    if (!receipt) return unexpected(receipt.error());
    return look_for<AccountCreated>(ports_.books, [&](Ledger& ledger) {
        return with_first_key(ports_, ledger, receipt->subject);
    });
}

Outcome<Page<model::Account>> Accounts::list(const Call& call, const PageRequest& page) {
    const std::lock_guard turn(ports_.turn);
    return look_for<Page<model::Account>>(ports_.books, [&](Ledger& ledger) {
        std::vector<model::Account> accounts = ledger.accounts().all();
        if (call.actor.role != model::Role::root)
            std::erase_if(accounts,
                          [&](const model::Account& a) { return a.id != call.actor.account; });
        return page_of(std::move(accounts), page);
    });
}

Outcome<std::vector<model::AccessKey>> Accounts::access_keys(const Call& call) {
    const std::lock_guard turn(ports_.turn);
    return look_for<std::vector<model::AccessKey>>(
        ports_.books, [&](Ledger& ledger) -> Outcome<std::vector<model::AccessKey>> {
            return ledger.access_keys().below(call.actor.account.text);
        });
}

Outcome<AccountCreated> Accounts::create_access_key(const Call& call) {
    const std::lock_guard turn(ports_.turn);
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "CreateAccessKey", Parameters()),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            if (ledger.access_keys().below(call.actor.account.text).size() >= access_keys_max)
                return model::refuse("Resource.QuotaFull",
                                     "An account has at most two access keys; delete one first.");
            const auto key = make_key(ports_, call.actor.account, call.now);
            if (!key) return unexpected(key.error());
            ledger.access_keys().put(*key);
            return Receipt{key->id.text, {}};
        });
    if (!receipt) return unexpected(receipt.error());
    return look_for<AccountCreated>(ports_.books, [&](Ledger& ledger) -> Outcome<AccountCreated> {
        const auto account = ledger.accounts().find(call.actor.account.text);
        const auto key = ledger.access_keys().find(receipt->subject);
        if (!account || !key) return no_such_key({receipt->subject});
        return revealed(ports_, *account, *key);
    });
}

Outcome<void> Accounts::delete_access_key(const Call& call, const model::AccessKeyId& id) {
    const std::lock_guard turn(ports_.turn);
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "DeleteAccessKey", Parameters().add("AccessKeyId", id.text)),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto key = ledger.access_keys().find(id.text);
            if (!key || key->account != call.actor.account) return no_such_key(id);
            if (ledger.access_keys().below(call.actor.account.text).size() == 1)
                return model::refuse(
                    "OperationDenied.LastAccessKey",
                    "This is the account's last access key; create another first.");
            ledger.access_keys().remove(id.text);
            return Receipt{id.text, {}};
        });
    if (!receipt) return unexpected(receipt.error());
    return {};
}

Outcome<Credential> Accounts::credential(const model::AccessKeyId& id) {
    const std::lock_guard turn(ports_.turn);
    return look_for<Credential>(ports_.books, [&](Ledger& ledger) -> Outcome<Credential> {
        const auto key = ledger.access_keys().find(id.text);
        const auto account =
            key ? ledger.accounts().find(key->account.text) : std::optional<model::Account>();
        if (!account) return no_such_key(id);
        auto secret = ports_.sealer.unseal(key->sealed_secret, key->id.text);
        if (!secret) return unexpected(secret.error());
        return Credential{key->id, account->id, account->role, std::move(*secret)};
    });
}

Outcome<AccountCreated> Accounts::ensure_root(UnixTime now) {
    const std::lock_guard turn(ports_.turn);
    std::string root;
    const auto looked = ports_.books.look([&](Ledger& ledger) {
        for (const model::Account& account : ledger.accounts().all())
            if (account.role == model::Role::root) root = account.id.text;
    });
    if (!looked) return unexpected(looked.error());
    if (root.empty()) {
        const Actor installation{.account = {},
                                 .role = model::Role::root,
                                 .access_key = "installation",
                                 .request_id = {}};
        const auto receipt = ports_.books.transact(installation,
                                                   {.client_token = {},
                                                    .action = "CreateRootAccount",
                                                    .parameters = {},
                                                    .dry_run = false,
                                                    .now = now},
                                                   [&](Ledger& ledger) {
                                                       return open_account(ports_, ledger, "root",
                                                                           model::Role::root, now);
                                                   });
        if (!receipt) return unexpected(receipt.error());
        root = receipt->subject;
    }
    return look_for<AccountCreated>(
        ports_.books, [&](Ledger& ledger) { return with_first_key(ports_, ledger, root); });
}

}  // namespace kanmon::usecases
