// Text around binary keys: "-----BEGIN <label>-----", lines, "-----END <label>-----".
#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace kanmon::crypto {

/// What lies between the two lines of this label; nothing when one is missing.
std::optional<std::string_view> inside_armour(std::string_view text, std::string_view label);

/// Standard base64; spaces and line ends are skipped. Nothing for any other character, for a wrong
/// length or for padding in the middle.
std::optional<Buffer> from_base64(std::string_view text);

}  // namespace kanmon::crypto
