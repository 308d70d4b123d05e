#include "controlplane/api/form.h"

#include <fmt/core.h>

#include <cstdint>
#include <optional>

#include "base/escape.h"

namespace kanmon::api {
namespace {

std::optional<unsigned> digit_value(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
    return std::nullopt;
}

std::optional<std::string> percent_decoded(std::string_view text) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+') {
            decoded += ' ';
        } else if (text[i] != '%') {
            decoded += text[i];
        } else {
            if (text.size() - i < 3) return std::nullopt;
            const auto high = digit_value(text[i + 1]);
            const auto low = digit_value(text[i + 2]);
            if (!high || !low) return std::nullopt;
            decoded += static_cast<char>(*high << 4 | *low);
            i += 2;
        }
    }
    return decoded;
}

/// Length of the UTF-8 sequence that starts here; 0 when none does (overlong, surrogate, cut off).
std::size_t sequence_length(std::string_view text) {
    const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint8_t first = at(0);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((at(i) & 0xc0) != 0x80) return 0;
    const bool overlong = (first == 0xe0 && at(1) < 0xa0) || (first == 0xf0 && at(1) < 0x90);
    const bool outside = (first == 0xed && at(1) > 0x9f) || (first == 0xf4 && at(1) > 0x8f);
    return overlong || outside ? 0 : length;
}

/// In PEM lines have ends; nowhere else does anything that a caller sends.
bool has_lines(std::string_view name) {
    return name == "CaCertificate" || name == "CaPrivateKey" || name == "Crl";
}

bool is_plain_text(std::string_view text, bool lines = false) {
    while (!text.empty()) {
        const auto first = static_cast<std::uint8_t>(text[0]);
        const std::size_t length = sequence_length(text);
        const bool line_end = lines && (first == '\n' || first == '\r');
        if (length == 0 || (first < 0x20 && !line_end) || first == 0x7f) return false;
        text.remove_prefix(length);
    }
    return true;
}

model::Outcome<void> add_pair(Parameters& parameters, std::string_view pair) {
    const std::size_t equals = pair.find('=');
    const auto name = percent_decoded(pair.substr(0, equals));
    const auto value =
        percent_decoded(equals == std::string_view::npos ? "" : pair.substr(equals + 1));
    if (!name || !value)
        return model::refuse(
            "InvalidParameter",
            fmt::format("The parameter '{}' is not percent-encoded.", escaped(pair, 64)));
    return add_parameter(parameters, *name, *value);
}

}  // namespace

model::Outcome<void> add_parameter(Parameters& parameters, const std::string& name,
                                   const std::string& value) {
    if (name.empty() || !is_plain_text(name) || !is_plain_text(value, has_lines(name)))
        return model::refuse("InvalidParameter",
                             fmt::format("The parameter '{}' is not UTF-8 text without control "
                                         "characters.",
                                         escaped(name, 64)));
    const auto [entry, added] = parameters.try_emplace(name, value);
    if (!added && entry->second != value)
        return model::refuse("InvalidParameter",
                             fmt::format("The parameter {} was given twice, with different values.",
                                         escaped(name, 64)));
    if (parameters.size() > parameters_max)
        return model::refuse("InvalidParameter",
                             fmt::format("There are more than {} parameters.", parameters_max));
    return {};
}

model::Outcome<void> add_form(Parameters& parameters, std::string_view text) {
    while (!text.empty()) {
        const std::size_t end = text.find('&');
        const std::string_view pair = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
        if (pair.empty()) continue;
        if (auto added = add_pair(parameters, pair); !added) return added;
    }
    return {};
}

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    encoded.reserve(text.size() * 3 / 2);
    for (const char c : text) {
        const bool unreserved = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                                (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' ||
                                c == '~';
        if (unreserved) {
            encoded += c;
            continue;
        }
        const auto octet = static_cast<std::uint8_t>(c);
        encoded += '%';
        encoded += digits[octet >> 4];
        encoded += digits[octet & 0x0f];
    }
    return encoded;
}

std::string canonical_form(const Parameters& parameters) {
    std::string text;
    for (const auto& [name, value] : parameters) {
        if (!text.empty()) text += '&';
        text += percent_encoded(name);
        text += '=';
        text += percent_encoded(value);
    }
    return text;
}

}  // namespace kanmon::api
