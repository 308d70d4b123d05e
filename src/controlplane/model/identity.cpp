#include "controlplane/model/identity.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/escape.h"

namespace kanmon::model {

namespace {

constexpr std::size_t user_name_octets_max = 64;
constexpr std::size_t password_octets_least = 8;
constexpr std::size_t password_octets_max = 128;
/// What clients put in front of other things that they send in place of a password.
constexpr std::array<std::string_view, 3> taken_beginnings{"SCRV1:", "CRV1::", "SESS_ID_AT_"};

constexpr std::string_view recovery_letters = "abcdefghjkmnpqrstuvwxyz23456789";
constexpr std::size_t recovery_code_letters = 16;

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool may_stand_in_a_name(char c) {
    return is_letter_or_digit(c) || std::string_view("._-@+").find(c) != std::string_view::npos;
}

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

std::string percent_encoded(std::string_view text) {
    std::string encoded;
    for (const char c : text) {
        const bool plain = is_letter_or_digit(c) || (c >= 'A' && c <= 'Z') ||
                           std::string_view("-._~").find(c) != std::string_view::npos;
        encoded +=
            plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return encoded;
}

}  // namespace

std::string folded_name(std::string_view name) {
    std::string folded(name);
    for (char& c : folded)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return folded;
}

Outcome<std::string> check_user_name(std::string_view name) {
    if (name.empty()) return missing("UserName");
    std::string folded = folded_name(name);
    const bool fits = folded.size() <= user_name_octets_max && is_letter_or_digit(folded.front()) &&
                      std::ranges::all_of(folded, may_stand_in_a_name);
    if (fits) return folded;
    return illegal("UserName",
                   fmt::format("A user name has 1-64 letters, digits, dots, _ - @ and +, a letter "
                               "or digit first; '{}' has not. anna.smith would do.",
                               escaped(name, 64)));
}

Outcome<void> check_password(std::string_view password) {
    if (password.empty()) return missing("Password");
    if (password.size() < password_octets_least || password.size() > password_octets_max)
        return illegal("Password", fmt::format("A password has {} to {} octets.",
                                               password_octets_least, password_octets_max));
    if (std::ranges::any_of(password, is_control))
        return illegal("Password", "A password has no control characters.");
    for (const std::string_view beginning : taken_beginnings)
        if (password.starts_with(beginning))
            return illegal("Password",
                           fmt::format("VPN programs give '{}' at the beginning of a password a "
                                       "meaning of its own; choose another.",
                                       beginning));
    return {};
}

std::string make_recovery_code(Random& random) {
    constexpr std::size_t letters_count = 31;  // no 0 and o, no 1, i and l
    static_assert(recovery_letters.size() == letters_count);
    constexpr unsigned unbiased = 256 - 256 % letters_count;
    std::string code;
    for (std::size_t drawn = 0; drawn < recovery_code_letters;) {
        const unsigned octet = std::to_integer<unsigned>(random.array<1>()[0]);
        if (octet >= unbiased) continue;
        if (drawn > 0 && drawn % 4 == 0) code += '-';
        code += recovery_letters[octet % letters_count];
        ++drawn;
    }
    return code;
}

std::string recovery_text(const IdaasUserId& user, std::string_view typed) {
    std::string code;
    for (const char c : folded_name(typed))
        if (c != '-' && c != ' ') code += c;
    const bool fits = code.size() == recovery_code_letters &&
                      code.find_first_not_of(recovery_letters) == std::string::npos;
    return fits ? user.text + "/" + code : std::string();
}

std::string base32(Bytes octets) {
    static constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    std::string text;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const std::byte octet : octets) {
        bits = bits << 8 | std::to_integer<std::uint32_t>(octet);
        for (count += 8; count >= 5; count -= 5) text += letters[bits >> (count - 5) & 31];
    }
    if (count > 0) text += letters[bits << (5 - count) & 31];
    return text;
}

std::string otpauth_uri(std::string_view issuer, std::string_view user, Bytes secret) {
    return fmt::format(
        "otpauth://totp/{0}:{1}?secret={2}&issuer={0}&algorithm=SHA1&digits=6"
        "&period={3}",
        percent_encoded(issuer), percent_encoded(user), base32(secret), totp_step_seconds);
}

}  // namespace kanmon::model
