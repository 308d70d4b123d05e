#include "dataplane/crypto/armour.h"

namespace kanmon::crypto {
namespace {

std::optional<std::uint32_t> base64_digit(char letter) {
    if (letter >= 'A' && letter <= 'Z') return static_cast<std::uint32_t>(letter - 'A');
    if (letter >= 'a' && letter <= 'z') return static_cast<std::uint32_t>(letter - 'a' + 26);
    if (letter >= '0' && letter <= '9') return static_cast<std::uint32_t>(letter - '0' + 52);
    if (letter == '+') return 62;
    if (letter == '/') return 63;
    return std::nullopt;
}

bool is_space(char letter) {
    return letter == ' ' || letter == '\t' || letter == '\r' || letter == '\n';
}

}  // namespace

std::optional<std::string_view> inside_armour(std::string_view text, std::string_view label) {
    const auto line = [label](std::string_view word) {
        return std::string("-----").append(word).append(label).append("-----");
    };
    const std::string begin = line("BEGIN ");
    const std::size_t from = text.find(begin);
    if (from == std::string_view::npos) return std::nullopt;
    text.remove_prefix(from + begin.size());
    const std::size_t to = text.find(line("END "));
    if (to == std::string_view::npos) return std::nullopt;
    return text.substr(0, to);
}

std::optional<Buffer> from_base64(std::string_view text) {
    Buffer octets;
    std::uint32_t bits = 0;
    std::size_t digits = 0, padding = 0;
    for (const char letter : text) {
        if (is_space(letter)) continue;
        if (letter == '=') {
            ++padding;
            continue;
        }
        const auto digit = base64_digit(letter);
        if (!digit || padding > 0) return std::nullopt;
        bits = bits << 6 | *digit;
        ++digits;
        if (digits % 4 == 1) continue;
        const std::size_t unused = digits % 4 == 2 ? 4 : digits % 4 == 3 ? 2 : 0;
        octets.push_back(static_cast<std::byte>(bits >> unused & 0xff));
    }
    if (padding > 2 || (digits + padding) % 4 != 0) return std::nullopt;
    return octets;
}

}  // namespace kanmon::crypto
