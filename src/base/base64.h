// Base64 (RFC 4648, section 4) as the peers use it: padded, without line ends.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace kanmon {

std::string to_base64(Bytes octets);

/// Nothing unless `text` is exactly what `to_base64` makes of some octets: one text, one meaning.
/// Wipe the result when it holds a secret.
std::optional<Buffer> from_base64(std::string_view text);

}  // namespace kanmon
