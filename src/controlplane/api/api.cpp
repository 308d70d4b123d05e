#include "controlplane/api/api.h"

#include <fmt/core.h>

#include "base/escape.h"
#include "base/log.h"
#include "controlplane/api/action.h"
#include "controlplane/api/parameter_reader.h"
#include "controlplane/api/request_id.h"
#include "controlplane/model/name.h"

namespace kanmon::api {

struct Api::Answered {
    std::string action;  // empty while unknown; hostile until the signature was checked
    std::string access_key;
    model::Outcome<JsonObject> outcome;
};

namespace {

constexpr std::size_t host_octets_max = 256;

model::Refusal refusal(int status, std::string_view code, std::string message) {
    return {status, std::string(code), std::move(message)};
}

model::Outcome<void> check_envelope(const HttpRequest& request) {
    if (request.too_large)
        return unexpected(refusal(413, "RequestTooLarge",
                                  "The target may have 32 kB, the headers 32 kB and the body "
                                  "256 kB."));
    if (request.ambiguous)
        return unexpected(refusal(400, "InvalidRequest",
                                  "Content-Length, Transfer-Encoding and Host may be sent once, "
                                  "and only one of the first two."));
    if (request.method != "GET" && request.method != "POST")
        return unexpected(refusal(
            405, "UnsupportedHTTPMethod",
            fmt::format("The method is {}; it can be GET or POST.", escaped(request.method, 32))));
    if (request.path != "/" && !request.path.empty())
        return unexpected(refusal(
            404, "InvalidAPI.NotFound",
            fmt::format("There is nothing at {}; the API is at /.", escaped(request.path, 64))));
    const std::string_view type = request.header("content-type").value_or("");
    if (!request.body.empty() && !type.starts_with("application/x-www-form-urlencoded"))
        return unexpected(refusal(415, "UnsupportedContentType",
                                  "A body has to be application/x-www-form-urlencoded."));
    return {};
}

bool reads_only(std::string_view action) {
    return action.starts_with("Describe");
}

HttpResponse failed(const model::Refusal& refusal, const std::string& request_id,
                    std::string_view host) {
    JsonObject body;
    body.text("RequestId", request_id)
        .text("HostId", escaped(host, host_octets_max))
        .text("Code", refusal.code)
        .text("Message", refusal.message)
        .text("Recommend", "See docs/api.md, section Errors.");
    HttpResponse response;
    response.status = refusal.http_status;
    response.body = body.dump();
    response.retry_after = std::chrono::ceil<std::chrono::milliseconds>(refusal.retry_after);
    return response;
}

model::Refusal not_authorized(const usecases::Credential& caller, const NamedAction& action) {
    return refusal(403, "Forbidden.RAM",
                   fmt::format("The access key {} has the role {}, and {} wants {}. An "
                               "administrator of the account can make another key.",
                               caller.access_key.text, model::key_role_text(caller.key_role),
                               action.name, model::key_role_text(action.least)));
}

model::Outcome<usecases::Call> call_of(const SignedCall& caller, const Parameters& parameters,
                                       const std::string& request_id, UnixTime now) {
    ParameterReader read(parameters);
    usecases::Call call{.actor = {.account = caller.credential.account,
                                  .role = caller.credential.role,
                                  .access_key = caller.credential.access_key.text,
                                  .request_id = request_id,
                                  .key_role = caller.credential.key_role},
                        .now = now,
                        .client_token = read.text("ClientToken"),
                        .dry_run = read.flag("DryRun", false)};
    if (const auto fits = model::check_client_token(call.client_token); !fits)
        return unexpected(fits.error());
    return read.finish(std::move(call));
}

}  // namespace

/// Everything up to the signature, at the cost of the network when that is not right.
model::Outcome<SignedCall> Api::signed_call(const HttpRequest& request, Parameters& all,
                                            UnixTime now, Instant boot) {
    if (auto free = throttle_.admit(request.network, boot); !free) return unexpected(free.error());
    const auto checked = [&]() -> model::Outcome<SignedCall> {
        if (const auto fits = check_envelope(request); !fits) return unexpected(fits.error());
        Parameters query;
        if (const auto read = add_form(query, request.query); !read)
            return unexpected(read.error());
        all = query;
        if (const auto read = add_form(all, request.body); !read) return unexpected(read.error());
        return authentication_.check(request, query, all, now, boot);
    };
    auto caller = checked();
    if (!caller && caller.error().http_status < 429) throttle_.charge(request.network, boot);
    return caller;
}

Api::Answered Api::run(const HttpRequest& request, const std::string& request_id, UnixTime now,
                       Instant boot) {
    Answered answered;
    const auto refused = [&](const model::Refusal& why) {
        answered.outcome = unexpected(why);
        return std::move(answered);
    };
    Parameters all;
    const auto caller = signed_call(request, all, now, boot);
    if (!caller) return refused(caller.error());
    answered.action = caller->action;
    answered.access_key = caller->credential.access_key.text;
    if (caller->version != api_version)
        return refused(refusal(400, "InvalidVersion",
                               fmt::format("The version is '{}'; this API has version {}.",
                                           escaped(caller->version, 32), api_version)));
    const NamedAction* action = find_action(caller->action);
    if (action == nullptr)
        return refused(refusal(404, "InvalidAction.NotFound",
                               fmt::format("There is no action '{}' here; docs/api.md lists "
                                           "those there are.",
                                           escaped(caller->action, 64))));
    if (caller->credential.key_role < action->least)
        return refused(not_authorized(caller->credential, *action));
    const auto call = call_of(*caller, all, request_id, now);
    if (!call) return refused(call.error());
    answered.outcome =
        action->run({.plane = plane_, .call = *call, .parameters = all, .now = boot});
    // What only reads has no transaction that would say so.
    if (answered.outcome && call->dry_run)
        answered.outcome = model::refuse("DryRunOperation", "The request would succeed.");
    if (answered.outcome && !reads_only(caller->action))
        if (const auto settled = plane_.books.settle(); !settled) return refused(settled.error());
    if (answered.outcome && caller->credential.key_role == model::KeyRole::viewer)
        answered.outcome->withhold_secrets();
    return answered;
}

HttpResponse Api::answer(const HttpRequest& request, UnixTime now, Instant boot) {
    const std::string request_id = make_request_id(random_);
    const std::string_view host = request.header("host").value_or("");
    try {
        Answered answered = run(request, request_id, now, boot);
        const bool done = answered.outcome.has_value();
        const bool is_quiet =
            done ? reads_only(answered.action) : answered.outcome.error().http_status == 429;
        log_event(is_quiet ? Severity::debug : Severity::info, "api call",
                  {{"action", answered.action},
                   {"access_key", answered.access_key},
                   {"code", done ? "OK" : answered.outcome.error().code},
                   {"request_id", request_id}});
        if (is_quiet && !done)
            if (const auto news = throttle_.news(boot))
                log_event(Severity::warning, "api calls throttled",
                          {{"of_keys", std::to_string(news->of_keys)},
                           {"of_networks", std::to_string(news->of_networks)}});
        if (!done) return failed(answered.outcome.error(), request_id, host);
        answered.outcome->text("RequestId", request_id);
        return {200, answered.outcome->dump()};
    } catch (const std::exception& error) {
        // Memory or a library gave up. The process lives on; the caller may try again.
        log_event(Severity::error, "api call failed",
                  {{"why", error.what()}, {"request_id", request_id}});
        return failed(refusal(500, "InternalError", "The request failed inside the gateway."),
                      request_id, host);
    }
}

}  // namespace kanmon::api
