// Access rules of SSL servers: extensions of Kanmon.
#include "controlplane/api/actions.h"
#include "controlplane/api/parameter_reader.h"

namespace kanmon::api {
namespace {

JsonObject subject_fields(const usecases::AccessSubjectView& subject) {
    JsonObject fields;
    fields.text("SubjectType", subject.kind)
        .text("SubjectId", subject.id)
        .text("Name", subject.name.value_or(""))
        .flag("Known", subject.name.has_value());
    return fields;
}

JsonObject rule_fields(const usecases::AccessRuleView& view) {
    const model::AccessRule& rule = view.rule;
    JsonObject fields;
    fields.text("AccessRuleId", rule.id.text)
        .text("SslVpnServerId", rule.server.text)
        .number("Priority", rule.priority)
        .text("Policy", model::access_policy_text(rule.verdict))
        .flag("Everybody", rule.subjects.everybody)
        .list("Subjects", rows_of(view.subjects, subject_fields))
        .texts("DestinationCidrs", model::network_texts(rule.targets))
        .text("Protocol", model::access_protocol_text(rule.targets.protocol))
        .texts("PortRanges", model::port_texts(rule.targets.ports))
        .text("Description", rule.description)
        .number("CreateTime", milliseconds(rule.created_at))
        .texts("Warnings", view.warnings);
    return fields;
}

usecases::AccessRuleChange read_rule(ParameterReader& read) {
    return {.priority = read.optional_number("Priority"),
            .policy = read.optional_text("Policy"),
            .everybody = read.optional_flag("Everybody"),
            .users = read.texts("UserId"),
            .groups = read.texts("GroupId"),
            .certificates = read.texts("SslVpnClientCertId"),
            .common_names = read.texts("CommonName"),
            .networks = read.texts("DestinationCidr"),
            .protocol = read.optional_text("Protocol"),
            .ports = read.texts("PortRange"),
            .description = read.optional_text("Description")};
}

}  // namespace

ActionAnswer create_ssl_vpn_access_rule(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::CreateAccessRule wanted{.server = read.required("SslVpnServerId"),
                                      .rule = read_rule(read)};
    wanted.rule.policy = read.required("Policy");
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.access_rules.create(request.call, checked);
        })
        .map(rule_fields);
}

ActionAnswer describe_ssl_vpn_access_rules(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    const usecases::ListAccessRules wanted{.server = read.required("SslVpnServerId"),
                                           .id = read.text("AccessRuleId"),
                                           .page = read.page()};
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.access_rules.list(request.call, checked);
        })
        .map([](const auto& page) {
            return page_answer(page, "AccessRules", "AccessRule", rule_fields);
        });
}

ActionAnswer modify_ssl_vpn_access_rule(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    const usecases::ModifyAccessRule wanted{.id = read.required("AccessRuleId"),
                                            .rule = read_rule(read)};
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.access_rules.modify(request.call, checked);
        })
        .map(rule_fields);
}

ActionAnswer delete_ssl_vpn_access_rule(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    return read.finish(read.required("AccessRuleId"))
        .and_then(
            [&](const auto& id) { return request.plane.access_rules.remove(request.call, id); })
        .map([] { return JsonObject(); });
}

}  // namespace kanmon::api
