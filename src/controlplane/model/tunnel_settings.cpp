#include "controlplane/model/tunnel_settings.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <span>

#include "base/escape.h"
#include "controlplane/model/network.h"

namespace kanmon::model {

namespace {

using Choices = std::span<const std::string_view>;

constexpr std::string_view versions[] = {"ikev1", "ikev2"};
constexpr std::string_view modes[] = {"main", "aggressive"};
constexpr std::string_view ciphers[] = {"aes", "aes192", "aes256", "des", "3des"};
constexpr std::string_view digests[] = {"md5", "sha1", "sha256", "sha384", "sha512"};
constexpr std::string_view groups[] = {"group1", "group2", "group5", "group14"};
constexpr std::string_view groups_or_none[] = {"disabled", "group1", "group2", "group5", "group14"};

Outcome<void> choose(std::string_view name, std::string_view text, Choices choices,
                     std::string& place) {
    std::string known;
    for (const std::string_view choice : choices) {
        if (choice == text) {
            place = text;
            return {};
        }
        known += (known.empty() ? "" : ", ") + std::string(choice);
    }
    return illegal(
        name, fmt::format("{} can be {}; '{}' is none of them.", name, known, escaped(text, 64)));
}

Outcome<void> number(std::string_view name, std::string_view text, std::uint32_t least,
                     std::uint32_t most, std::uint32_t& place) {
    std::uint32_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end || value < least || value > most)
        return illegal(name, fmt::format("{} is a whole number between {} and {}; '{}' is not.",
                                         name, least, most, escaped(text, 64)));
    place = value;
    return {};
}

Outcome<void> identity(std::string_view name, std::string_view text, std::string& place) {
    constexpr std::size_t characters_max = 100;
    const auto allowed = [](char c) { return c > 0x20 && c < 0x7f; };
    if (text.size() > characters_max || !std::ranges::all_of(text, allowed))
        return illegal(name, fmt::format("{} has at most {} printable ASCII characters, no space "
                                         "among them.",
                                         name, characters_max));
    place = text;
    return {};
}

/// 169.254.0.0/30 to 169.254.6.0/30 and 169.254.169.252/30 are the original's own.
bool is_kept(const Cidr& cidr) {
    constexpr std::uint32_t link_local = 0xa9fe0000;
    const std::uint32_t offset = cidr.base.value - link_local;
    return (offset % 256 == 0 && offset / 256 <= 6) || offset == (169u << 8 | 252u);
}

Outcome<void> inner_cidr(TunnelSettings& settings, std::string_view text) {
    constexpr Cidr link_local{Ipv4{0xa9fe0000}, 16};
    if (text.empty()) {
        settings.inner_cidr.reset();
        return {};
    }
    const auto cidr = read_cidr("TunnelCidr", text);
    if (!cidr) return unexpected(cidr.error());
    if (cidr->prefix != 30 || !link_local.contains(*cidr) || is_kept(*cidr))
        return illegal("TunnelCidr",
                       fmt::format("{} cannot be the network inside a tunnel: that is a /30 of "
                                   "169.254.0.0/16 other than 169.254.0.0/30 to 169.254.6.0/30 and "
                                   "169.254.169.252/30; 169.254.11.0/30 would do.",
                                   to_string(*cidr)));
    settings.inner_cidr = *cidr;
    return {};
}

Outcome<void> inner_ip(TunnelSettings& settings, std::string_view text) {
    settings.local_inner_ip = parse_ipv4(text);
    if (text.empty() || settings.local_inner_ip) return {};
    return illegal("LocalBgpIp", fmt::format("'{}' is not an IPv4 address.", escaped(text, 64)));
}

constexpr std::uint32_t lifetime_max = 86400;
constexpr std::uint32_t asn_max = 0xffffffff;

template <auto Member>
std::string text_of(const TunnelSettings& settings) {
    return settings.*Member;
}

template <auto Member>
std::string number_of(const TunnelSettings& settings) {
    return std::to_string(settings.*Member);
}

TunnelSetting chosen(std::string_view name, TunnelGroup group,
                     std::string (*read)(const TunnelSettings&),
                     Outcome<void> (*write)(TunnelSettings&, std::string_view)) {
    return {.name = name, .group = group, .is_number = false, .read = read, .write = write};
}

std::vector<TunnelSetting> ike_settings() {
    using T = TunnelSettings;
    constexpr TunnelGroup group = TunnelGroup::ike;
    return {
        chosen("IkeVersion", group, text_of<&T::ike_version>,
               [](T& t, auto v) { return choose("IkeVersion", v, versions, t.ike_version); }),
        chosen("IkeMode", group, text_of<&T::ike_mode>,
               [](T& t, auto v) { return choose("IkeMode", v, modes, t.ike_mode); }),
        chosen("IkeEncAlg", group, text_of<&T::ike_encryption>,
               [](T& t, auto v) { return choose("IkeEncAlg", v, ciphers, t.ike_encryption); }),
        chosen("IkeAuthAlg", group, text_of<&T::ike_digest>,
               [](T& t, auto v) { return choose("IkeAuthAlg", v, digests, t.ike_digest); }),
        chosen("IkePfs", group, text_of<&T::ike_group>,
               [](T& t, auto v) { return choose("IkePfs", v, groups, t.ike_group); }),
        {"IkeLifetime", group, true, number_of<&T::ike_lifetime_seconds>,
         [](T& t, auto v) {
             return number("IkeLifetime", v, 0, lifetime_max, t.ike_lifetime_seconds);
         }},
        chosen("LocalId", group, text_of<&T::local_id>,
               [](T& t, auto v) { return identity("LocalId", v, t.local_id); }),
        chosen("RemoteId", group, text_of<&T::remote_id>,
               [](T& t, auto v) { return identity("RemoteId", v, t.remote_id); }),
    };
}

std::vector<TunnelSetting> ipsec_settings() {
    using T = TunnelSettings;
    constexpr TunnelGroup group = TunnelGroup::ipsec;
    return {
        chosen("IpsecEncAlg", group, text_of<&T::ipsec_encryption>,
               [](T& t, auto v) { return choose("IpsecEncAlg", v, ciphers, t.ipsec_encryption); }),
        chosen("IpsecAuthAlg", group, text_of<&T::ipsec_digest>,
               [](T& t, auto v) { return choose("IpsecAuthAlg", v, digests, t.ipsec_digest); }),
        chosen("IpsecPfs", group, text_of<&T::ipsec_group>,
               [](T& t, auto v) { return choose("IpsecPfs", v, groups_or_none, t.ipsec_group); }),
        {"IpsecLifetime", group, true, number_of<&T::ipsec_lifetime_seconds>,
         [](T& t, auto v) {
             return number("IpsecLifetime", v, 0, lifetime_max, t.ipsec_lifetime_seconds);
         }},
    };
}

std::vector<TunnelSetting> bgp_settings() {
    using T = TunnelSettings;
    constexpr TunnelGroup group = TunnelGroup::bgp;
    return {
        {"LocalAsn", group, true, number_of<&T::local_asn>,
         [](T& t, auto v) { return number("LocalAsn", v, 1, asn_max, t.local_asn); }},
        chosen(
            "TunnelCidr", group,
            [](const T& t) { return t.inner_cidr ? to_string(*t.inner_cidr) : std::string(); },
            inner_cidr),
        chosen(
            "LocalBgpIp", group,
            [](const T& t) {
                return t.local_inner_ip ? to_string(*t.local_inner_ip) : std::string();
            },
            inner_ip),
    };
}

}  // namespace

const std::vector<TunnelSetting>& tunnel_settings() {
    static const std::vector<TunnelSetting> table = [] {
        std::vector<TunnelSetting> all;
        for (const auto& part : {ike_settings(), ipsec_settings(), bgp_settings()})
            all.insert(all.end(), part.begin(), part.end());
        return all;
    }();
    return table;
}

Outcome<void> write_settings(TunnelSettings& settings, TunnelGroup group, std::string_view place,
                             const SettingTexts& texts) {
    for (const auto& entry : texts) {
        const auto& [name, text] = entry;
        const auto row = std::ranges::find_if(tunnel_settings(), [&](const TunnelSetting& setting) {
            return setting.group == group && setting.name == entry.first;
        });
        if (row == tunnel_settings().end())
            return illegal(place, fmt::format("{} holds no '{}'.", place, escaped(name, 64)));
        if (auto written = row->write(settings, text); !written) return written;
    }
    return {};
}

Outcome<void> check_inner(const TunnelSettings& settings) {
    const auto& ip = settings.local_inner_ip;
    if (!ip) return {};
    const auto& cidr = settings.inner_cidr;
    if (!cidr)
        return illegal("LocalBgpIp", fmt::format("{} is inside a TunnelCidr, and there is none.",
                                                 to_string(*ip)));
    if (cidr->contains(*ip) && *ip != cidr->base && *ip != cidr->last()) return {};
    return illegal("LocalBgpIp", fmt::format("{} is no address of a host in the TunnelCidr {}; {} "
                                             "is one.",
                                             to_string(*ip), to_string(*cidr),
                                             to_string(Ipv4{cidr->base.value + 1})));
}

std::string stored_text(const TunnelSettings& settings) {
    std::string text;
    for (const TunnelSetting& setting : tunnel_settings())
        text += fmt::format("{}={}\n", setting.name, setting.read(settings));
    return text;
}

std::optional<TunnelSettings> tunnel_settings_of(std::string_view stored) {
    TunnelSettings settings;
    while (!stored.empty()) {
        const std::size_t end = stored.find('\n');
        const std::string_view line = stored.substr(0, end);
        const std::size_t equals = line.find('=');
        if (end == std::string_view::npos || equals == std::string_view::npos) return std::nullopt;
        const auto row =
            std::ranges::find(tunnel_settings(), line.substr(0, equals), &TunnelSetting::name);
        if (row == tunnel_settings().end() || !row->write(settings, line.substr(equals + 1)))
            return std::nullopt;
        stored.remove_prefix(end + 1);
    }
    return settings;
}

Outcome<void> check_psk(std::string_view psk) {
    constexpr std::size_t characters_max = 100;
    const auto allowed = [](char c) { return c > 0x20 && c < 0x7f; };
    if (!psk.empty() && psk.size() <= characters_max && std::ranges::all_of(psk, allowed))
        return {};
    return illegal("Psk", fmt::format("The pre-shared key has 1 to {} printable ASCII characters, "
                                      "no space among them.",
                                      characters_max));
}

}  // namespace kanmon::model
