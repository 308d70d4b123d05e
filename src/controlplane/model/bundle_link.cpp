#include "controlplane/model/bundle_link.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/escape.h"

namespace kanmon::model {

namespace {

constexpr std::array<std::pair<BundleFormat, std::string_view>, 4> formats{
    {{BundleFormat::zip, "zip"},
     {BundleFormat::ovpn, "ovpn"},
     {BundleFormat::p12, "p12"},
     {BundleFormat::p12_zip, "p12-zip"}}};

constexpr std::string_view id_prefix = "lnk-";
constexpr std::size_t password_octets_min = 8;
constexpr std::size_t password_octets_max = 128;

}  // namespace

Outcome<BundleFormat> check_bundle_format(std::string_view text) {
    for (const auto& [format, name] : formats)
        if (name == text) return format;
    return illegal("Format",
                   fmt::format("Format is '{}'; it can be zip (several files), ovpn (one file), "
                               "p12 (PKCS#12) or p12-zip (PKCS#12 with its configuration).",
                               escaped(text, 64)));
}

std::string_view bundle_format_text(BundleFormat format) {
    return std::ranges::find(formats, format, &std::pair<BundleFormat, std::string_view>::first)
        ->second;
}

bool has_password(BundleFormat format) {
    return format == BundleFormat::p12 || format == BundleFormat::p12_zip;
}

Outcome<void> check_bundle_password(Bytes password) {
    const auto printable = [](std::byte octet) {
        return octet >= std::byte{0x20} && octet <= std::byte{0x7e};
    };
    if (password.size() < password_octets_min || password.size() > password_octets_max ||
        !std::ranges::all_of(password, printable))
        return illegal("Password",
                       fmt::format("Password has {} octets; a PKCS#12 takes {} to {} printable "
                                   "ASCII characters, or none is given and one is made.",
                                   password.size(), password_octets_min, password_octets_max));
    return {};
}

std::string ticket_text(const LinkTicket& ticket) {
    return ticket_text(ticket.id.text, ticket.token);
}

std::optional<LinkTicket> parse_ticket(std::string_view text) {
    return read_ticket_of<BundleLinkTag>(text, id_prefix);
}

}  // namespace kanmon::model
