#include "controlplane/usecases/idaas.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/escape.h"
#include "controlplane/model/name.h"
#include "controlplane/usecases/assignments.h"
#include "controlplane/usecases/directory.h"
#include "controlplane/usecases/ownership.h"
#include "controlplane/usecases/parameters.h"

namespace kanmon::usecases {

namespace {

constexpr std::size_t instances_max = 20;
constexpr std::size_t users_max = 10000;

Outcome<model::IdaasUser> user_of(Books& books, const Call& call, const std::string& id) {
    return look_for<model::IdaasUser>(
        books, [&](Ledger& ledger) { return own_idaas_user(ledger, call, id); });
}

/// What a user's program calls the directory that its codes are for.
Outcome<std::string> issuer_of(Books& books, const model::IdaasUser& user) {
    return look_for<std::string>(books, [&](Ledger& ledger) -> Outcome<std::string> {
        const auto instance = ledger.idaas_instances().find(user.instance.text);
        return instance && !instance->name.empty() ? instance->name : "Kanmon";
    });
}

void forget_recovery_codes(Ledger& ledger, const model::IdaasUserId& user) {
    for (const auto& code : ledger.recovery_codes().below(user.text))
        ledger.recovery_codes().remove(code.id.text);
}

Outcome<void> check_new_user(Ledger& ledger, const Call& call, const std::string& instance,
                             const std::string& name) {
    if (const auto own = own_idaas_instance(ledger, call, instance); !own)
        return unexpected(own.error());
    if (ledger.idaas_user_named(instance, name))
        return model::illegal("UserName",
                              fmt::format("There is a user {} in {} already.", name, instance));
    if (ledger.idaas_users().count({Scope::Of::parent, instance}) < users_max) return {};
    return model::refuse("Resource.QuotaFull",
                         fmt::format("An identity source has at most {} users.", users_max));
}

}  // namespace

Outcome<model::IdaasInstance> Idaas::create(const Call& call, const std::string& name) {
    const std::lock_guard turn(ports_.turn);
    if (const auto fits = model::check_name(name); !fits) return unexpected(fits.error());
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "CreateIDaaSInstance", Parameters().add("Name", name)),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            if (ledger.idaas_instances().of_account(call.actor.account).size() >= instances_max)
                return model::refuse(
                    "Resource.QuotaFull",
                    fmt::format("An account has at most {} identity sources.", instances_max));
            const model::IdaasInstance instance{.id = model::make_idaas_instance_id(ports_.random),
                                                .account = call.actor.account,
                                                .name = name,
                                                .created_at = call.now};
            ledger.idaas_instances().put(instance);
            return Receipt{instance.id.text, name};
        });
    if (!receipt) return unexpected(receipt.error());
    return look_for<model::IdaasInstance>(ports_.books, [&](Ledger& ledger) {
        return own_idaas_instance(ledger, call, receipt->subject);
    });
}

Outcome<Page<model::IdaasInstance>> Idaas::list(const Call& call, const std::string& id,
                                                const PageRequest& page) {
    const std::lock_guard turn(ports_.turn);
    return look_for<Page<model::IdaasInstance>>(ports_.books, [&](Ledger& ledger) {
        auto instances = ledger.idaas_instances().of_account(call.actor.account);
        if (!id.empty())
            std::erase_if(instances,
                          [&](const model::IdaasInstance& row) { return row.id.text != id; });
        return page_of(std::move(instances), page);
    });
}

Outcome<void> Idaas::remove(const Call& call, const std::string& id) {
    const std::lock_guard turn(ports_.turn);
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "DeleteIDaaSInstance", Parameters().add("IDaaSInstanceId", id)),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto instance = own_idaas_instance(ledger, call, id);
            if (!instance) return unexpected(instance.error());
            if (const auto servers = servers_of(ledger, *instance); !servers.empty())
                return model::refuse(
                    "DependencyViolation",
                    fmt::format("The SSL server {} asks the identity source {}; give it another "
                                "or switch its login off first.",
                                servers.front().id.text, id));
            forget_groups_and_applications(ledger, instance->id);
            for (const auto& user : ledger.idaas_users().below(id)) {
                forget_recovery_codes(ledger, user.id);
                ledger.idaas_users().remove(user.id.text);
            }
            ledger.idaas_instances().remove(id);
            return Receipt{id, instance->name};
        });
    if (!receipt) return unexpected(receipt.error());
    return {};
}

/// The password's hash, which takes its time: only where `may` says that it will be used, and
/// without the turn. Empty where it says no; the turn is then kept, so that the change says no too
/// or was done by an earlier call.
Outcome<std::string> Idaas::hash_if(std::unique_lock<std::mutex>& turn,
                                    const SecretBuffer& password,
                                    const std::function<Outcome<void>(Ledger&)>& may) {
    if (!look_for<void>(ports_.books, may)) return std::string();
    turn.unlock();
    auto hash = ports_.hasher.hash_password(password.view());
    turn.lock();
    return hash;
}

Outcome<model::IdaasUser> Idaas::create_user(const Call& call, const CreateIdaasUser& request) {
    const auto name = model::check_user_name(request.name);
    if (!name) return unexpected(name.error());
    if (const auto fits = model::check_password(text_view(request.password.view())); !fits)
        return unexpected(fits.error());
    std::unique_lock turn(ports_.turn);
    const auto hash = hash_if(turn, request.password, [&](Ledger& ledger) {
        return check_new_user(ledger, call, request.instance, *name);
    });
    if (!hash) return unexpected(hash.error());
    const auto receipt = ports_.books.transact(
        call.actor,
        token_of(call, "CreateIDaaSUser",
                 Parameters().add("IDaaSInstanceId", request.instance).add("UserName", *name)),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            if (auto may = check_new_user(ledger, call, request.instance, *name); !may)
                return unexpected(may.error());
            const model::IdaasUser user{.id = model::make_idaas_user_id(ports_.random),
                                        .account = call.actor.account,
                                        .instance = {request.instance},
                                        .name = *name,
                                        .enabled = true,
                                        .password_hash = *hash,
                                        .sealed_totp = {},
                                        .created_at = call.now,
                                        .changed_at = call.now};
            ledger.idaas_users().put(user);
            return Receipt{user.id.text, user.name};
        });
    if (!receipt) return unexpected(receipt.error());
    return user_of(ports_.books, call, receipt->subject);
}

Outcome<Page<IdaasUserView>> Idaas::list_users(const Call& call, const std::string& instance,
                                               const PageRequest& page) {
    const std::lock_guard turn(ports_.turn);
    using Users = Page<IdaasUserView>;
    return look_for<Users>(ports_.books, [&](Ledger& ledger) -> Outcome<Users> {
        const auto own = own_idaas_instance(ledger, call, instance);
        if (!own) return unexpected(own.error());
        auto rows = page_of(ledger.idaas_users().below(instance), page);
        if (!rows) return unexpected(rows.error());
        Users users{.items = {}, .number = rows->number, .size = rows->size, .total = rows->total};
        for (model::IdaasUser& user : rows->items) {
            const std::size_t left = ledger.recovery_codes().below(user.id.text).size();
            users.items.push_back({.user = std::move(user), .recovery_codes_left = left});
        }
        return users;
    });
}

Outcome<model::IdaasUser> Idaas::modify_user(const Call& call, const ModifyIdaasUser& request) {
    std::string hash;
    std::unique_lock turn(ports_.turn);
    if (request.password) {
        if (const auto fits = model::check_password(text_view(request.password->view())); !fits)
            return unexpected(fits.error());
        auto made = hash_if(turn, *request.password, [&](Ledger& ledger) -> Outcome<void> {
            const auto user = own_idaas_user(ledger, call, request.id);
            return user ? Outcome<void>() : unexpected(user.error());
        });
        if (!made) return unexpected(made.error());
        hash = std::move(*made);
    }
    bool ends = false;  // a repeated token sends nobody away who has come back meanwhile
    const Parameters parameters = Parameters()
                                      .add("UserId", request.id)
                                      .add("Enabled", request.enabled)
                                      .add("PasswordChanged", request.password.has_value());
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "ModifyIDaaSUser", parameters),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            auto user = own_idaas_user(ledger, call, request.id);
            if (!user) return unexpected(user.error());
            const bool switched = request.enabled && *request.enabled != user->enabled;
            if (request.password) user->password_hash = hash;
            if (switched) user->enabled = *request.enabled;
            if (request.password || switched) {
                user->changed_at = call.now;
                ledger.idaas_users().put(*user);
            }
            ends = request.password || (switched && !user->enabled);
            return Receipt{user->id.text, user->name};
        });
    if (!receipt) return unexpected(receipt.error());
    auto user = user_of(ports_.books, call, request.id);
    if (user && ends) sessions_.end_all_of(*user);
    return user;
}

Outcome<void> Idaas::remove_user(const Call& call, const std::string& id) {
    const std::lock_guard turn(ports_.turn);
    std::optional<model::IdaasUser> gone;
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "DeleteIDaaSUser", Parameters().add("UserId", id)),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto user = own_idaas_user(ledger, call, id);
            if (!user) return unexpected(user.error());
            forget_user(ledger, *user);
            forget_recovery_codes(ledger, user->id);
            ledger.idaas_users().remove(id);
            gone = *user;
            return Receipt{id, user->name};
        });
    if (!receipt) return unexpected(receipt.error());
    ports_.gatekeeper.changed();  // access rules may have meant this user
    if (gone) sessions_.end_all_of(*gone);
    return {};
}

Outcome<TotpEnrolled> Idaas::enrol_totp(const Call& call, const std::string& id) {
    const std::lock_guard turn(ports_.turn);
    const Secret<model::totp_secret_octets> secret(
        ports_.random.array<model::totp_secret_octets>());
    auto sealed = ports_.sealer.seal(secret.view(), totp_context({id}));
    if (!sealed) return unexpected(sealed.error());
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "EnrolIDaaSUserTotp", Parameters().add("UserId", id)),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            auto user = own_idaas_user(ledger, call, id);
            if (!user) return unexpected(user.error());
            user->sealed_totp = std::move(*sealed);
            forget_recovery_codes(ledger, user->id);
            user->changed_at = call.now;
            ledger.idaas_users().put(*user);
            return Receipt{id, user->name};
        });
    if (!receipt) return unexpected(receipt.error());
    // Read back: a call repeated with its token shows what the first one stored.
    const auto user = user_of(ports_.books, call, id);
    if (!user) return unexpected(user.error());
    const auto kept = ports_.sealer.unseal(user->sealed_totp, totp_context(user->id));
    if (!kept) return unexpected(kept.error());
    const auto issuer = issuer_of(ports_.books, *user);
    if (!issuer) return unexpected(issuer.error());
    std::string uri = model::otpauth_uri(*issuer, receipt->name, kept->view());
    TotpEnrolled enrolled{SecretBuffer(as_bytes(uri))};
    wipe(std::as_writable_bytes(std::span<char>(uri)));
    return enrolled;
}

Outcome<std::vector<SecretBuffer>> Idaas::make_recovery_codes(const Call& call,
                                                              const std::string& id) {
    const std::lock_guard turn(ports_.turn);
    std::vector<SecretBuffer> codes;
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "CreateIDaaSUserRecoveryCodes", Parameters().add("UserId", id)),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto user = own_idaas_user(ledger, call, id);
            if (!user) return unexpected(user.error());
            if (user->sealed_totp.empty())
                return model::illegal("UserId",
                                      fmt::format("{} has no one-time codes that others could "
                                                  "stand in for; give some (EnrolIDaaSUserTotp) "
                                                  "first.",
                                                  id));
            forget_recovery_codes(ledger, user->id);
            for (std::size_t i = 0; i < model::recovery_codes_count; ++i) {
                std::string code = model::make_recovery_code(ports_.random);
                codes.emplace_back(as_bytes(code));
                std::string text = model::recovery_text(user->id, code);
                ledger.recovery_codes().put({.id = {fmt::format("{}/recovery-{}", id, i)},
                                             .account = user->account,
                                             .user = user->id,
                                             .hash = ports_.authority.digest(text)});
                wipe(std::as_writable_bytes(std::span<char>(code)));
                wipe(std::as_writable_bytes(std::span<char>(text)));
            }
            return Receipt{id, user->name};
        });
    if (!receipt) return unexpected(receipt.error());
    if (codes.empty())
        return model::illegal("ClientToken",
                              "This ClientToken made recovery codes already, which were shown then "
                              "and are not kept; make others with another ClientToken.");
    return codes;
}

}  // namespace kanmon::usecases
