// Who may use which SSL server: an application of an identity source (app_…) has users and groups
// assigned to it, and a server that names it lets nobody else in.
//
// Memberships and assignments have the ids of both sides as their own, so that whether there is one
// is a look-up.
#pragma once

#include <string>

#include "base/time.h"
#include "controlplane/model/id.h"
#include "controlplane/model/outcome.h"

namespace kanmon::model {

struct IdaasGroup {
    IdaasGroupId id;
    AccountId account;
    IdaasInstanceId instance;
    std::string name;  // unique in the instance
    UnixTime created_at{};
    friend bool operator==(const IdaasGroup&, const IdaasGroup&) = default;
};

struct GroupMember {
    GroupMemberId id;
    AccountId account;
    IdaasInstanceId instance;
    IdaasGroupId group;
    IdaasUserId user;
    friend bool operator==(const GroupMember&, const GroupMember&) = default;
};

struct IdaasApplication {
    IdaasApplicationId id;
    AccountId account;
    IdaasInstanceId instance;
    std::string name;
    UnixTime created_at{};
    friend bool operator==(const IdaasApplication&, const IdaasApplication&) = default;
};

struct Assignment {
    AssignmentId id;
    AccountId account;
    IdaasInstanceId instance;
    IdaasApplicationId application;
    std::string subject;  // user-… or group-…
    friend bool operator==(const Assignment&, const Assignment&) = default;
};

inline GroupMemberId member_id(const IdaasGroupId& group, const IdaasUserId& user) {
    return {group.text + "/" + user.text};
}
inline AssignmentId assignment_id(const IdaasApplicationId& application,
                                  const std::string& subject) {
    return {application.text + "/" + subject};
}

/// As names elsewhere, and required. MissingName, InvalidName.
Outcome<void> check_group_name(std::string_view name);
/// What the original sends beside the instance: a region's name, or nothing.
/// IllegalParam.IDaaSRegionId.
Outcome<std::string> check_idaas_region(std::string_view region);

}  // namespace kanmon::model
