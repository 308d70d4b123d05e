// SHA-256 of a text, for what is recognised and not read back.
#pragma once

#include <string>
#include <string_view>

namespace kanmon::adapters {

/// Lower-case hexadecimal.
std::string sha256_text(std::string_view text);

}  // namespace kanmon::adapters
