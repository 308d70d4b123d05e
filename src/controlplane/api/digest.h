// The hashes that request signatures are made of, by OpenSSL.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace kanmon::api {

std::array<std::byte, 32> sha256(std::string_view text);
std::string sha256_hex(std::string_view text);  // lower case
std::string hmac_sha256_hex(Bytes key, std::string_view text);
std::string hmac_sha1_base64(Bytes key, std::string_view text);
std::string base64(Bytes bytes);

}  // namespace kanmon::api
