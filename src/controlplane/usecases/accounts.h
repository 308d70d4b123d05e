// Accounts and their access keys.
#pragma once

#include "controlplane/usecases/ports.h"

namespace kanmon::usecases {

struct CreateAccount {
    std::string name;
};
struct AccountCreated {
    model::AccountId account;
    std::string name;
    model::AccessKeyId access_key;
    SecretBuffer access_key_secret;
};

/// What a signature is checked against.
struct Credential {
    model::AccessKeyId access_key;
    model::AccountId account;
    model::Role role = model::Role::owner;
    SecretBuffer secret;
};

class Accounts {
public:
    explicit Accounts(Ports& ports) : ports_(ports) {}

    /// Only role root: Forbidden. A repeated call with its token gives the same key again.
    Outcome<AccountCreated> create(const Call& call, const CreateAccount& request);
    /// Root sees all; another account sees itself.
    Outcome<Page<model::Account>> list(const Call& call, const PageRequest& page);
    Outcome<std::vector<model::AccessKey>> access_keys(const Call& call);
    /// A further key for the caller's own account; at most two.
    Outcome<AccountCreated> create_access_key(const Call& call);
    Outcome<void> delete_access_key(const Call& call, const model::AccessKeyId& id);

    /// InvalidAccessKeyId.NotFound (404).
    Outcome<Credential> credential(const model::AccessKeyId& id);
    /// The installation's root account with its key; made at the first call, the same ever after.
    Outcome<AccountCreated> ensure_root(UnixTime now);

private:
    Ports& ports_;
};

}  // namespace kanmon::usecases
