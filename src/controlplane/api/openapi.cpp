#include "controlplane/api/openapi.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "controlplane/api/parameter_reader.h"

namespace kanmon::api {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view introduction =
    "Every action of Kanmon's API as JSON. What each means is in docs/api.md.";

Json reference(std::string_view part) {
    return {{"$ref", "#/components/" + std::string(part)}};
}

Json object_of(Json properties, const std::vector<std::string>& required) {
    Json schema{{"type", "object"}};
    if (!properties.empty()) schema["properties"] = std::move(properties);
    if (!required.empty()) schema["required"] = required;
    return schema;
}

Json text_schema() {
    return {{"type", "string"}};
}

Json list_of(Json items) {
    return {{"type", "array"}, {"items", std::move(items)}};
}

/// A flat object whose names the model knows: IkeConfig and the like.
Json plain_object() {
    Json plain = Json::array({text_schema(), {{"type", "integer"}}, {{"type", "boolean"}}});
    return {{"type", "object"}, {"additionalProperties", {{"oneOf", std::move(plain)}}}};
}

Json schema_of(ParameterForm form) {
    switch (form) {
        case ParameterForm::text:
            return text_schema();
        case ParameterForm::secret:
            return {{"type", "string"}, {"format", "password"}};
        case ParameterForm::number:
            return {{"type", "integer"}, {"format", "int64"}};
        case ParameterForm::flag:
            return {{"type", "boolean"}};
        case ParameterForm::texts:
            return list_of(text_schema());
        case ParameterForm::tags:
            return list_of(object_of({{"Key", text_schema()}, {"Value", text_schema()}}, {}));
        case ParameterForm::object:
            return plain_object();
        case ParameterForm::objects:
            return list_of({{"type", "object"}});
    }
    return {};
}

/// The schema that `path` - "Outer.1.Name" - has in `schema`, made on the way.
Json& place_of(Json& schema, std::string_view path) {
    Json* at = &schema;
    while (true) {
        const std::size_t dot = path.find('.');
        const std::string part(path.substr(0, dot));
        if (part == "1") {
            (*at)["type"] = "array";
            at = &(*at)["items"];
        } else {
            (*at)["type"] = "object";
            at = &(*at)["properties"][part];
        }
        if (dot == std::string_view::npos) return *at;
        path.remove_prefix(dot + 1);
    }
}

Json body_schema(const std::vector<AskedParameter>& parameters) {
    Json schema{{"type", "object"}};
    std::vector<std::string> required;
    for (const AskedParameter& parameter : parameters) {
        place_of(schema, parameter.name) = schema_of(parameter.form);
        if (parameter.required) required.push_back(parameter.name);
    }
    if (!required.empty()) schema["required"] = required;
    return schema;
}

Json body_of(Json schema) {
    const bool required = schema.contains("required");
    return {{"required", required},
            {"content", {{"application/json", {{"schema", std::move(schema)}}}}}};
}

Json response(std::string_view description, std::string_view schema) {
    return {{"description", description},
            {"content",
             {{"application/json", {{"schema", reference("schemas/" + std::string(schema))}}}}}};
}

Json responses(std::string_view answer) {
    return {{"200", reference("responses/" + std::string(answer))},
            {"default", reference("responses/Refusal")}};
}

Json operation_of(const NamedAction& action, usecases::ControlPlane& plane) {
    const ActionDescription description = description_of(action, plane);
    Json operation{{"operationId", action.name}};
    operation["description"] =
        description.serves
            ? fmt::format("Wants the role {}.", model::key_role_text(action.least))
            : std::string("Has no meaning here: answers UnsupportedOperation to everybody.");
    operation["requestBody"] = body_of(body_schema(description.parameters));
    operation["responses"] = responses("Answer");
    return operation;
}

Json login_operation() {
    Json schema = object_of({{"AccessKeyId", schema_of(ParameterForm::text)},
                             {"AccessKeySecret", schema_of(ParameterForm::secret)}},
                            {"AccessKeyId", "AccessKeySecret"});
    return {{"operationId", "login"},
            {"description", "A session: a token that lasts 12 hours, and one without use."},
            {"security", Json::array()},
            {"requestBody", body_of(std::move(schema))},
            {"responses", responses("Session")}};
}

Json logout_operation() {
    return {{"operationId", "logout"},
            {"description", "Ends the token that the request is sent with."},
            {"responses", responses("Answer")}};
}

Json description_operation() {
    return {{"operationId", "openapi"},
            {"description", "This document."},
            {"security", Json::array()},
            {"responses",
             {{"200",
               {{"description", "OpenAPI 3"},
                {"content", {{"application/json", {{"schema", {{"type", "object"}}}}}}}}}}}};
}

Json schemas() {
    const Json request_id{{"type", "string"}, {"format", "uuid"}};
    Json answer = object_of({{"RequestId", request_id}}, {"RequestId"});
    answer["additionalProperties"] = true;
    Json session = object_of({{"RequestId", request_id},
                              {"Token", text_schema()},
                              {"Role", text_schema()},
                              {"ExpireTime", {{"type", "string"}, {"format", "date-time"}}}},
                             {"RequestId", "Token", "Role", "ExpireTime"});
    session["additionalProperties"] = true;
    return {{"Answer", std::move(answer)},
            {"Session", std::move(session)},
            {"Refusal", object_of({{"RequestId", request_id},
                                   {"HostId", text_schema()},
                                   {"Code", text_schema()},
                                   {"Message", text_schema()},
                                   {"Recommend", text_schema()}},
                                  {"RequestId", "HostId", "Code", "Message", "Recommend"})}};
}

Json components() {
    return {
        {"securitySchemes",
         {{"bearer",
           {{"type", "http"},
            {"scheme", "bearer"},
            {"description", "By CreateBearerToken or /api/v1/login."}}}}},
        {"schemas", schemas()},
        {"responses",
         {{"Answer", response("The action was done; its own fields beside RequestId.", "Answer")},
          {"Session", response("The session's token, shown once.", "Session")},
          {"Refusal",
           response("Why not; docs/api.md lists codes with their statuses.", "Refusal")}}}};
}

}  // namespace

ActionDescription description_of(const NamedAction& action, usecases::ControlPlane& plane) {
    ParameterLog log;
    const Parameters nothing;
    const ParameterSource source{.values = nothing, .log = &log};
    static_cast<void>(with_common({}, source));
    const usecases::Call nobody;
    const auto answer =
        action.run({.plane = plane, .call = nobody, .parameters = source, .now = {}});
    const bool read = !answer && answer.error() == ParameterReader::described();
    return {.parameters = log.asked(), .serves = read};
}

std::string openapi_document(usecases::ControlPlane& plane) {
    Json document{{"openapi", "3.0.3"},
                  {"info", {{"title", "Kanmon"}, {"version", "1"}, {"description", introduction}}},
                  {"security", Json::array({{{"bearer", Json::array()}}})}};
    Json& paths = document["paths"];
    for (const NamedAction& action : actions())
        paths["/api/v1/" + std::string(action.name)]["post"] = operation_of(action, plane);
    paths["/api/v1/login"]["post"] = login_operation();
    paths["/api/v1/logout"]["post"] = logout_operation();
    paths[std::string(openapi_path)]["get"] = description_operation();
    document["components"] = components();
    return document.dump(1) + "\n";
}

}  // namespace kanmon::api
