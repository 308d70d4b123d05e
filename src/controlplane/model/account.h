// An account owns everything below it; nothing crosses accounts. Access keys belong to accounts.
#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/time.h"
#include "controlplane/model/id.h"
#include "controlplane/model/outcome.h"

namespace kanmon::model {

enum class Role : std::uint8_t {
    root,  // the installation's operator: may create accounts
    owner  // may do everything inside its own account
};

/// What whoever holds an access key may do in the key's account. Each may what those before it may.
enum class KeyRole : std::uint8_t {
    viewer,     // reads, but no secrets
    operating,  // "operator": the day's work
    administrator
};

/// viewer, operator, administrator.
std::string_view key_role_text(KeyRole role);
/// Empty: administrator. IllegalParam.Role.
Outcome<KeyRole> check_key_role(std::string_view text);
/// Active or Inactive; true: active. IllegalParam.Status.
Outcome<bool> check_key_status(std::string_view text);

struct Account {
    AccountId id;
    std::string name;
    Role role = Role::owner;
    UnixTime created_at{};
    friend bool operator==(const Account&, const Account&) = default;
};

/// The secret is kept sealed: request signatures need it in clear, nobody else does.
struct AccessKey {
    AccessKeyId id;
    AccountId account;
    Buffer sealed_secret;
    UnixTime created_at{};
    std::string name = {};  // whose it is, for people
    KeyRole role = KeyRole::administrator;
    bool enabled = true;
    friend bool operator==(const AccessKey&, const AccessKey&) = default;
};

/// When a key last signed a request: by its id. Not exact: see `Accounts::note_use`.
struct AccessKeyUse {
    AccessKeyId id;
    AccountId account;
    UnixTime used_at{};
    friend bool operator==(const AccessKeyUse&, const AccessKeyUse&) = default;
};

}  // namespace kanmon::model
