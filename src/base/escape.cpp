#include "base/escape.h"

namespace kanmon {

std::string escaped(std::string_view text, std::size_t octets_max) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string shown;
    for (const char c : text.substr(0, octets_max)) {
        const auto value = static_cast<unsigned char>(c);
        if (value >= 0x20 && value < 0x7f && c != '\\') {
            shown += c;
        } else {
            shown += "\\x";
            shown += digits[value >> 4];
            shown += digits[value & 15];
        }
    }
    if (text.size() > octets_max) shown += "...";
    return shown;
}

}  // namespace kanmon
