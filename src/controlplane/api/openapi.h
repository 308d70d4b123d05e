// The API by JSON as an OpenAPI 3 document, made of the table of actions and of what each action
// asks of its parameters when it is run with a log.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controlplane/api/action.h"

namespace kanmon::api {

inline constexpr std::string_view openapi_path = "/api/v1/openapi.json";

struct ActionDescription {
    std::vector<AskedParameter> parameters;
    bool serves = true;  // false: answers UnsupportedOperation to everybody
};

/// Nothing of `plane` is used by an action that ends its reading with `ParameterReader::finish`.
ActionDescription description_of(const NamedAction& action, usecases::ControlPlane& plane);

/// Indented, with a line end behind it; the same for every `plane`.
std::string openapi_document(usecases::ControlPlane& plane);

}  // namespace kanmon::api
