// An account owns everything below it; nothing crosses accounts. Access keys belong to accounts.
#pragma once

#include "base/bytes.h"
#include "base/time.h"
#include "controlplane/model/id.h"

namespace kanmon::model {

enum class Role : std::uint8_t {
    root,  // the installation's operator: may create accounts
    owner  // may do everything inside its own account
};

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
    friend bool operator==(const AccessKey&, const AccessKey&) = default;
};

}  // namespace kanmon::model
