// Makes hostile text showable: what a peer sent never reaches a terminal, log or page unescaped.
#pragma once

#include <string>
#include <string_view>

namespace kanmon {

/// Printable ASCII stays; a backslash and every other octet becomes \xHH. At most `octets_max`
/// octets of the input are shown, then "...".
std::string escaped(std::string_view text, std::size_t octets_max = 256);

}  // namespace kanmon
