// An action of the API: parameters in, the fields of its answer out. RequestId is added by `Api`.
#pragma once

#include <string_view>

#include "base/time.h"
#include "controlplane/api/json_object.h"
#include "controlplane/api/parameter_log.h"
#include "controlplane/usecases/control_plane.h"

namespace kanmon::api {

struct ActionRequest {
    usecases::ControlPlane& plane;
    const usecases::Call& call;
    ParameterSource parameters;
    Instant now{};
};

using ActionAnswer = model::Outcome<JsonObject>;
using Action = ActionAnswer (*)(const ActionRequest&);

struct NamedAction {
    std::string_view name;
    Action run;
    model::KeyRole least;  // of the access key that signs
};

/// Null when there is no action of this name. Names are compared exactly.
const NamedAction* find_action(std::string_view name);
/// All of them, sorted by name.
const std::vector<NamedAction>& actions();

/// The call with what every action may be asked with: ClientToken and DryRun.
model::Outcome<usecases::Call> with_common(usecases::Call call, const ParameterSource& parameters);

/// Milliseconds since 1970, as most times of the API are.
std::int64_t milliseconds(UnixTime time);

/// Without its port; an IPv4 address in its own spelling.
std::string address_text(const Endpoint& endpoint);

/// PageNumber, PageSize and TotalCount.
template <class T>
void add_page(JsonObject& answer, const usecases::Page<T>& page) {
    answer.number("PageNumber", page.number)
        .number("PageSize", page.size)
        .number("TotalCount", page.total);
}

/// One object for each row, made by `fields`.
template <class Rows, class Fields>
std::vector<JsonObject> rows_of(const Rows& rows, Fields fields) {
    std::vector<JsonObject> objects;
    for (const auto& row : rows) objects.push_back(fields(row));
    return objects;
}

/// {outer: {inner: [...]}} of a page's rows, and its numbers.
template <class T, class Fields>
JsonObject page_answer(const usecases::Page<T>& page, std::string_view outer,
                       std::string_view inner, Fields fields) {
    JsonObject answer;
    add_nested_list(answer, outer, inner, rows_of(page.items, fields));
    add_page(answer, page);
    return answer;
}

/// {outer: {inner: ["…"]}}
void add_texts(JsonObject& answer, std::string_view outer, std::string_view inner,
               const std::vector<std::string>& texts);

/// Of a client as lists show it, "CN=vsc-…", or of its name alone.
std::string name_of_client(const std::string& shown);

/// OwnerId is a number in the original's answers.
std::int64_t account_number(const model::AccountId& account);

/// {"Tag":[{"Key","Value"}]} under `outer`.
void add_tags(JsonObject& answer, std::string_view outer, const model::Tags& tags);

}  // namespace kanmon::api
