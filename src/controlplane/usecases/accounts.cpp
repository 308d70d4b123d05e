#include "controlplane/usecases/accounts.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/escape.h"
#include "controlplane/model/name.h"
#include "controlplane/usecases/credential_makers.h"
#include "controlplane/usecases/ownership.h"
#include "controlplane/usecases/parameters.h"

namespace kanmon::usecases {

namespace {

constexpr std::size_t administrators_max = 2;
constexpr std::size_t others_max = 20;
constexpr std::chrono::minutes use_noted_every{1};
constexpr std::size_t secret_length = 40;  // 206 bits

/// A new key of the account, sealed.
Outcome<model::AccessKey> make_key(Ports& ports, const model::AccountId& account, UnixTime now) {
    model::AccessKey key;
    key.id = model::make_access_key_id(ports.random);
    key.account = account;
    key.created_at = now;
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

bool administers(const model::AccessKey& key) {
    return key.enabled && key.role == model::KeyRole::administrator;
}

/// The account with the first of its keys that `fits`.
template <class Condition>
Outcome<AccountCreated> with_key(Ports& ports, Ledger& ledger, const std::string& id,
                                 Condition fits) {
    const auto account = ledger.accounts().find(id);
    const auto keys = ledger.access_keys().below(id);
    const auto key = std::ranges::find_if(keys, fits);
    if (!account || key == keys.end())
        return model::refuse("InvalidAccessKeyId.NotFound",
                             "The access key that was made with this account is there no more.");
    return revealed(ports, *account, *key);
}

/// What would leave the account without anybody who may give out keys.
Outcome<void> check_another_administers(Ledger& ledger, const model::AccessKey& key) {
    const auto keys = ledger.access_keys().below(key.account.text);
    if (!administers(key) || std::ranges::count_if(keys, administers) > 1) return {};
    return model::refuse("OperationDenied.LastAccessKey",
                         "This is the account's last active access key of an administrator; "
                         "create another first.");
}

Outcome<void> check_room(Ledger& ledger, const model::AccountId& account, model::KeyRole role) {
    const bool administrator = role == model::KeyRole::administrator;
    const auto alike = [&](const model::AccessKey& key) {
        return (key.role == model::KeyRole::administrator) == administrator;
    };
    const auto keys = ledger.access_keys().below(account.text);
    const auto there = static_cast<std::size_t>(std::ranges::count_if(keys, alike));
    if (there < (administrator ? administrators_max : others_max)) return {};
    return model::refuse(
        "Resource.QuotaFull",
        fmt::format("An account has at most {} access keys of administrators and {} others; delete "
                    "one first.",
                    administrators_max, others_max));
}

Unexpected<Refusal> no_such_key(const model::AccessKeyId& id) {
    return model::not_found("InvalidAccessKeyId.NotFound", "access key", escaped(id.text, 64));
}

/// Keys of other accounts are keys that do not exist.
Outcome<model::AccessKey> own_key(Ledger& ledger, const Call& call, const model::AccessKeyId& id) {
    const auto key = ledger.access_keys().find(id.text);
    if (!key || key->account != call.actor.account) return no_such_key(id);
    return *key;
}

AccessKeyView view_of(Ledger& ledger, model::AccessKey key) {
    AccessKeyView view{.key = std::move(key), .last_used = {}};
    if (const auto use = ledger.access_key_uses().find(view.key.id.text))
        view.last_used = use->used_at;
    return view;
}

}  // namespace

Outcome<AccountCreated> Accounts::create(const Call& call, const CreateAccount& request) {
    const std::lock_guard turn(ports_.turn);
    if (call.actor.role != model::Role::root)
        return model::forbidden("Only the installation's operator creates accounts.");
    if (auto may = check_maker(ports_.books, call); !may) return unexpected(may.error());
    if (const auto name = model::check_name(request.name); !name) return unexpected(name.error());
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "CreateAccount", Parameters().add("Name", request.name)),
        [&](Ledger& ledger) {
            return open_account(ports_, ledger, request.name, model::Role::owner, call.now);
        });
    if (!receipt) return unexpected(receipt.error());
    return look_for<AccountCreated>(ports_.books, [&](Ledger& ledger) {
        const auto account = ledger.accounts().find(receipt->subject);
        return with_key(ports_, ledger, receipt->subject, [&](const model::AccessKey& key) {
            return account && key.created_at == account->created_at;
        });
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

Outcome<std::vector<AccessKeyView>> Accounts::access_keys(const Call& call) {
    const std::lock_guard turn(ports_.turn);
    using Views = std::vector<AccessKeyView>;
    return look_for<Views>(ports_.books, [&](Ledger& ledger) -> Outcome<Views> {
        Views views;
        for (model::AccessKey& key : ledger.access_keys().below(call.actor.account.text))
            views.push_back(view_of(ledger, std::move(key)));
        return views;
    });
}

Outcome<AccountCreated> Accounts::create_access_key(const Call& call,
                                                    const CreateAccessKey& request) {
    const std::lock_guard turn(ports_.turn);
    if (auto may = check_maker(ports_.books, call); !may) return unexpected(may.error());
    const auto role = model::check_key_role(request.role);
    if (!role) return unexpected(role.error());
    if (const auto name = model::check_name(request.name); !name) return unexpected(name.error());
    const auto receipt = ports_.books.transact(
        call.actor,
        token_of(
            call, "CreateAccessKey",
            Parameters().add("Role", model::key_role_text(*role)).add("KeyName", request.name)),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto room = check_room(ledger, call.actor.account, *role);
            if (!room) return unexpected(room.error());
            auto key = make_key(ports_, call.actor.account, call.now);
            if (!key) return unexpected(key.error());
            key->role = *role;
            key->name = request.name;
            ledger.access_keys().put(*key);
            return Receipt{key->id.text, key->name};
        });
    if (!receipt) return unexpected(receipt.error());
    return look_for<AccountCreated>(ports_.books, [&](Ledger& ledger) -> Outcome<AccountCreated> {
        const auto account = ledger.accounts().find(call.actor.account.text);
        const auto key = own_key(ledger, call, {receipt->subject});
        if (!account || !key) return no_such_key({receipt->subject});
        return revealed(ports_, *account, *key);
    });
}

Outcome<AccessKeyView> Accounts::update_access_key(const Call& call,
                                                   const UpdateAccessKey& request) {
    const std::lock_guard turn(ports_.turn);
    const auto enabled = model::check_key_status(request.status);
    if (!enabled) return unexpected(enabled.error());
    if (*enabled)
        if (auto may = check_maker(ports_.books, call); !may) return unexpected(may.error());
    const auto receipt = ports_.books.transact(
        call.actor,
        token_of(call, "UpdateAccessKey",
                 Parameters().add("AccessKeyId", request.id.text).add("Status", request.status)),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            auto key = own_key(ledger, call, request.id);
            if (!key) return unexpected(key.error());
            if (!*enabled)
                if (const auto other = check_another_administers(ledger, *key); !other)
                    return unexpected(other.error());
            if (!*enabled) remove_tokens(ledger, key->id);
            key->enabled = *enabled;
            ledger.access_keys().put(*key);
            return Receipt{key->id.text, key->name};
        });
    if (!receipt) return unexpected(receipt.error());
    return look_for<AccessKeyView>(ports_.books, [&](Ledger& ledger) -> Outcome<AccessKeyView> {
        auto key = own_key(ledger, call, request.id);
        if (!key) return unexpected(key.error());
        return view_of(ledger, std::move(*key));
    });
}

Outcome<void> Accounts::delete_access_key(const Call& call, const model::AccessKeyId& id) {
    const std::lock_guard turn(ports_.turn);
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "DeleteAccessKey", Parameters().add("AccessKeyId", id.text)),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto key = own_key(ledger, call, id);
            if (!key) return unexpected(key.error());
            if (const auto other = check_another_administers(ledger, *key); !other)
                return unexpected(other.error());
            remove_tokens(ledger, id);
            ledger.access_key_uses().remove(id.text);
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
        if (!key->enabled)
            return model::refuse("InvalidAccessKeyId.Inactive",
                                 fmt::format("The access key {} is disabled; an administrator of "
                                             "the account can enable it (UpdateAccessKey).",
                                             key->id.text));
        auto secret = ports_.sealer.unseal(key->sealed_secret, key->id.text);
        if (!secret) return unexpected(secret.error());
        return Credential{key->id, account->id, account->role, key->role, std::move(*secret)};
    });
}

void Accounts::note_use(const Credential& credential, UnixTime now) {
    const std::lock_guard turn(ports_.turn);
    const auto [noted, first] = use_noted_.try_emplace(credential.access_key.text, now);
    if (!first && now < noted->second + use_noted_every) return;
    noted->second = now;
    // Without the store nothing is noted; the next use after a minute tries again.
    static_cast<void>(ports_.books.write_key_use(
        {.id = credential.access_key, .account = credential.account, .used_at = now}));
}

Outcome<Page<AuditRow>> Accounts::audit(const Call& call, const DescribeAuditRecords& request) {
    const std::lock_guard turn(ports_.turn);
    AuditQuery query{.account = call.actor.account,
                     .action = request.action,
                     .subject = request.resource,
                     .access_key = request.access_key,
                     .page = request.page};
    if (const auto page = check_page(request.page); !page) return unexpected(page.error());
    if (const auto times = check_times(request.from, request.to); !times)
        return unexpected(times.error());
    if (request.from) query.from = unix_time_of(*request.from);
    if (request.to) query.to = unix_time_of(*request.to);
    return ports_.books.audit(query);
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
        ports_.books, [&](Ledger& ledger) { return with_key(ports_, ledger, root, administers); });
}

}  // namespace kanmon::usecases
