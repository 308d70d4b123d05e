#include "controlplane/usecases/assignments.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/escape.h"
#include "controlplane/usecases/access_rules.h"
#include "controlplane/usecases/ownership.h"
#include "controlplane/usecases/parameters.h"
#include "controlplane/usecases/snapshot_budget.h"

namespace kanmon::usecases {

namespace {

constexpr std::size_t groups_max = 100;
constexpr std::size_t applications_max = 100;
constexpr std::size_t assignments_max = 1000;
constexpr std::size_t subjects_a_call_max = 50;

Outcome<void> check_count(std::string_view parameter, std::size_t count) {
    if (count >= 1 && count <= subjects_a_call_max) return {};
    if (count == 0) return model::missing(parameter);
    return model::illegal(parameter, fmt::format("A call names at most {} users and groups; these "
                                                 "are {}. Send them in several calls.",
                                                 subjects_a_call_max, count));
}

/// Something new with a name, below an instance of the caller's. `names` are those that there are.
template <class Row>
Outcome<void> check_room(const std::vector<Row>& rows, const std::string& name, std::size_t most,
                         std::string_view what) {
    if (rows.size() >= most)
        return model::refuse("Resource.QuotaFull",
                             fmt::format("An identity source has at most {} {}.", most, what));
    if (std::ranges::find(rows, name, &Row::name) == rows.end()) return {};
    return model::illegal("Name", fmt::format("There is '{}' already among the {} of this source.",
                                              escaped(name, 128), what));
}

/// What is made, listed and named alike below an identity source.
template <class Row>
struct Kind {
    const char* create;  // the action
    std::string_view what;
    std::size_t most;
    Table<Row>& (Ledger::*table)();
    decltype(Row::id) (*make_id)(Random&);
};
constexpr Kind<model::IdaasGroup> groups{"CreateIDaaSGroup", "groups", groups_max,
                                         &Ledger::idaas_groups, model::make_idaas_group_id};
constexpr Kind<model::IdaasApplication> applications{"CreateIDaaSApplication", "applications",
                                                     applications_max, &Ledger::idaas_applications,
                                                     model::make_idaas_application_id};

template <class Row>
Outcome<Row> created(Ports& ports, const Call& call, const CreateInInstance& request,
                     const Kind<Row>& kind) {
    if (const auto name = model::check_group_name(request.name); !name)
        return unexpected(name.error());
    const auto receipt = ports.books.transact(
        call.actor,
        token_of(call, kind.create,
                 Parameters().add("IDaaSInstanceId", request.instance).add("Name", request.name)),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto instance = own_idaas_instance(ledger, call, request.instance);
            if (!instance) return unexpected(instance.error());
            Table<Row>& table = (ledger.*kind.table)();
            const auto room =
                check_room(table.below(request.instance), request.name, kind.most, kind.what);
            if (!room) return unexpected(room.error());
            const Row row{.id = kind.make_id(ports.random),
                          .account = call.actor.account,
                          .instance = instance->id,
                          .name = request.name,
                          .created_at = call.now};
            table.put(row);
            return Receipt{row.id.text, row.name};
        });
    if (!receipt) return unexpected(receipt.error());
    return look_for<Row>(ports.books, [&](Ledger& ledger) -> Outcome<Row> {
        const auto row = (ledger.*kind.table)().find(receipt->subject);
        if (!row) return model::unavailable("What was made is there no more.");
        return *row;
    });
}

template <class Row>
Outcome<Page<Row>> listed(Ports& ports, const Call& call, const ListInInstance& request,
                          const Kind<Row>& kind) {
    return look_for<Page<Row>>(ports.books, [&](Ledger& ledger) -> Outcome<Page<Row>> {
        const auto instance = own_idaas_instance(ledger, call, request.instance);
        if (!instance) return unexpected(instance.error());
        auto rows = (ledger.*kind.table)().below(request.instance);
        if (!request.id.empty())
            std::erase_if(rows, [&](const Row& row) { return row.id.text != request.id; });
        return page_of(std::move(rows), request.page);
    });
}

Unexpected<Refusal> of_another_source(std::string_view parameter, const std::string& id,
                                      const model::IdaasInstanceId& theirs) {
    return model::illegal(parameter, fmt::format("{} is of the identity source {}; users, groups "
                                                 "and applications meet within one source.",
                                                 id, theirs.text));
}

Outcome<model::IdaasUser> user_within(Ledger& ledger, const Call& call, const std::string& id,
                                      const model::IdaasInstanceId& instance) {
    auto user = own_idaas_user(ledger, call, id);
    if (user && user->instance != instance) return of_another_source("UserId", id, user->instance);
    return user;
}

Outcome<model::IdaasGroup> group_within(Ledger& ledger, const Call& call, const std::string& id,
                                        const model::IdaasInstanceId& instance) {
    auto group = own_idaas_group(ledger, call, id);
    if (group && group->instance != instance)
        return of_another_source("GroupId", id, group->instance);
    return group;
}

std::string name_of(Ledger& ledger, const std::string& subject) {
    if (const auto user = ledger.idaas_users().find(subject)) return user->name;
    const auto group = ledger.idaas_groups().find(subject);
    return group ? group->name : std::string();
}

/// The ids of all subjects, each of the application's source.
Outcome<std::vector<std::string>> subjects_of(Ledger& ledger, const Call& call,
                                              const AssignmentChange& request,
                                              const model::IdaasInstanceId& instance) {
    std::vector<std::string> subjects;
    for (const std::string& id : request.users) {
        const auto user = user_within(ledger, call, id, instance);
        if (!user) return unexpected(user.error());
        subjects.push_back(id);
    }
    for (const std::string& id : request.groups) {
        const auto group = group_within(ledger, call, id, instance);
        if (!group) return unexpected(group.error());
        subjects.push_back(id);
    }
    return subjects;
}

}  // namespace

void forget_user(Ledger& ledger, const model::IdaasUser& user) {
    for (const auto& group : ledger.idaas_groups().below(user.instance.text))
        ledger.group_members().remove(model::member_id(group.id, user.id).text);
    for (const auto& application : ledger.idaas_applications().below(user.instance.text))
        ledger.assignments().remove(model::assignment_id(application.id, user.id.text).text);
}

void forget_group(Ledger& ledger, const model::IdaasGroup& group) {
    for (const auto& member : ledger.group_members().below(group.id.text))
        ledger.group_members().remove(member.id.text);
    for (const auto& application : ledger.idaas_applications().below(group.instance.text))
        ledger.assignments().remove(model::assignment_id(application.id, group.id.text).text);
    ledger.idaas_groups().remove(group.id.text);
}

void forget_groups_and_applications(Ledger& ledger, const model::IdaasInstanceId& instance) {
    for (const auto& group : ledger.idaas_groups().below(instance.text))
        forget_group(ledger, group);
    for (const auto& application : ledger.idaas_applications().below(instance.text)) {
        for (const auto& assignment : ledger.assignments().below(application.id.text))
            ledger.assignments().remove(assignment.id.text);
        ledger.idaas_applications().remove(application.id.text);
    }
}

Outcome<model::IdaasGroup> Assignments::create_group(const Call& call,
                                                     const CreateInInstance& request) {
    const std::lock_guard turn(ports_.turn);
    return created(ports_, call, request, groups);
}

Outcome<Page<model::IdaasGroup>> Assignments::list_groups(const Call& call,
                                                          const ListInInstance& request) {
    const std::lock_guard turn(ports_.turn);
    return listed(ports_, call, request, groups);
}

Outcome<void> Assignments::remove_group(const Call& call, const std::string& id) {
    const std::lock_guard turn(ports_.turn);
    model::IdaasInstanceId instance;
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "DeleteIDaaSGroup", Parameters().add("GroupId", id)),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto group = own_idaas_group(ledger, call, id);
            if (!group) return unexpected(group.error());
            if (auto free = check_group_unnamed(ledger, *group); !free)
                return unexpected(free.error());
            instance = group->instance;
            forget_group(ledger, *group);
            return Receipt{id, group->name};
        });
    if (!receipt) return unexpected(receipt.error());
    recheck(instance);
    return {};
}

Outcome<void> Assignments::add_to_group(const Call& call, const GroupChange& request) {
    return change_group(call, request, Way::in);
}

Outcome<void> Assignments::remove_from_group(const Call& call, const GroupChange& request) {
    return change_group(call, request, Way::out);
}

Outcome<void> Assignments::change_group(const Call& call, const GroupChange& request, Way way) {
    const std::lock_guard turn(ports_.turn);
    if (const auto fits = check_count("UserId", request.users.size()); !fits) return fits;
    model::IdaasInstanceId instance;
    const auto receipt = ports_.books.transact(
        call.actor,
        token_of(call, way == Way::in ? "AddUsersToIDaaSGroup" : "RemoveUsersFromIDaaSGroup",
                 Parameters().add("GroupId", request.group).add("UserId", request.users)),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto group = own_idaas_group(ledger, call, request.group);
            if (!group) return unexpected(group.error());
            instance = group->instance;
            for (const std::string& id : request.users) {
                const auto user = user_within(ledger, call, id, instance);
                if (!user) return unexpected(user.error());
                const model::GroupMember member{.id = model::member_id(group->id, user->id),
                                                .account = group->account,
                                                .instance = instance,
                                                .group = group->id,
                                                .user = user->id};
                if (way == Way::in)
                    ledger.group_members().put(member);
                else
                    ledger.group_members().remove(member.id.text);
            }
            if (way == Way::in)
                if (auto fits = check_snapshot_budget(ledger, group->account); !fits)
                    return unexpected(fits.error());
            return Receipt{group->id.text, group->name};
        });
    if (!receipt) return unexpected(receipt.error());
    ports_.gatekeeper.changed();  // access rules mean who is in the group
    if (way == Way::out) recheck(instance);
    return {};
}

Outcome<Page<model::IdaasUser>> Assignments::users_of_group(const Call& call, const std::string& id,
                                                            const PageRequest& page) {
    const std::lock_guard turn(ports_.turn);
    using Users = Page<model::IdaasUser>;
    return look_for<Users>(ports_.books, [&](Ledger& ledger) -> Outcome<Users> {
        const auto group = own_idaas_group(ledger, call, id);
        if (!group) return unexpected(group.error());
        const auto members = page_of(ledger.group_members().below(id), page);
        if (!members) return unexpected(members.error());
        Users users{
            .items = {}, .number = members->number, .size = members->size, .total = members->total};
        for (const model::GroupMember& member : members->items)
            if (auto user = ledger.idaas_users().find(member.user.text))
                users.items.push_back(std::move(*user));
        return users;
    });
}

Outcome<model::IdaasApplication> Assignments::create_application(const Call& call,
                                                                 const CreateInInstance& request) {
    const std::lock_guard turn(ports_.turn);
    return created(ports_, call, request, applications);
}

Outcome<Page<model::IdaasApplication>> Assignments::list_applications(
    const Call& call, const ListInInstance& request) {
    const std::lock_guard turn(ports_.turn);
    return listed(ports_, call, request, applications);
}

Outcome<void> Assignments::remove_application(const Call& call, const std::string& id) {
    const std::lock_guard turn(ports_.turn);
    const auto receipt = ports_.books.transact(
        call.actor,
        token_of(call, "DeleteIDaaSApplication", Parameters().add("IDaaSApplicationId", id)),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto application = own_idaas_application(ledger, call, id);
            if (!application) return unexpected(application.error());
            const auto servers = ledger.ssl_servers().of_account(call.actor.account);
            const auto user =
                std::ranges::find(servers, application->id, &model::SslServer::idaas_application);
            if (user != servers.end())
                return model::refuse(
                    "DependencyViolation",
                    fmt::format("The SSL server {} names the application {}; give it another, or "
                                "an empty IDaaSApplicationId, which lets in everybody of its "
                                "source.",
                                user->id.text, id));
            for (const auto& assignment : ledger.assignments().below(id))
                ledger.assignments().remove(assignment.id.text);
            ledger.idaas_applications().remove(id);
            return Receipt{id, application->name};
        });
    if (!receipt) return unexpected(receipt.error());
    return {};
}

Outcome<void> Assignments::assign(const Call& call, const AssignmentChange& request) {
    return change_assignments(call, request, Way::in);
}

Outcome<void> Assignments::unassign(const Call& call, const AssignmentChange& request) {
    return change_assignments(call, request, Way::out);
}

Outcome<void> Assignments::change_assignments(const Call& call, const AssignmentChange& request,
                                              Way way) {
    const std::lock_guard turn(ports_.turn);
    if (const auto fits = check_count("UserId", request.users.size() + request.groups.size());
        !fits)
        return fits;
    model::IdaasInstanceId instance;
    const auto receipt = ports_.books.transact(
        call.actor,
        token_of(call, way == Way::in ? "AuthorizeIDaaSApplication" : "RevokeIDaaSApplication",
                 Parameters()
                     .add("IDaaSApplicationId", request.application)
                     .add("UserId", request.users)
                     .add("GroupId", request.groups)),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto application = own_idaas_application(ledger, call, request.application);
            if (!application) return unexpected(application.error());
            instance = application->instance;
            const auto subjects = subjects_of(ledger, call, request, instance);
            if (!subjects) return unexpected(subjects.error());
            for (const std::string& subject : *subjects) {
                const model::Assignment assignment{
                    .id = model::assignment_id(application->id, subject),
                    .account = application->account,
                    .instance = instance,
                    .application = application->id,
                    .subject = subject};
                if (way == Way::in)
                    ledger.assignments().put(assignment);
                else
                    ledger.assignments().remove(assignment.id.text);
            }
            if (ledger.assignments().below(request.application).size() > assignments_max)
                return model::refuse(
                    "Resource.QuotaFull",
                    fmt::format("An application has at most {} users and groups; put users into "
                                "groups.",
                                assignments_max));
            return Receipt{application->id.text, application->name};
        });
    if (!receipt) return unexpected(receipt.error());
    if (way == Way::out) recheck(instance);
    return {};
}

Outcome<Page<AssignmentView>> Assignments::assigned(const Call& call, const std::string& id,
                                                    const PageRequest& page) {
    const std::lock_guard turn(ports_.turn);
    using Views = Page<AssignmentView>;
    return look_for<Views>(ports_.books, [&](Ledger& ledger) -> Outcome<Views> {
        const auto application = own_idaas_application(ledger, call, id);
        if (!application) return unexpected(application.error());
        std::vector<AssignmentView> views;
        for (const model::Assignment& row : ledger.assignments().below(id))
            views.push_back({row.subject, name_of(ledger, row.subject)});
        return page_of(std::move(views), page);
    });
}

void Assignments::recheck(const model::IdaasInstanceId& id) {
    std::optional<model::IdaasInstance> instance;
    static_cast<void>(ports_.books.look(
        [&](Ledger& ledger) { instance = ledger.idaas_instances().find(id.text); }));
    if (instance) sessions_.recheck(*instance);
}

}  // namespace kanmon::usecases
