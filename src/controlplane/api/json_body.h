// A JSON object as the body of a call: the same parameters that a form would have.
//
// {"Name":"x","Weight":100,"Tag":[{"Key":"a"}]} is Name=x, Weight=100, Tag.1.Key=a. Numbers and
// booleans are as they were written; null is as if it were not there.
//
// Promises: nothing stands there twice; no text costs more than its length.
// Limits:   parameters_max values, json_values_max with those that hold others, json_depth_max
//           objects and arrays inside each other.
#pragma once

#include <string_view>

#include "controlplane/api/form.h"

namespace kanmon::api {

inline constexpr std::size_t json_depth_max = 6;
inline constexpr std::size_t json_values_max = 2 * parameters_max;

/// Of an empty text: none. InvalidJson, which names the field; InvalidParameter.
model::Outcome<Parameters> json_parameters(std::string_view body);

}  // namespace kanmon::api
