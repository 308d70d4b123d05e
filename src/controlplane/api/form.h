// Query strings and urlencoded bodies: parameters from text, and the canonical text that signatures
// are made of (RFC 3986: unreserved characters stay, everything else becomes %XX in upper case).
//
// Promises: what was decoded is valid UTF-8 without control characters, but for the line ends of
//           the parameters that are PEM; a name has one value.
// Limits:   parameters_max names.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "controlplane/model/outcome.h"

namespace kanmon::api {

inline constexpr std::size_t parameters_max = 500;

/// By name, bytewise: the order that signatures want.
using Parameters = std::map<std::string, std::string, std::less<>>;

/// "a=1&b=%20" into `parameters`. A plus sign is a space. The same name twice is accepted with the
/// same value only. InvalidParameter.
model::Outcome<void> add_form(Parameters& parameters, std::string_view text);

/// One more. Names and values have to be UTF-8 without control characters; the same name twice is
/// accepted with the same value only. InvalidParameter.
model::Outcome<void> add_parameter(Parameters& parameters, const std::string& name,
                                   const std::string& value);

std::string percent_encoded(std::string_view text);
/// name=value joined by &, both encoded.
std::string canonical_form(const Parameters& parameters);

}  // namespace kanmon::api
