// The rules of single values of settings, and of what must fit what (check_settings).
#pragma once

#include <string_view>

namespace kanmon::apps {

bool is_absolute_path(std::string_view text);
bool is_absolute_path_or_empty(std::string_view text);
bool is_endpoint(std::string_view text);
bool is_https_url_or_empty(std::string_view text);
bool is_cidr(std::string_view text);
bool is_ip_address(std::string_view text);
/// A name that a user or group can have, or the number of one that is not root.
bool is_identity(std::string_view text);

}  // namespace kanmon::apps
