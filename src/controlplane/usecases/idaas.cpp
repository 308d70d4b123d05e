#include "controlplane/usecases/idaas.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/escape.h"
#include "controlplane/model/name.h"
#include "controlplane/usecases/clients.h"
#include "controlplane/usecases/directory.h"
#include "controlplane/usecases/ownership.h"
#include "controlplane/usecases/parameters.h"

namespace kanmon::usecases {

namespace {

constexpr std::size_t instances_max = 20;
constexpr std::size_t users_max = 10000;

std::vector<model::SslServer> servers_of(Ledger& ledger, const model::IdaasInstance& instance) {
    auto servers = ledger.ssl_servers().of_account(instance.account);
    std::erase_if(servers, [&](const model::SslServer& server) {
        return server.idaas_instance != instance.id;
    });
    return servers;
}

Outcome<model::IdaasUser> user_of(Books& books, const Call& call, const std::string& id) {
    return look_for<model::IdaasUser>(
        books, [&](Ledger& ledger) { return own_idaas_user(ledger, call, id); });
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
            for (const auto& user : ledger.idaas_users().below(id))
                ledger.idaas_users().remove(user.id.text);
            ledger.idaas_instances().remove(id);
            return Receipt{id, instance->name};
        });
    if (!receipt) return unexpected(receipt.error());
    return {};
}

Outcome<model::IdaasUser> Idaas::create_user(const Call& call, const CreateIdaasUser& request) {
    const auto name = model::check_user_name(request.name);
    if (!name) return unexpected(name.error());
    if (const auto fits = model::check_password(text_view(request.password.view())); !fits)
        return unexpected(fits.error());
    const auto hash = ports_.hasher.hash_password(request.password.view());  // takes its time
    if (!hash) return unexpected(hash.error());
    const std::lock_guard turn(ports_.turn);
    const auto receipt = ports_.books.transact(
        call.actor,
        token_of(call, "CreateIDaaSUser",
                 Parameters().add("IDaaSInstanceId", request.instance).add("UserName", *name)),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto instance = own_idaas_instance(ledger, call, request.instance);
            if (!instance) return unexpected(instance.error());
            if (ledger.idaas_user_named(request.instance, *name))
                return model::illegal("UserName", fmt::format("There is a user {} in {} already.",
                                                              *name, request.instance));
            if (ledger.idaas_users().below(request.instance).size() >= users_max)
                return model::refuse(
                    "Resource.QuotaFull",
                    fmt::format("An identity source has at most {} users.", users_max));
            const model::IdaasUser user{.id = model::make_idaas_user_id(ports_.random),
                                        .account = call.actor.account,
                                        .instance = instance->id,
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

Outcome<Page<model::IdaasUser>> Idaas::list_users(const Call& call, const std::string& instance,
                                                  const PageRequest& page) {
    const std::lock_guard turn(ports_.turn);
    using Users = Page<model::IdaasUser>;
    return look_for<Users>(ports_.books, [&](Ledger& ledger) -> Outcome<Users> {
        const auto own = own_idaas_instance(ledger, call, instance);
        if (!own) return unexpected(own.error());
        return page_of(ledger.idaas_users().below(instance), page);
    });
}

Outcome<model::IdaasUser> Idaas::modify_user(const Call& call, const ModifyIdaasUser& request) {
    std::optional<std::string> hash;
    if (request.password) {
        if (const auto fits = model::check_password(text_view(request.password->view())); !fits)
            return unexpected(fits.error());
        const auto made = ports_.hasher.hash_password(request.password->view());
        if (!made) return unexpected(made.error());
        hash = *made;
    }
    const std::lock_guard turn(ports_.turn);
    const auto receipt =
        ports_.books.transact(call.actor,
                              token_of(call, "ModifyIDaaSUser",
                                       Parameters()
                                           .add("UserId", request.id)
                                           .add("Enabled", request.enabled)
                                           .add("PasswordChanged", request.password.has_value())),
                              [&](Ledger& ledger) -> Outcome<Receipt> {
                                  auto user = own_idaas_user(ledger, call, request.id);
                                  if (!user) return unexpected(user.error());
                                  if (hash) user->password_hash = *hash;
                                  if (request.enabled) user->enabled = *request.enabled;
                                  user->changed_at = call.now;
                                  ledger.idaas_users().put(*user);
                                  return Receipt{user->id.text, user->name};
                              });
    if (!receipt) return unexpected(receipt.error());
    auto user = user_of(ports_.books, call, request.id);
    if (user && (hash || !user->enabled)) disconnect(*user);
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
            ledger.idaas_users().remove(id);
            gone = *user;
            return Receipt{id, user->name};
        });
    if (!receipt) return unexpected(receipt.error());
    if (gone) disconnect(*gone);
    return {};
}

Outcome<TotpEnrolled> Idaas::enrol_totp(const Call& call, const std::string& id) {
    const std::lock_guard turn(ports_.turn);
    const Secret<model::totp_secret_octets> secret(
        ports_.random.array<model::totp_secret_octets>());
    auto sealed = ports_.sealer.seal(secret.view(), totp_context({id}));
    if (!sealed) return unexpected(sealed.error());
    std::string issuer;
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "EnrolIDaaSUserTotp", Parameters().add("UserId", id)),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            auto user = own_idaas_user(ledger, call, id);
            if (!user) return unexpected(user.error());
            user->sealed_totp = std::move(*sealed);
            user->changed_at = call.now;
            ledger.idaas_users().put(*user);
            if (const auto instance = ledger.idaas_instances().find(user->instance.text))
                issuer = instance->name;
            return Receipt{id, user->name};
        });
    if (!receipt) return unexpected(receipt.error());
    if (issuer.empty()) issuer = "Kanmon";
    // Read back: a call repeated with its token shows what the first one stored.
    const auto user = user_of(ports_.books, call, id);
    if (!user) return unexpected(user.error());
    const auto kept = ports_.sealer.unseal(user->sealed_totp, totp_context(user->id));
    if (!kept) return unexpected(kept.error());
    std::string uri = model::otpauth_uri(issuer, receipt->name, kept->view());
    TotpEnrolled enrolled{SecretBuffer(as_bytes(uri))};
    wipe(std::as_writable_bytes(std::span<char>(uri)));
    return enrolled;
}

void Idaas::disconnect(const model::IdaasUser& user) {
    static_cast<void>(ports_.books.look([&](Ledger& ledger) {
        const auto instance = ledger.idaas_instances().find(user.instance.text);
        if (!instance) return;
        for (const model::SslServer& server : servers_of(ledger, *instance))
            for (const std::uint64_t session : clients_.sessions_of(server.id, user.name))
                ports_.gatekeeper.disconnect({.session = session,
                                              .server_id = server.id.text,
                                              .common_name = {},
                                              .cause = Cause::login_expired});
    }));
}

void Idaas::watch(const bridge::ClientFact& fact) {
    if (fact.username.empty() || fact.status != bridge::ClientStatus::online) return;
    const std::lock_guard turn(ports_.turn);
    bool stands = false;
    const auto looked = ports_.books.look([&](Ledger& ledger) {
        const auto server = ledger.ssl_servers().find(fact.server_id);
        if (!server) return;
        const auto user = ledger.idaas_user_named(server->idaas_instance.text, fact.username);
        stands = user && user->enabled;
    });
    if (!looked || stands) return;
    ports_.gatekeeper.disconnect({.session = fact.session,
                                  .server_id = fact.server_id,
                                  .common_name = {},
                                  .cause = Cause::login_expired});
}

}  // namespace kanmon::usecases
