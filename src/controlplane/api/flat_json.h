// Parameters that are a JSON object in one text, such as IkeConfig: names and plain values, nothing
// inside each other.
//
// Limits: flat_json_names_max names; nesting ends the reading at its first bracket, so that no text
// costs more than its length.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "controlplane/api/form.h"

namespace kanmon::api {

inline constexpr std::size_t flat_json_names_max = 64;

/// Numbers and booleans as they were written, null as if it were not there. What was read is UTF-8
/// without control characters; a name stands there once. The error is a phrase that says what is
/// wrong.
Expected<Parameters, std::string> flat_json(std::string_view document);

}  // namespace kanmon::api
