// Groups and applications of identity sources, who may use which SSL server: extensions of Kanmon.
#include "controlplane/api/actions.h"
#include "controlplane/api/parameter_reader.h"

namespace kanmon::api {
namespace {

template <class Row>
JsonObject named_fields(std::string_view id_name, const Row& row) {
    JsonObject fields;
    fields.text(id_name, row.id.text)
        .text("IDaaSInstanceId", row.instance.text)
        .text("Name", row.name)
        .number("CreateTime", milliseconds(row.created_at));
    return fields;
}

JsonObject group_fields(const model::IdaasGroup& group) {
    return named_fields("GroupId", group);
}

JsonObject application_fields(const model::IdaasApplication& application) {
    return named_fields("IDaaSApplicationId", application);
}

JsonObject member_fields(const model::IdaasUser& user) {
    JsonObject fields;
    fields.text("UserId", user.id.text).text("UserName", user.name).flag("Enabled", user.enabled);
    return fields;
}

JsonObject assignment_fields(const usecases::AssignmentView& view) {
    JsonObject fields;
    fields.text("SubjectType", view.subject.starts_with("user-") ? "user" : "group")
        .text("SubjectId", view.subject)
        .text("Name", view.name);
    return fields;
}

usecases::CreateInInstance read_new(ParameterReader& read) {
    read.region();
    return {.instance = read.required("IDaaSInstanceId"), .name = read.required("Name")};
}

usecases::ListInInstance read_list(ParameterReader& read, std::string_view id_name) {
    read.region();
    return {.instance = read.required("IDaaSInstanceId"),
            .id = read.text(id_name),
            .page = read.page()};
}

usecases::GroupChange read_group_change(ParameterReader& read) {
    read.region();
    return {.group = read.required("GroupId"), .users = read.texts("UserId")};
}

usecases::AssignmentChange read_assignment_change(ParameterReader& read) {
    read.region();
    return {.application = read.required("IDaaSApplicationId"),
            .users = read.texts("UserId"),
            .groups = read.texts("GroupId")};
}

JsonObject nothing() {
    return JsonObject();
}

}  // namespace

ActionAnswer create_idaas_group(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    return read.finish(read_new(read))
        .and_then([&](const auto& wanted) {
            return request.plane.assignments.create_group(request.call, wanted);
        })
        .map(group_fields);
}

ActionAnswer describe_idaas_groups(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    return read.finish(read_list(read, "GroupId"))
        .and_then([&](const auto& wanted) {
            return request.plane.assignments.list_groups(request.call, wanted);
        })
        .map([](const auto& page) { return page_answer(page, "Groups", "Group", group_fields); });
}

ActionAnswer delete_idaas_group(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    return read.finish(read.required("GroupId"))
        .and_then([&](const auto& id) {
            return request.plane.assignments.remove_group(request.call, id);
        })
        .map(nothing);
}

ActionAnswer add_users_to_idaas_group(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    return read.finish(read_group_change(read))
        .and_then([&](const auto& wanted) {
            return request.plane.assignments.add_to_group(request.call, wanted);
        })
        .map(nothing);
}

ActionAnswer remove_users_from_idaas_group(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    return read.finish(read_group_change(read))
        .and_then([&](const auto& wanted) {
            return request.plane.assignments.remove_from_group(request.call, wanted);
        })
        .map(nothing);
}

ActionAnswer describe_idaas_group_users(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    const std::string group = read.required("GroupId");
    return read.finish(read.page())
        .and_then([&](const auto& page) {
            return request.plane.assignments.users_of_group(request.call, group, page);
        })
        .map([](const auto& page) { return page_answer(page, "Users", "User", member_fields); });
}

ActionAnswer create_idaas_application(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    return read.finish(read_new(read))
        .and_then([&](const auto& wanted) {
            return request.plane.assignments.create_application(request.call, wanted);
        })
        .map(application_fields);
}

ActionAnswer describe_idaas_applications(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    return read.finish(read_list(read, "IDaaSApplicationId"))
        .and_then([&](const auto& wanted) {
            return request.plane.assignments.list_applications(request.call, wanted);
        })
        .map([](const auto& page) {
            return page_answer(page, "Applications", "Application", application_fields);
        });
}

ActionAnswer delete_idaas_application(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    return read.finish(read.required("IDaaSApplicationId"))
        .and_then([&](const auto& id) {
            return request.plane.assignments.remove_application(request.call, id);
        })
        .map(nothing);
}

ActionAnswer authorize_idaas_application(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    return read.finish(read_assignment_change(read))
        .and_then([&](const auto& wanted) {
            return request.plane.assignments.assign(request.call, wanted);
        })
        .map(nothing);
}

ActionAnswer revoke_idaas_application(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    return read.finish(read_assignment_change(read))
        .and_then([&](const auto& wanted) {
            return request.plane.assignments.unassign(request.call, wanted);
        })
        .map(nothing);
}

ActionAnswer describe_idaas_application_assignments(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    const std::string application = read.required("IDaaSApplicationId");
    return read.finish(read.page())
        .and_then([&](const auto& page) {
            return request.plane.assignments.assigned(request.call, application, page);
        })
        .map([](const auto& page) {
            return page_answer(page, "Assignments", "Assignment", assignment_fields);
        });
}

}  // namespace kanmon::api
