#include "controlplane/model/account.h"

#include <fmt/core.h>

#include "base/escape.h"

namespace kanmon::model {

namespace {

constexpr std::size_t shown_octets_max = 64;

}  // namespace

std::string_view key_role_text(KeyRole role) {
    switch (role) {
        case KeyRole::viewer:
            return "viewer";
        case KeyRole::operating:
            return "operator";
        case KeyRole::administrator:
            break;
    }
    return "administrator";
}

Outcome<KeyRole> check_key_role(std::string_view text) {
    if (text.empty()) return KeyRole::administrator;
    for (const KeyRole role : {KeyRole::viewer, KeyRole::operating, KeyRole::administrator})
        if (text == key_role_text(role)) return role;
    return illegal("Role", fmt::format("Role is '{}'; it can be administrator, operator or viewer.",
                                       escaped(text, shown_octets_max)));
}

Outcome<bool> check_key_status(std::string_view text) {
    if (text == "Active") return true;
    if (text == "Inactive") return false;
    return illegal("Status", fmt::format("Status is '{}'; it can be Active or Inactive.",
                                         escaped(text, shown_octets_max)));
}

}  // namespace kanmon::model
