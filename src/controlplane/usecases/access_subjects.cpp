#include "controlplane/usecases/access_subjects.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/escape.h"
#include "controlplane/usecases/ownership.h"

namespace kanmon::usecases {

namespace {

constexpr std::string_view user_kind = "user", group_kind = "group",
                           certificate_kind = "certificate";

/// That the server asks for users, and this source for them.
Outcome<void> check_source(const model::SslServer& server, std::string_view parameter,
                           const std::string& id, const model::IdaasInstanceId& theirs) {
    if (!model::asks_for_user(server))
        return model::illegal(
            parameter, fmt::format("The SSL server {} asks for no users, so that it would never "
                                   "know {}; name certificates (SslVpnClientCertId.N), or switch "
                                   "its login on (EnableMultiFactorAuth).",
                                   server.id.text, id));
    if (server.idaas_instance == theirs) return {};
    return model::illegal(parameter,
                          fmt::format("{} is of the identity source {}, and the SSL server {} asks "
                                      "{}; name users and groups of that source.",
                                      id, theirs.text, server.id.text, server.idaas_instance.text));
}

Outcome<void> check_shows_certificates(const model::SslServer& server, std::string_view parameter) {
    if (model::login_of(server).certificate) return {};
    return model::illegal(parameter,
                          fmt::format("The SSL server {} asks for no certificates "
                                      "(LoginCertificate is false); name users and groups.",
                                      server.id.text));
}

Outcome<void> check_certificate(Ledger& ledger, const Call& call, const model::SslServer& server,
                                const std::string& id) {
    const auto certificate =
        own_certificate(ledger, call, id, "InvalidSslVpnClientCertId.NotFound");
    if (!certificate) return unexpected(certificate.error());
    if (certificate->server != server.id)
        return model::illegal("SslVpnClientCertId",
                              fmt::format("{} is a certificate of the SSL server {}, not of {}, "
                                          "which would never see it; name one of its own.",
                                          id, certificate->server.text, server.id.text));
    return check_shows_certificates(server, "SslVpnClientCertId");
}

Outcome<void> check_name(const model::SslServer& server, const std::string& name) {
    if (auto fits = model::check_common_name(name); !fits) return fits;
    if (server.origin != model::AuthorityOrigin::elsewhere)
        return model::illegal("CommonName",
                              fmt::format("The certificates of the SSL server {} are made here and "
                                          "named by their ids; send SslVpnClientCertId.N.",
                                          server.id.text));
    return check_shows_certificates(server, "CommonName");
}

/// Each id once, where `check` takes all.
template <class Check>
Outcome<std::vector<std::string>> all_of(const std::vector<std::string>& ids, Check check) {
    std::vector<std::string> taken;
    for (const std::string& id : ids) {
        if (auto fits = check(id); !fits) return unexpected(fits.error());
        if (std::ranges::find(taken, id) == taken.end()) taken.push_back(id);
    }
    return taken;
}

}  // namespace

Outcome<model::AccessSubjects> checked_subjects(Ledger& ledger, const Call& call,
                                                const model::SslServer& server,
                                                const AccessRuleChange& change) {
    model::AccessSubjects subjects;
    subjects.everybody = change.everybody.value_or(false);
    subjects.users = change.users;
    subjects.groups = change.groups;
    subjects.certificates = change.certificates;
    subjects.certificates.insert(subjects.certificates.end(), change.common_names.begin(),
                                 change.common_names.end());
    if (auto fits = model::check_access_subjects(subjects); !fits) return unexpected(fits.error());
    auto users = all_of(change.users, [&](const std::string& id) -> Outcome<void> {
        const auto user = own_idaas_user(ledger, call, id);
        if (!user) return unexpected(user.error());
        return check_source(server, "UserId", id, user->instance);
    });
    if (!users) return unexpected(users.error());
    auto groups = all_of(change.groups, [&](const std::string& id) -> Outcome<void> {
        const auto group = own_idaas_group(ledger, call, id);
        if (!group) return unexpected(group.error());
        return check_source(server, "GroupId", id, group->instance);
    });
    if (!groups) return unexpected(groups.error());
    auto certificates = all_of(change.certificates, [&](const std::string& id) {
        return check_certificate(ledger, call, server, id);
    });
    if (!certificates) return unexpected(certificates.error());
    auto names = all_of(change.common_names,
                        [&](const std::string& name) { return check_name(server, name); });
    if (!names) return unexpected(names.error());
    certificates->insert(certificates->end(), names->begin(), names->end());
    subjects.users = std::move(*users);
    subjects.groups = std::move(*groups);
    subjects.certificates = std::move(*certificates);
    return subjects;
}

std::optional<std::string> subject_name(Ledger& ledger, const model::SslServer& server,
                                        std::string_view kind, const std::string& id) {
    if (kind == user_kind) {
        const auto user = ledger.idaas_users().find(id);
        if (user && user->instance == server.idaas_instance) return user->name;
    } else if (kind == group_kind) {
        const auto group = ledger.idaas_groups().find(id);
        if (group && group->instance == server.idaas_instance) return group->name;
    } else if (server.origin == model::AuthorityOrigin::elsewhere) {
        return id;
    } else if (const auto certificate = ledger.client_certificates().find(id);
               certificate && certificate->server == server.id) {
        return certificate->name;
    }
    return std::nullopt;
}

std::vector<AccessSubjectView> subject_views(Ledger& ledger, const model::SslServer& server,
                                             const model::AccessSubjects& subjects) {
    std::vector<AccessSubjectView> views;
    for (const auto& [kind, ids] :
         {std::pair(user_kind, &subjects.users), std::pair(group_kind, &subjects.groups),
          std::pair(certificate_kind, &subjects.certificates)})
        for (const std::string& id : *ids)
            views.push_back({kind, id, subject_name(ledger, server, kind, id)});
    return views;
}

std::vector<std::string> groups_of(Ledger& ledger, const model::SslServer& server,
                                   const std::string& user) {
    std::vector<std::string> ids;
    for (const auto& group : ledger.idaas_groups().below(server.idaas_instance.text))
        if (ledger.group_members().find(model::member_id(group.id, {user}).text))
            ids.push_back(group.id.text);
    return ids;
}

}  // namespace kanmon::usecases
