#include "apps/settings/setting_rules.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "apps/settings/setting_table.h"
#include "base/address.h"
#include "base/listen_address.h"

namespace kanmon::apps {

namespace {

constexpr std::size_t identity_octets_max = 32;  // useradd(8)

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || c == '_';
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

}  // namespace

bool is_absolute_path(std::string_view text) {
    const bool climbs = (std::string(text) + "/").find("/../") != std::string::npos;
    return text.size() > 1 && text.front() == '/' && !climbs;
}

bool is_absolute_path_or_empty(std::string_view text) {
    return text.empty() || is_absolute_path(text);
}

bool is_endpoint(std::string_view text) {
    return parse_listen_address(text).has_value();
}

bool is_https_url_or_empty(std::string_view text) {
    constexpr std::string_view scheme = "https://";
    constexpr std::size_t octets_max = 2048;
    if (text.empty()) return true;
    if (!text.starts_with(scheme) || text.size() > octets_max) return false;
    text.remove_prefix(scheme.size());
    const std::string_view host = text.substr(0, text.find_first_of("/?"));
    const bool plain = std::ranges::all_of(host, [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
               std::string_view(".-:[]").find(c) != std::string_view::npos;
    });
    const bool visible =
        std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f && c != '#'; });
    return !host.empty() && plain && visible;
}

bool is_cidr(std::string_view text) {
    if (parse_cidr(text)) return true;
    const auto v6 = parse_cidr6(text);
    return v6 && !v6->has_host_bits();
}

bool is_ip_address(std::string_view text) {
    return parse_ipv4(text) || parse_ipv6(text);
}

bool is_identity(std::string_view text) {
    if (text.empty() || text.size() > identity_octets_max) return false;
    if (std::ranges::all_of(text, &is_digit)) {
        constexpr std::uint32_t nobody_at_all = 0xffffffff;  // chown's "leave it"
        std::uint32_t number = 0;
        const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        return error == std::errc() && number != 0 && number != nobody_at_all;
    }
    return is_letter(text.front()) && text != "root" && std::ranges::all_of(text, [](char c) {
               return is_letter(c) || is_digit(c) || c == '-';
           });
}

std::vector<std::string> check_settings(const Settings& settings) {
    std::vector<std::string> problems;
    if (settings.state == settings.run)
        problems.push_back("directories.run and directories.state are both " + settings.run +
                           "; what is gone after a restart must not lie beside what survives. "
                           "/run/kanmon would work for directories.run");
    if (settings.certificate_file.empty() != settings.key_file.empty())
        problems.push_back(
            std::string("api.certificate_file and api.key_file are a pair; give "
                        "both, or neither so that one is made"));
    if (settings.webhook_url.empty() != settings.webhook_secret_file.empty())
        problems.push_back(
            std::string("events.webhook_url and events.webhook_secret_file belong "
                        "together; give both or neither"));
    const auto v6 = std::ranges::count_if(settings.public_addresses, [](const std::string& text) {
        return parse_ipv6(text).has_value();
    });
    const auto all = static_cast<std::ptrdiff_t>(settings.public_addresses.size());
    if (all > 0 && v6 == all)
        problems.push_back(
            "gateway.public_addresses has no IPv4 address; it must have one. "
            "203.0.113.7 beside it would work");
    if (v6 > 1)
        problems.push_back("gateway.public_addresses has " + std::to_string(v6) +
                           " IPv6 addresses; it can have one. Leave the others out");
    return problems;
}

}  // namespace kanmon::apps
