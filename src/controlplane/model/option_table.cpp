#include "controlplane/model/option_table.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/escape.h"
#include "controlplane/model/option_values.h"

namespace kanmon::model {

namespace {

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

/// A word and what it means.
template <class T>
struct Word {
    std::string_view text;
    T value;
};

constexpr std::array<Word<OldestClient>, 4> client_words{{{"2.3", OldestClient::v2_3},
                                                          {"2.4", OldestClient::v2_4},
                                                          {"2.5", OldestClient::v2_5},
                                                          {"2.6", OldestClient::v2_6}}};
constexpr std::array<Word<bridge::Wrapping>, 4> wrapping_words{
    {{"none", bridge::Wrapping::none},
     {"tls-auth", bridge::Wrapping::tls_auth},
     {"tls-crypt", bridge::Wrapping::tls_crypt},
     {"tls-crypt-v2", bridge::Wrapping::tls_crypt_v2}}};
constexpr std::array<Word<std::string_view>, 3> digest_words{
    {{"SHA1", "SHA1"}, {"SHA256", "SHA256"}, {"SHA512", "SHA512"}}};
constexpr std::array<Word<bridge::SameHolder>, 2> same_holder_words{
    {{"allow", bridge::SameHolder::allow_several}, {"replace", bridge::SameHolder::replace_older}}};
constexpr std::array<Word<bridge::AccessVerdict>, 2> access_words{
    {{"allow", bridge::AccessVerdict::allow}, {"deny", bridge::AccessVerdict::deny}}};
constexpr std::array<Word<bool>, 2> flag_words{{{"true", true}, {"false", false}}};

template <class Words>
std::string list_of(const Words& words) {
    std::string result;
    for (std::size_t i = 0; i < words.size(); ++i)
        result += fmt::format("{}{}",
                              i == 0                  ? ""
                              : i + 1 == words.size() ? " or "
                                                      : ", ",
                              words[i].text);
    return result;
}

/// One of a few words, in any case.
template <auto Member, const auto& words>
ServerOption choice(std::string_view name, OptionForm form = OptionForm::text) {
    return {.name = name,
            .form = form,
            .write = [](ServerOptions& options, std::string_view parameter,
                        std::string_view text) -> Outcome<void> {
                for (const auto& word : words)
                    if (lower(word.text) == lower(text)) {
                        options.*Member = word.value;
                        return {};
                    }
                return illegal(parameter, fmt::format("{} is '{}'; it can be {}.", parameter,
                                                      escaped(text, 64), list_of(words)));
            },
            .read = [](const ServerOptions& options) -> std::string {
                for (const auto& word : words)
                    if (word.value == options.*Member) return std::string(word.text);
                return {};
            }};
}

template <auto Member>
ServerOption flag(std::string_view name) {
    return choice<Member, flag_words>(name, OptionForm::flag);
}

struct Range {
    std::uint32_t least, most;
    bool zero = false;  // 0 is allowed as well
};

template <auto Member, Range range>
ServerOption number(std::string_view name) {
    return {.name = name,
            .form = OptionForm::number,
            .write = [](ServerOptions& options, std::string_view parameter,
                        std::string_view text) -> Outcome<void> {
                std::uint32_t value = 0;
                const char* end = text.data() + text.size();
                const auto [stop, error] = std::from_chars(text.data(), end, value);
                const bool whole = error == std::errc() && stop == end;
                const bool fits =
                    (value >= range.least && value <= range.most) || (range.zero && value == 0);
                if (!whole || !fits)
                    return illegal(parameter,
                                   fmt::format("{} is '{}'; it can be {}{} to {}.", parameter,
                                               escaped(text, 64), range.zero ? "0 or " : "",
                                               range.least, range.most));
                using Value = std::remove_reference_t<decltype(options.*Member)>;
                options.*Member = static_cast<Value>(value);
                return {};
            },
            .read = [](const ServerOptions& options) { return std::to_string(options.*Member); }};
}

template <auto Member, auto read_value, auto show>
ServerOption text(std::string_view name) {
    return {.name = name,
            .form = OptionForm::text,
            .write = [](ServerOptions& options, std::string_view parameter,
                        std::string_view value) -> Outcome<void> {
                auto checked = read_value(parameter, value);
                if (!checked) return unexpected(checked.error());
                options.*Member = std::move(*checked);
                return {};
            },
            .read = [](const ServerOptions& options) { return show(options.*Member); }};
}

constexpr std::uint32_t day = 86400;

std::vector<ServerOption> make_table() {
    using O = ServerOptions;
    return {
        text<&O::extra_listeners, read_listeners, listeners_text>("ExtraListeners"),
        flag<&O::ipv6_listen>("Ipv6Listen"),
        flag<&O::port_share>("PortShare"),
        choice<&O::clients, client_words>("Clients"),
        choice<&O::wrapping, wrapping_words>("Wrapping"),
        flag<&O::key_direction>("KeyDirection"),
        choice<&O::digest, digest_words>("Digest"),
        flag<&O::allow_unencrypted>("AllowUnencrypted"),
        text<&O::client_pool6, read_pool6, pool6_text>("ClientIpv6Pool"),
        text<&O::local_networks6, read_networks6, networks6_text>("LocalSubnet6"),
        text<&O::dns_servers6, read_addresses6, addresses6_text>("DnsServers6"),
        flag<&O::full_tunnel>("FullTunnel"),
        flag<&O::block_lan>("BlockLan"),
        text<&O::dns_search_domains, read_domains, domains_text>("DnsSearchDomains"),
        text<&O::dns_split_domains, read_domains, domains_text>("DnsSplitDomains"),
        choice<&O::same_holder, same_holder_words>("SameCertificate"),
        flag<&O::source_nat>("SourceNat"),
        number<&O::tun_mtu, Range{576, 9000}>("TunMtu"),
        number<&O::outer_octets_max, Range{1280, 9000}>("OuterMtu"),
        number<&O::client_bandwidth_mbit, Range{1, 1000, true}>("ClientBandwidth"),
        number<&O::inactive_seconds, Range{10, 7 * day, true}>("InactiveSeconds"),
        number<&O::renegotiate_seconds, Range{10, day, true}>("RenegotiateSeconds"),
        number<&O::keepalive_ping_seconds, Range{1, 600}>("KeepalivePing"),
        number<&O::keepalive_restart_seconds, Range{2, 3600}>("KeepaliveRestart"),
        choice<&O::access_default, access_words>("AccessDefault"),
        choice<&O::access_from_vpc, access_words>("AccessFromVpc"),
        flag<&O::login_certificate>("LoginCertificate"),
        flag<&O::login_password>("LoginPassword"),
        flag<&O::login_code>("LoginCode"),
        flag<&O::login_web>("LoginWeb"),
        number<&O::token_seconds, Range{60, 30 * day, true}>("TokenSeconds"),
    };
}

}  // namespace

const std::vector<ServerOption>& server_options() {
    static const std::vector<ServerOption> table = make_table();
    return table;
}

Outcome<void> write_options(ServerOptions& options, const OptionTexts& texts) {
    for (const ServerOption& option : server_options())
        if (const auto sent = texts.find(option.name); sent != texts.end())
            if (auto written = option.write(options, option.name, sent->second); !written)
                return written;
    return {};
}

std::string stored_text(const ServerOptions& options) {
    static const ServerOptions usual;
    std::string stored;
    for (const ServerOption& option : server_options())
        if (const std::string text = option.read(options); text != option.read(usual))
            stored += fmt::format("{}={}\n", option.name, text);
    return stored;
}

std::optional<ServerOptions> options_of(std::string_view stored) {
    ServerOptions options;
    while (!stored.empty()) {
        const std::size_t equals = stored.find('=');
        const std::size_t end = stored.find('\n');
        if (equals == std::string_view::npos || end == std::string_view::npos || equals > end)
            return std::nullopt;
        const auto row =
            std::ranges::find(server_options(), stored.substr(0, equals), &ServerOption::name);
        if (row == server_options().end() ||
            !row->write(options, row->name, stored.substr(equals + 1, end - equals - 1)))
            return std::nullopt;
        stored.remove_prefix(end + 1);
    }
    return options;
}

std::string_view client_text(OldestClient client) {
    return client_words[static_cast<std::size_t>(client)].text;
}

std::string_view wrapping_text(bridge::Wrapping wrapping) {
    return wrapping_words[static_cast<std::size_t>(wrapping)].text;
}

OldestClient first_with(bridge::Wrapping wrapping) {
    switch (wrapping) {
        case bridge::Wrapping::none:
        case bridge::Wrapping::tls_auth:
            return OldestClient::v2_3;
        case bridge::Wrapping::tls_crypt:
            return OldestClient::v2_4;
        case bridge::Wrapping::tls_crypt_v2:
            break;
    }
    return OldestClient::v2_5;
}

bridge::Wrapping strongest_for(OldestClient client) {
    if (client == OldestClient::v2_3) return bridge::Wrapping::tls_auth;
    if (client == OldestClient::v2_4) return bridge::Wrapping::tls_crypt;
    return bridge::Wrapping::tls_crypt_v2;
}

}  // namespace kanmon::model
