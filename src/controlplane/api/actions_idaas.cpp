// Identity sources and the users of the built-in directory: extensions of Kanmon. No answer ever
// holds a password or its hash; the secret of one-time codes is shown once, by the action that
// makes it.
#include "controlplane/api/actions.h"
#include "controlplane/api/parameter_reader.h"
#include "controlplane/api/qr_code.h"

namespace kanmon::api {
namespace {

JsonObject instance_fields(const model::IdaasInstance& instance) {
    JsonObject fields;
    fields.text("IDaaSInstanceId", instance.id.text)
        .text("Name", instance.name)
        .number("CreateTime", milliseconds(instance.created_at));
    return fields;
}

JsonObject user_fields(const model::IdaasUser& user) {
    JsonObject fields;
    fields.text("UserId", user.id.text)
        .text("IDaaSInstanceId", user.instance.text)
        .text("UserName", user.name)
        .flag("Enabled", user.enabled)
        .flag("TotpEnrolled", !user.sealed_totp.empty())
        .number("CreateTime", milliseconds(user.created_at));
    return fields;
}

JsonObject user_row(const ActionRequest& request, const usecases::IdaasUserView& view) {
    const auto pause = request.plane.logins.pause_of(view.user, request.now, request.call.now);
    JsonObject fields = user_fields(view.user);
    fields.number("RecoveryCodesLeft", std::uint64_t{view.recovery_codes_left})
        .number("WrongAttempts", pause.wrong)
        .number("LockedSeconds",
                std::int64_t{std::chrono::ceil<std::chrono::seconds>(pause.left).count()});
    return fields;
}

}  // namespace

ActionAnswer create_idaas_instance(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    return read.finish(read.text("Name"))
        .and_then([&](const auto& name) { return request.plane.idaas.create(request.call, name); })
        .map(instance_fields);
}

ActionAnswer describe_idaas_instances(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    const std::string id = read.text("IDaaSInstanceId");
    return read.finish(read.page())
        .and_then(
            [&](const auto& page) { return request.plane.idaas.list(request.call, id, page); })
        .map([](const auto& page) {
            return page_answer(page, "IDaaSInstances", "IDaaSInstance", instance_fields);
        });
}

ActionAnswer delete_idaas_instance(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    return read.finish(read.required("IDaaSInstanceId"))
        .and_then([&](const auto& id) { return request.plane.idaas.remove(request.call, id); })
        .map([] { return JsonObject(); });
}

ActionAnswer create_idaas_user(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::CreateIdaasUser wanted{.instance = read.required("IDaaSInstanceId"),
                                     .name = read.required("UserName"),
                                     .password = secret_of(read.required("Password"))};
    return read.finish(std::move(wanted))
        .and_then([&](const auto& checked) {
            return request.plane.idaas.create_user(request.call, checked);
        })
        .map(user_fields);
}

ActionAnswer describe_idaas_users(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    const std::string instance = read.required("IDaaSInstanceId");
    return read.finish(read.page())
        .and_then([&](const auto& page) {
            return request.plane.idaas.list_users(request.call, instance, page);
        })
        .map([&](const auto& page) {
            return page_answer(page, "Users", "User",
                               [&](const auto& view) { return user_row(request, view); });
        });
}

ActionAnswer modify_idaas_user(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::ModifyIdaasUser wanted;
    wanted.id = read.required("UserId");
    if (auto password = read.optional_text("Password"))
        wanted.password = secret_of(std::move(*password));
    wanted.enabled = read.optional_flag("Enabled");
    return read.finish(std::move(wanted))
        .and_then([&](const auto& checked) {
            return request.plane.idaas.modify_user(request.call, checked);
        })
        .map(user_fields);
}

ActionAnswer unlock_idaas_user(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    return read.finish(read.required("UserId"))
        .and_then([&](const auto& id) { return request.plane.logins.unlock(request.call, id); })
        .map([] { return JsonObject(); });
}

ActionAnswer delete_idaas_user(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    return read.finish(read.required("UserId"))
        .and_then([&](const auto& id) { return request.plane.idaas.remove_user(request.call, id); })
        .map([] { return JsonObject(); });
}

ActionAnswer enrol_idaas_user_totp(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    return read.finish(read.required("UserId"))
        .and_then([&](const auto& id) { return request.plane.idaas.enrol_totp(request.call, id); })
        .map([](const auto& enrolled) {
            JsonObject answer;
            const std::string_view uri = text_view(enrolled.uri.view());
            answer.text("OtpauthUri", uri).text("QrCodeSvg", qr_svg(uri));
            return answer;
        });
}

ActionAnswer create_idaas_user_recovery_codes(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    return read.finish(read.required("UserId"))
        .and_then([&](const auto& id) {
            return request.plane.idaas.make_recovery_codes(request.call, id);
        })
        .map([](const std::vector<SecretBuffer>& codes) {
            std::vector<std::string> texts;
            for (const SecretBuffer& code : codes) texts.push_back(as_text(code.view()));
            JsonObject answer;
            answer.texts("RecoveryCodes", texts);
            return answer;
        });
}

}  // namespace kanmon::api
