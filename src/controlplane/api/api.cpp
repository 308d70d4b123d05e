#include "controlplane/api/api.h"

#include <fmt/core.h>

#include "base/escape.h"
#include "base/log.h"
#include "controlplane/api/action.h"
#include "controlplane/api/json_body.h"
#include "controlplane/api/openapi.h"
#include "controlplane/api/request_id.h"
#include "controlplane/api/token_shape.h"

namespace kanmon::api {

struct Api::Answered {
    std::string action;  // empty while unknown; hostile until the signature was checked
    std::string access_key;
    std::string bearer_token;  // its id
    model::Outcome<JsonObject> outcome;
};

/// What is known of a request before it was read.
struct Arrival {
    std::string request_id;
    UnixTime now;
    Instant boot;
    usecases::SignedRequest signed_request = {};  // once it was found to be one
};

namespace {

constexpr std::size_t host_octets_max = 256;

model::Refusal refusal(int status, std::string_view code, std::string message) {
    return {status, std::string(code), std::move(message)};
}

model::Outcome<void> check_size(const HttpRequest& request) {
    if (request.too_large)
        return unexpected(refusal(413, "RequestTooLarge",
                                  "The target may have 32 kB, the headers 32 kB and the body "
                                  "256 kB."));
    if (request.ambiguous)
        return unexpected(refusal(400, "InvalidRequest",
                                  "Content-Length, Transfer-Encoding and Host may be sent once, "
                                  "and only one of the first two."));
    return {};
}

Unexpected<model::Refusal> wrong_method(const HttpRequest& request, std::string_view possible) {
    return unexpected(refusal(
        405, "UnsupportedHTTPMethod",
        fmt::format("The method is {}; it can be {}.", escaped(request.method, 32), possible)));
}

model::Outcome<void> check_type(const HttpRequest& request, std::string_view wanted) {
    const std::string_view type = request.header("content-type").value_or("");
    if (request.body.empty() || type.starts_with(wanted)) return {};
    return unexpected(
        refusal(415, "UnsupportedContentType", fmt::format("A body has to be {}.", wanted)));
}

model::Outcome<void> check_form_request(const HttpRequest& request) {
    if (auto fits = check_size(request); !fits) return fits;
    if (request.method != "GET" && request.method != "POST")
        return wrong_method(request, "GET or POST");
    if (request.path != "/" && !request.path.empty())
        return unexpected(refusal(404, "InvalidAPI.NotFound",
                                  fmt::format("There is nothing at {}; the API is at / and {}.",
                                              escaped(request.path, 64), json_path)));
    return check_type(request, "application/x-www-form-urlencoded");
}

/// No page of elsewhere can make a browser send this type unasked, nor anything with a token.
model::Outcome<void> check_json_request(const HttpRequest& request) {
    if (auto fits = check_size(request); !fits) return fits;
    if (request.method != "POST") return wrong_method(request, "POST");
    if (!request.query.empty())
        return unexpected(refusal(400, "InvalidParameter",
                                  "Parameters and tokens do not stand in the address here; "
                                  "parameters are the JSON object in the body."));
    return check_type(request, "application/json");
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

std::string named(const usecases::TokenHolder& caller) {
    return caller.token.empty() ? "The access key " + caller.credential.access_key.text
                                : "The token " + caller.token.text;
}

model::Refusal not_authorized(const usecases::TokenHolder& caller, const NamedAction& action) {
    return refusal(403, "Forbidden.RAM",
                   fmt::format("{} has the role {}, and {} wants {}. An administrator of the "
                               "account can make another key.",
                               named(caller), model::key_role_text(caller.credential.key_role),
                               action.name, model::key_role_text(action.least)));
}

usecases::Call call_of(const usecases::TokenHolder& caller, const Arrival& arrival) {
    return {.actor = {.account = caller.credential.account,
                      .role = caller.credential.role,
                      .access_key = caller.credential.access_key.text,
                      .request_id = arrival.request_id,
                      .key_role = caller.credential.key_role,
                      .bearer_token = caller.token,
                      .signed_request = arrival.signed_request},
            .now = arrival.now,
            .client_token = {},
            .dry_run = false};
}

}  // namespace

model::Outcome<JsonObject> Api::settled(model::Outcome<JsonObject> outcome) {
    if (outcome)
        if (const auto kept = plane_.books.settle(); !kept) return unexpected(kept.error());
    return outcome;
}

model::Outcome<JsonObject> Api::perform(std::string_view name, const usecases::TokenHolder& caller,
                                        const Parameters& parameters, const Arrival& arrival) {
    const NamedAction* action = find_action(name);
    if (action == nullptr)
        return unexpected(refusal(404, "InvalidAction.NotFound",
                                  fmt::format("There is no action '{}' here; docs/api.md lists "
                                              "those there are.",
                                              escaped(name, 64))));
    if (caller.credential.key_role < action->least)
        return unexpected(not_authorized(caller, *action));
    const auto call = with_common(call_of(caller, arrival), {parameters});
    if (!call) return unexpected(call.error());
    auto outcome = action->run(
        {.plane = plane_, .call = *call, .parameters = {parameters}, .now = arrival.boot});
    // What only reads has no transaction that would say so.
    if (outcome && call->dry_run)
        return model::refuse("DryRunOperation", "The request would succeed.");
    if (!reads_only(name)) outcome = settled(std::move(outcome));
    if (outcome && caller.credential.key_role == model::KeyRole::viewer)
        outcome->withhold_secrets();
    return outcome;
}

/// Everything up to the signature, at the cost of the network when that is not right.
model::Outcome<SignedCall> Api::signed_call(const HttpRequest& request, Parameters& all,
                                            const Arrival& arrival) {
    if (auto free = throttle_.admit(request.network, arrival.boot); !free)
        return unexpected(free.error());
    const auto checked = [&]() -> model::Outcome<SignedCall> {
        if (const auto fits = check_form_request(request); !fits) return unexpected(fits.error());
        Parameters query;
        if (const auto read = add_form(query, request.query); !read)
            return unexpected(read.error());
        all = query;
        if (const auto read = add_form(all, request.body); !read) return unexpected(read.error());
        return authentication_.check(request, query, all, arrival.now, arrival.boot);
    };
    auto caller = checked();
    if (!caller && caller.error().http_status < 429)
        throttle_.charge(request.network, arrival.boot);
    return caller;
}

/// The same for a bearer token, which takes of the share of the key that it goes with.
model::Outcome<usecases::TokenHolder> Api::token_holder(const HttpRequest& request,
                                                        const Arrival& arrival) {
    auto caller = bearers_.check(request, arrival.now, arrival.boot);
    if (!caller) {
        if (caller.error().http_status < 429) throttle_.charge(request.network, arrival.boot);
        return unexpected(caller.error());
    }
    if (auto free = throttle_.charge_key(caller->credential.access_key.text, arrival.boot); !free)
        return unexpected(free.error());
    return caller;
}

Api::Answered Api::run_form(const HttpRequest& request, const Arrival& arrival) {
    Answered answered;
    const auto refused = [&](const model::Refusal& why) {
        answered.outcome = unexpected(why);
        return std::move(answered);
    };
    Parameters all;
    auto caller = signed_call(request, all, arrival);
    if (!caller) return refused(caller.error());
    answered.action = caller->action;
    answered.access_key = caller->credential.access_key.text;
    if (caller->version != api_version)
        return refused(refusal(400, "InvalidVersion",
                               fmt::format("The version is '{}'; this API has version {}.",
                                           escaped(caller->version, 32), api_version)));
    Arrival authentic = arrival;
    authentic.signed_request = std::move(caller->request);
    answered.outcome =
        perform(answered.action, {.credential = std::move(caller->credential), .token = {}}, all,
                authentic);
    return answered;
}

model::Outcome<JsonObject> Api::log_in(const HttpRequest& request, const Arrival& arrival) {
    const auto parameters = json_parameters(request.body);
    if (!parameters) return unexpected(parameters.error());
    const auto key = parameters->find("AccessKeyId");
    const std::string access_key = key == parameters->end() ? std::string() : key->second;
    // Twice: only who has the secret takes of its key's share.
    if (auto free = throttle_.admit_key(access_key, arrival.boot); !free)
        return unexpected(free.error());
    auto made =
        bearers_.log_in(request, *parameters, arrival.request_id, arrival.now, arrival.boot);
    if (!made) return unexpected(made.error());
    if (auto free = throttle_.charge_key(access_key, arrival.boot); !free)
        return unexpected(free.error());
    return settled(token_created(*made));
}

model::Outcome<JsonObject> Api::log_out(const usecases::TokenHolder& caller,
                                        const Arrival& arrival) {
    return settled(
        plane_.bearer_tokens.log_out(call_of(caller, arrival)).map([] { return JsonObject(); }));
}

Api::Answered Api::run_json(const HttpRequest& request, const Arrival& arrival) {
    Answered answered;
    const auto refused = [&](const model::Refusal& why) {
        answered.outcome = unexpected(why);
        return std::move(answered);
    };
    if (const auto free = throttle_.admit(request.network, arrival.boot); !free)
        return refused(free.error());
    const auto refused_stranger = [&](const model::Refusal& why) {
        if (why.http_status < 429) throttle_.charge(request.network, arrival.boot);
        return refused(why);
    };
    if (const auto fits = check_json_request(request); !fits) return refused_stranger(fits.error());
    const std::string name = request.path.substr(json_path.size());
    if (name == "login") {
        answered.action = name;
        auto made = log_in(request, arrival);
        if (!made) return refused_stranger(made.error());
        answered.outcome = std::move(made);
        return answered;
    }
    const auto caller = token_holder(request, arrival);
    if (!caller) return refused(caller.error());
    answered.action = name;
    answered.access_key = caller->credential.access_key.text;
    answered.bearer_token = caller->token.text;
    const auto parameters = json_parameters(request.body);
    if (!parameters) return refused(parameters.error());
    answered.outcome =
        name == "logout" ? log_out(*caller, arrival) : perform(name, *caller, *parameters, arrival);
    return answered;
}

HttpResponse Api::description() {
    std::call_once(described_, [&] { description_ = openapi_document(plane_); });
    return {200, description_};
}

HttpResponse Api::answer(const HttpRequest& request, UnixTime now, Instant boot) {
    const std::string request_id = make_request_id(random_);
    const std::string_view host = request.header("host").value_or("");
    try {
        if (request.method == "GET" && request.path == openapi_path) return description();
        const Arrival arrival{request_id, now, boot};
        Answered answered = request.path.starts_with(json_path) ? run_json(request, arrival)
                                                                : run_form(request, arrival);
        const bool done = answered.outcome.has_value();
        const bool is_quiet =
            done ? reads_only(answered.action) : answered.outcome.error().http_status == 429;
        log_event(is_quiet ? Severity::debug : Severity::info, "api call",
                  {{"action", answered.action},
                   {"access_key", answered.access_key},
                   {"bearer_token", answered.bearer_token},
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
