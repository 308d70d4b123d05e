// Values of a server's settings as people write them. Each reader refuses with
// IllegalParam.<parameter>, naming the value, the rule and what would work.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controlplane/model/outcome.h"
#include "controlplane/model/server_options.h"

namespace kanmon::model {

inline constexpr std::size_t extra_listeners_max = 7;
inline constexpr std::size_t networks_pushed_max = 500;  // both families together

/// "udp:1195,tcp:443"; ports as check_port takes them, and 443 as well.
Outcome<std::vector<ExtraListener>> read_listeners(std::string_view parameter,
                                                   std::string_view text);
/// "fd00:8::/112" with a prefix of 64 to 124, unique local or global; empty: none.
Outcome<std::optional<Cidr6>> read_pool6(std::string_view parameter, std::string_view text);
/// Comma separated, prefixes 8 to 128.
Outcome<std::vector<Cidr6>> read_networks6(std::string_view parameter, std::string_view text);
/// Comma separated, at most four.
Outcome<std::vector<Ipv6>> read_addresses6(std::string_view parameter, std::string_view text);
/// Comma-separated domain names, at most 16, in lower case, without the dot at the end.
Outcome<std::vector<std::string>> read_domains(std::string_view parameter, std::string_view text);

std::string listeners_text(const std::vector<ExtraListener>& listeners);
std::string pool6_text(const std::optional<Cidr6>& pool);
std::string networks6_text(const std::vector<Cidr6>& networks);
std::string addresses6_text(const std::vector<Ipv6>& addresses);
std::string domains_text(const std::vector<std::string>& domains);

}  // namespace kanmon::model
