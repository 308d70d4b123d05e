// What two sites agree on before an IPsec tunnel stands, as one table of settings: name, group,
// reader, writer. API, audit log and store go through it.
//
// Values are those of the original, in lower case. Nothing here makes a tunnel.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "controlplane/model/outcome.h"

namespace kanmon::model {

struct TunnelSettings {
    std::string ike_version = "ikev1";
    std::string ike_mode = "main";
    std::string ike_encryption = "aes";
    std::string ike_digest = "md5";
    std::string ike_group = "group2";
    std::uint32_t ike_lifetime_seconds = 86400;
    std::string local_id;   // empty: the gateway's address
    std::string remote_id;  // empty: the customer gateway's address
    std::string ipsec_encryption = "aes";
    std::string ipsec_digest = "md5";
    std::string ipsec_group = "group2";
    std::uint32_t ipsec_lifetime_seconds = 86400;
    std::uint32_t local_asn = 45104;
    std::optional<Cidr> inner_cidr;      // of dynamic routing, a /30 of 169.254.0.0/16
    std::optional<Ipv4> local_inner_ip;  // inside inner_cidr
    friend bool operator==(const TunnelSettings&, const TunnelSettings&) = default;
};

enum class TunnelGroup : std::uint8_t { ike, ipsec, bgp };

struct TunnelSetting {
    std::string_view name;  // of the API
    TunnelGroup group = TunnelGroup::ike;
    bool is_number = false;
    std::string (*read)(const TunnelSettings& settings) = nullptr;
    /// IllegalParam.<name>, with the values that there are.
    Outcome<void> (*write)(TunnelSettings& settings, std::string_view text) = nullptr;
};

const std::vector<TunnelSetting>& tunnel_settings();

/// Name and value.
using SettingTexts = std::map<std::string, std::string, std::less<>>;

/// Writes what is there of the group. `place` names the parameter that held them.
/// IllegalParam.<place> for a name that the group does not have.
Outcome<void> write_settings(TunnelSettings& settings, TunnelGroup group, std::string_view place,
                             const SettingTexts& texts);
/// The settings against each other. IllegalParam.LocalBgpIp.
Outcome<void> check_inner(const TunnelSettings& settings);

/// "Name=value" a line, all of them; and back. Nothing for text that nobody wrote.
std::string stored_text(const TunnelSettings& settings);
std::optional<TunnelSettings> tunnel_settings_of(std::string_view stored);

/// 1-100 printable ASCII characters without space. IllegalParam.Psk.
Outcome<void> check_psk(std::string_view psk);

}  // namespace kanmon::model
