#include "controlplane/usecases/user_sessions.h"

#include <algorithm>

#include "controlplane/usecases/clients.h"

namespace kanmon::usecases {

bool is_assigned(Ledger& ledger, const model::IdaasApplicationId& application,
                 const model::IdaasUser& user) {
    if (application.empty()) return true;
    const auto assigned = [&](const std::string& subject) {
        return ledger.assignments()
            .find(model::assignment_id(application, subject).text)
            .has_value();
    };
    if (assigned(user.id.text)) return true;
    return std::ranges::any_of(
        ledger.idaas_groups().below(user.instance.text), [&](const model::IdaasGroup& group) {
            return ledger.group_members().find(model::member_id(group.id, user.id).text) &&
                   assigned(group.id.text);
        });
}

std::optional<Cause> why_not(Ledger& ledger, const model::SslServer& server,
                             const std::string& username, std::optional<UnixTime> proven_at) {
    const auto user = ledger.idaas_user_named(server.idaas_instance.text, username);
    if (!user || !user->enabled) return Cause::login_expired;
    if (!is_assigned(ledger, server.idaas_application, *user)) return Cause::login_unassigned;
    if (proven_at && user->changed_at > *proven_at) return Cause::login_expired;
    return std::nullopt;
}

std::vector<model::SslServer> servers_of(Ledger& ledger, const model::IdaasInstance& instance) {
    auto servers = ledger.ssl_servers().of_account(instance.account);
    std::erase_if(servers, [&](const model::SslServer& server) {
        return server.idaas_instance != instance.id;
    });
    return servers;
}

void UserSessions::end(std::uint64_t session, const model::SslServerId& server, Cause cause) {
    ports_.gatekeeper.disconnect(
        {.session = session, .server_id = server.text, .common_name = {}, .cause = cause});
}

void UserSessions::end_all_of(const model::IdaasUser& user) {
    static_cast<void>(ports_.books.look([&](Ledger& ledger) {
        const auto instance = ledger.idaas_instances().find(user.instance.text);
        if (!instance) return;
        for (const model::SslServer& server : servers_of(ledger, *instance))
            for (const auto& [session, name] : clients_.users_of(server.id))
                if (name == user.name) end(session, server.id, Cause::login_expired);
    }));
}

void UserSessions::end_all_of(const model::SslServerId& server) {
    for (const auto& [session, name] : clients_.users_of(server))
        end(session, server, Cause::login_expired);
}

void UserSessions::recheck(Ledger& ledger, const model::SslServer& server) {
    if (server.idaas_instance.empty()) return;
    for (const auto& [session, name] : clients_.users_of(server.id))
        if (const auto cause = why_not(ledger, server, name)) end(session, server.id, *cause);
}

void UserSessions::recheck(const model::SslServerId& id) {
    static_cast<void>(ports_.books.look([&](Ledger& ledger) {
        if (const auto server = ledger.ssl_servers().find(id.text)) recheck(ledger, *server);
    }));
}

void UserSessions::recheck(const model::IdaasInstance& instance) {
    static_cast<void>(ports_.books.look([&](Ledger& ledger) {
        for (const model::SslServer& server : servers_of(ledger, instance)) recheck(ledger, server);
    }));
}

void UserSessions::watch(const bridge::ClientFact& fact, std::optional<UnixTime> proven_at) {
    if (fact.username.empty() || fact.status != bridge::ClientStatus::online) return;
    const std::lock_guard turn(ports_.turn);
    std::optional<Cause> cause = Cause::login_expired;
    const auto looked = ports_.books.look([&](Ledger& ledger) {
        if (const auto server = ledger.ssl_servers().find(fact.server_id))
            cause = why_not(ledger, *server, fact.username, proven_at);
    });
    if (looked && cause) end(fact.session, {fact.server_id}, *cause);
}

}  // namespace kanmon::usecases
