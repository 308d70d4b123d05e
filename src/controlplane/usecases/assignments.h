// Groups of users and applications of an identity source: who may use which SSL server. Extensions
// of Kanmon, as far as the original manages them elsewhere.
//
// Whoever loses the right to a server by a change here is disconnected at once.
// Limits: 100 groups and 100 applications a source, 1,000 assignments an application.
#pragma once

#include "controlplane/usecases/user_sessions.h"

namespace kanmon::usecases {

struct CreateInInstance {
    std::string instance;
    std::string name;
};
struct ListInInstance {
    std::string instance;
    std::string id;  // empty: all
    PageRequest page;
};
struct GroupChange {
    std::string group;
    std::vector<std::string> users;
};
struct AssignmentChange {
    std::string application;
    std::vector<std::string> users;
    std::vector<std::string> groups;
};
struct AssignmentView {
    std::string subject;  // user-… or group-…
    std::string name;
};

class Assignments {
public:
    Assignments(Ports& ports, UserSessions& sessions) : ports_(ports), sessions_(sessions) {}

    /// InvalidIDaaSInstanceId.NotFound (404), Resource.QuotaFull, IllegalParam.Name.
    Outcome<model::IdaasGroup> create_group(const Call& call, const CreateInInstance& request);
    Outcome<Page<model::IdaasGroup>> list_groups(const Call& call, const ListInInstance& request);
    /// InvalidIDaaSGroupId.NotFound (404).
    Outcome<void> remove_group(const Call& call, const std::string& id);
    /// Who is in the group is so when it returns, whoever was before. One to fifty users of the
    /// same source: InvalidIDaaSUserId.NotFound (404).
    Outcome<void> add_to_group(const Call& call, const GroupChange& request);
    Outcome<void> remove_from_group(const Call& call, const GroupChange& request);
    Outcome<Page<model::IdaasUser>> users_of_group(const Call& call, const std::string& group,
                                                   const PageRequest& page);

    Outcome<model::IdaasApplication> create_application(const Call& call,
                                                        const CreateInInstance& request);
    Outcome<Page<model::IdaasApplication>> list_applications(const Call& call,
                                                             const ListInInstance& request);
    /// DependencyViolation while an SSL server names it; InvalidIDaaSApplicationId.NotFound (404).
    Outcome<void> remove_application(const Call& call, const std::string& id);
    /// One to fifty users and groups together.
    Outcome<void> assign(const Call& call, const AssignmentChange& request);
    Outcome<void> unassign(const Call& call, const AssignmentChange& request);
    Outcome<Page<AssignmentView>> assigned(const Call& call, const std::string& application,
                                           const PageRequest& page);

private:
    enum class Way : std::uint8_t { in, out };
    Outcome<void> change_group(const Call& call, const GroupChange& request, Way way);
    Outcome<void> change_assignments(const Call& call, const AssignmentChange& request, Way way);
    void recheck(const model::IdaasInstanceId& instance);

    Ports& ports_;
    UserSessions& sessions_;
};

/// What refers to a user or a group goes with it.
void forget_user(Ledger& ledger, const model::IdaasUser& user);
void forget_group(Ledger& ledger, const model::IdaasGroup& group);
/// All groups and applications of a source, with what refers to them.
void forget_groups_and_applications(Ledger& ledger, const model::IdaasInstanceId& instance);

}  // namespace kanmon::usecases
