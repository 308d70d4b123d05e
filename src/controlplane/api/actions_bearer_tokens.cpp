// Bearer tokens: extensions of Kanmon.
#include "controlplane/api/actions.h"
#include "controlplane/api/parameter_reader.h"
#include "controlplane/api/timestamp.h"
#include "controlplane/api/token_shape.h"

namespace kanmon::api {
namespace {

JsonObject token_fields(const model::BearerToken& row) {
    JsonObject fields;
    fields.text("TokenId", row.id.text)
        .text("TokenName", row.name)
        .text("Kind", model::token_kind_text(row.kind))
        .text("AccessKeyId", row.access_key.text)
        .text("Role", model::key_role_text(row.role))
        .text("CreationTime", timestamp_text(row.created_at))
        .text("ExpireTime", timestamp_text(row.expires_at))
        .text("LastUsedTime", timestamp_text(row.used_at));
    return fields;
}

}  // namespace

JsonObject token_created(const usecases::BearerTokenCreated& created) {
    JsonObject answer = token_fields(created.row);
    answer.text("Token", model::ticket_text(created.row.id.text, created.token));
    return answer;
}

ActionAnswer create_bearer_token(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    usecases::CreateBearerToken wanted{.name = read.text("TokenName"), .role = read.text("Role")};
    wanted.lifetime_seconds =
        read.optional_number("LifetimeSeconds").value_or(wanted.lifetime_seconds);
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.bearer_tokens.create(request.call, checked);
        })
        .map(token_created);
}

ActionAnswer describe_bearer_tokens(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    return read.finish(read.page())
        .and_then(
            [&](const auto& page) { return request.plane.bearer_tokens.list(request.call, page); })
        .map([](const auto& page) {
            return page_answer(page, "BearerTokens", "BearerToken", token_fields);
        });
}

ActionAnswer delete_bearer_token(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    return read.finish(model::BearerTokenId{read.required("TokenId")})
        .and_then(
            [&](const auto& id) { return request.plane.bearer_tokens.remove(request.call, id); })
        .map([] { return JsonObject(); });
}

}  // namespace kanmon::api
