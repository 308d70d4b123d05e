// Accounts, their access keys and what was done with them.
#pragma once

#include <map>
#include <optional>

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

struct CreateAccessKey {
    std::string role;  // administrator, operator, viewer; empty: administrator
    std::string name;
};
struct UpdateAccessKey {
    model::AccessKeyId id;
    std::string status;  // Active, Inactive
};
struct AccessKeyView {
    model::AccessKey key;
    std::optional<UnixTime> last_used;
};

struct DescribeAuditRecords {
    std::optional<std::int64_t> from;  // seconds
    std::optional<std::int64_t> to;
    std::string action;
    std::string resource;
    std::string access_key;
    PageRequest page;
};

/// What a signature is checked against.
struct Credential {
    model::AccessKeyId access_key;
    model::AccountId account;
    model::Role role = model::Role::owner;
    model::KeyRole key_role = model::KeyRole::viewer;
    SecretBuffer secret;
};

class Accounts {
public:
    explicit Accounts(Ports& ports) : ports_(ports) {}

    /// Only role root: Forbidden. A repeated call with its token gives the same key again, while
    /// the account has it.
    Outcome<AccountCreated> create(const Call& call, const CreateAccount& request);
    /// Root sees all; another account sees itself.
    Outcome<Page<model::Account>> list(const Call& call, const PageRequest& page);
    Outcome<std::vector<AccessKeyView>> access_keys(const Call& call);
    /// A further key for the caller's own account: at most two of administrators - one that is used
    /// and one to change to - and twenty others.
    Outcome<AccountCreated> create_access_key(const Call& call, const CreateAccessKey& request);
    /// A key that is disabled loses its bearer tokens for good.
    /// OperationDenied.LastAccessKey: an account keeps an active key of an administrator.
    Outcome<AccessKeyView> update_access_key(const Call& call, const UpdateAccessKey& request);
    /// OperationDenied.LastAccessKey.
    Outcome<void> delete_access_key(const Call& call, const model::AccessKeyId& id);

    /// Every change of the account, newest first. IllegalParam.From.
    Outcome<Page<AuditRow>> audit(const Call& call, const DescribeAuditRecords& request);

    /// InvalidAccessKeyId.NotFound (404), InvalidAccessKeyId.Inactive.
    Outcome<Credential> credential(const model::AccessKeyId& id);
    /// A request was signed with this key. Stored at most once a minute and key, so that reading
    /// does not become writing.
    void note_use(const Credential& credential, UnixTime now);
    /// The installation's root account with its key; made at the first call, the same ever after.
    Outcome<AccountCreated> ensure_root(UnixTime now);

private:
    Ports& ports_;
    std::map<std::string, UnixTime> use_noted_;  // by key; guarded by the turn
};

}  // namespace kanmon::usecases
