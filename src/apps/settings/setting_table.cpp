#include "apps/settings/setting_table.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "apps/settings/setting_rules.h"
#include "base/escape.h"

namespace kanmon::apps {

namespace {

constexpr std::size_t text_octets_max = 4096;
constexpr std::size_t list_entries_max = 64;
constexpr std::size_t shown_octets_max = 200;

const std::vector<Setting> table{
    {"directories", "state", &Settings::state,
     "What survives: the store, sealed keys, the master key. Back it up.",
     "an absolute path without '..'", "/var/lib/kanmon", "--state", &is_absolute_path},
    {"directories", "run", &Settings::run, "Sockets and pid files; gone after a restart.",
     "an absolute path without '..', and not the state's", "/run/kanmon", "--run",
     &is_absolute_path},
    {"api", "listen", &Settings::api_listen, "Where the HTTPS API is served.",
     "ADDRESS:PORT, or [ADDRESS]:PORT for IPv6", "127.0.0.1:8443", "--api", &is_endpoint},
    {"api", "certificate_file", &Settings::certificate_file,
     "PEM of the API's certificate, and behind it what leads to its authority. Read again when the "
     "files change and on SIGHUP; a pair that does not fit leaves the old one in place. Empty: one "
     "is made and kept in the state directory as control/api.crt.",
     "an absolute path without '..', or empty; the user of users.control must be able to read it",
     "/etc/kanmon/api.crt", "--certificate", &is_absolute_path_or_empty},
    {"api", "key_file", &Settings::key_file, "PEM of its private key.",
     "an absolute path without '..', or empty; the user of users.control must be able to read it",
     "/etc/kanmon/api.key", "--key", &is_absolute_path_or_empty},
    {"api", "http_loopback_port", &Settings::http_loopback_port,
     "Serves the API as plain HTTP too, on 127.0.0.1 only, for tools on this host.",
     "a port from 0 to 65535; 0 means not", "8080", "--http-loopback", nullptr, 0, 65535},
    {"api", "requests_per_second", &Settings::requests_per_second,
     "Requests a second that are taken of one access key, and of one address whose requests nobody "
     "has signed.",
     "1 to 1000000 requests a second", "1000", "--api-rate", nullptr, 1, 1'000'000},
    {"api", "requests_at_once", &Settings::requests_at_once,
     "Requests that it may send at once before the rate counts.", "1 to 1000000 requests", "2000",
     "--api-burst", nullptr, 1, 1'000'000},
    {"gateway", "public_addresses", &Settings::public_addresses,
     "What clients connect to; gateways get them in this order. Empty: the address that this host "
     "uses towards the internet.",
     "IPv4 addresses, and at most one IPv6 address beside them", "203.0.113.7", "--public-address",
     &is_ip_address},
    {"data", "shards", &Settings::shards, "Packet threads. 0: one for each processor.",
     "0 to 64 threads", "4", "--shards", nullptr, 0, 64},
    {"data", "tls_workers", &Settings::tls_workers,
     "Threads for handshakes. 0: one, or two with more than two processors.", "0 to 64 threads",
     "2", "--tls-workers", nullptr, 0, 64},
    {"records", "log_megabytes", &Settings::log_megabytes,
     "How large the log of connection attempts may become; a fifth of it is for strangers.",
     "5 to 10000 megabytes", "80", "--log-megabytes", nullptr, 5, 10000},
    {"records", "log_days", &Settings::log_days, "After how long its records go.", "1 to 3660 days",
     "90", "--log-days", nullptr, 1, 3660},
    {"records", "traffic_megabytes", &Settings::traffic_megabytes,
     "How much is kept of what was carried: minutes of a day, hours of a year.",
     "5 to 10000 megabytes", "200", "--meter-megabytes", nullptr, 5, 10000},
    {"users", "data", &Settings::data_user, "Whom the data process runs as.",
     "a user's name, or a number from 1 to 4294967294: never root", "kanmon-data", "--data-uid",
     &is_identity},
    {"users", "control", &Settings::control_user, "Whom the control process runs as.",
     "a user's name, or a number from 1 to 4294967294: never root", "kanmon-control",
     "--control-uid", &is_identity},
    {"users", "group", &Settings::group, "The group that both share.",
     "a group's name, or a number from 1 to 4294967294: never root's", "kanmon", "--group-id",
     &is_identity},
    {"events", "syslog", &Settings::syslog, "Events go to the host's syslog too.", "true or false",
     "true", ""},
    {"events", "syslog_socket", &Settings::syslog_socket, "Where syslog listens.",
     "an absolute path without '..'", "/dev/log", "", &is_absolute_path},
    {"events", "webhook_url", &Settings::webhook_url,
     "Events of all accounts are posted there, signed; docs/api.md says how. Empty: nowhere.",
     "https://HOST[:PORT]/PATH of at most 2048 octets without a user's name, or empty",
     "https://hooks.example.com/kanmon", "", &is_https_url_or_empty},
    {"events", "webhook_secret_file", &Settings::webhook_secret_file,
     "What posts are signed with: a file of 16 to 1024 octets, its last line end not among them.",
     "an absolute path without '..', or empty; nobody but root may write the file, and not "
     "everybody read it",
     "/etc/kanmon/webhook.secret", "", &is_absolute_path_or_empty},
    {"events", "webhook_ca_file", &Settings::webhook_ca_file,
     "PEM of the authorities that the webhook's certificate is trusted by. Empty: the system's.",
     "an absolute path without '..', or empty; the user of users.control must be able to read it",
     "/etc/kanmon/webhook-ca.crt", "", &is_absolute_path_or_empty},
    {"events", "webhook_private_networks", &Settings::webhook_private_networks,
     "Networks that the webhook's name may lead into although they are private. Empty: none, so "
     "that no name leads to this host or its neighbours.",
     "up to 64 CIDRs without host bits, IPv4 or IPv6", "10.1.0.0/16", "", &is_cidr},
};

Unexpected<std::string> refused(const Setting& setting, const GivenValue& given) {
    return unexpected(fmt::format("is {}; it must be {}. {} would work",
                                  escaped(given.shown, shown_octets_max), setting.rule,
                                  setting.works));
}

bool text_fits(const Setting& setting, const std::string& text) {
    const bool printable = std::ranges::none_of(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    return printable && text.size() <= text_octets_max &&
           (setting.fits == nullptr || setting.fits(text));
}

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

}  // namespace

const std::vector<Setting>& setting_table() {
    return table;
}

const Setting* find_setting(std::string_view name) {
    const auto found =
        std::ranges::find_if(table, [&](const Setting& row) { return row.name() == name; });
    return found == table.end() ? nullptr : &*found;
}

GivenValue given_word(const Setting& setting, const std::string& word) {
    GivenValue given{.value = word, .shown = word.empty() ? "''" : word};
    if (std::holds_alternative<std::uint32_t Settings::*>(setting.member)) {
        std::int64_t number = 0;
        const char* end = word.data() + word.size();
        const auto [stop, error] = std::from_chars(word.data(), end, number);
        if (error == std::errc() && stop == end) given.value = number;
    } else if (std::holds_alternative<bool Settings::*>(setting.member)) {
        if (word == "true" || word == "false") given.value = word == "true";
    } else if (std::holds_alternative<std::vector<std::string> Settings::*>(setting.member)) {
        std::vector<std::string> parts;
        for (std::size_t begin = 0; !word.empty() && begin <= word.size();) {
            const std::size_t end = std::min(word.find(',', begin), word.size());
            parts.push_back(word.substr(begin, end - begin));
            begin = end + 1;
        }
        given.value = std::move(parts);
    }
    return given;
}

Expected<void, std::string> write_setting(Settings& settings, const Setting& setting,
                                          const GivenValue& given) {
    const auto* text = std::get_if<std::string>(&given.value);
    const auto* number = std::get_if<std::int64_t>(&given.value);
    const auto* flag = std::get_if<bool>(&given.value);
    const auto* texts = std::get_if<std::vector<std::string>>(&given.value);
    if (const auto* member = std::get_if<std::string Settings::*>(&setting.member)) {
        if (text == nullptr || !text_fits(setting, *text)) return refused(setting, given);
        settings.*(*member) = *text;
    } else if (const auto* count = std::get_if<std::uint32_t Settings::*>(&setting.member)) {
        if (number == nullptr || *number < setting.least || *number > setting.most)
            return refused(setting, given);
        settings.*(*count) = static_cast<std::uint32_t>(*number);
    } else if (const auto* choice = std::get_if<bool Settings::*>(&setting.member)) {
        if (flag == nullptr) return refused(setting, given);
        settings.*(*choice) = *flag;
    } else {
        const auto fits = [&](const std::string& each) { return text_fits(setting, each); };
        if (texts == nullptr || texts->size() > list_entries_max ||
            !std::ranges::all_of(*texts, fits))
            return refused(setting, given);
        settings.*std::get<std::vector<std::string> Settings::*>(setting.member) = *texts;
    }
    return {};
}

std::string toml_value(const Settings& settings, const Setting& setting) {
    return std::visit(
        [&](auto member) -> std::string {
            const auto& value = settings.*member;
            using Value = std::remove_cvref_t<decltype(value)>;
            if constexpr (std::is_same_v<Value, std::string>) {
                return quoted(value);
            } else if constexpr (std::is_same_v<Value, bool>) {
                return value ? "true" : "false";
            } else if constexpr (std::is_same_v<Value, std::uint32_t>) {
                return std::to_string(value);
            } else {
                std::vector<std::string> parts;
                std::ranges::transform(value, std::back_inserter(parts), &quoted);
                return fmt::format("[{}]", fmt::join(parts, ", "));
            }
        },
        setting.member);
}

}  // namespace kanmon::apps
