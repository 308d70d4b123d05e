// What people may call things.
#pragma once

#include <string_view>

#include "controlplane/model/outcome.h"

namespace kanmon::model {

/// How many characters UTF-8 holds.
std::size_t characters_of(std::string_view text);

/// SSL servers, certificates, VPCs, accounts: 1-128 characters of UTF-8 without control characters,
/// not starting with http:// or https://. Empty is allowed (the name is optional). InvalidName.
Outcome<void> check_name(std::string_view name);
/// Gateways: 2-100 characters, a letter first, then letters, digits, _ - and dots. Empty is
/// allowed. InvalidName.
Outcome<void> check_gateway_name(std::string_view name);
/// At most 256 characters, not starting with http:// or https://. InvalidDescription.
Outcome<void> check_description(std::string_view description);
/// 1-64 lower-case letters, digits and hyphens: any region of an installation's choosing.
bool is_region(std::string_view text);
/// Printable ASCII, at most 64. InvalidParameter.
Outcome<void> check_client_token(std::string_view token);

}  // namespace kanmon::model
