// A QR code as a picture: what a phone scans instead of typing an otpauth address.
#pragma once

#include <string>

#include "base/bytes.h"

namespace kanmon::api {

/// SVG, four modules of quiet zone, black on white. Empty for more than 2,331 octets, which no code
/// of medium error correction holds.
std::string qr_svg(std::string_view text);

}  // namespace kanmon::api
