// What is remembered, as a port. tests/contract/books_contract.h states it as tests.
//
// Owner: whoever holds the turn (`Ports::turn`); adapters need no lock of their own.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bridge/messages.h"
#include "controlplane/model/access_rule.h"
#include "controlplane/model/account.h"
#include "controlplane/model/assignment.h"
#include "controlplane/model/bearer_token.h"
#include "controlplane/model/blocked_client.h"
#include "controlplane/model/bundle_link.h"
#include "controlplane/model/client_certificate.h"
#include "controlplane/model/customer_gateway.h"
#include "controlplane/model/diagnosis.h"
#include "controlplane/model/event.h"
#include "controlplane/model/identity.h"
#include "controlplane/model/revocation_list.h"
#include "controlplane/model/ssl_server.h"
#include "controlplane/model/tag.h"
#include "controlplane/model/vpc.h"
#include "controlplane/model/vpn_connection.h"
#include "controlplane/model/vpn_gateway.h"
#include "controlplane/model/vpn_route.h"
#include "controlplane/model/vswitch.h"
#include "controlplane/usecases/call.h"

namespace kanmon::usecases {

/// Rows of an account, or those directly below a resource.
struct Scope {
    enum class Of : std::uint8_t { account, parent } of = Of::account;
    std::string id;
};

/// The rows of one kind. Lists are in order of creation.
template <class Row>
class Table {
public:
    virtual ~Table() = default;
    virtual std::optional<Row> find(const std::string& id) const = 0;
    virtual std::vector<Row> all() const = 0;
    virtual std::vector<Row> of_account(const model::AccountId& account) const = 0;
    /// Rows directly below a resource: servers, IPsec connections, routes and diagnoses of a
    /// gateway, certificates of a server and what is kept of their bundles, access rules and
    /// blocked clients of a server, links of a certificate, gateways and vSwitches of a VPC,
    /// tunnels of a connection, tags of whatever is tagged, access keys of an account, their uses
    /// and bearer tokens, users, groups and applications of an identity source, members of a group,
    /// assignments of an application.
    virtual std::vector<Row> below(const std::string& parent) const = 0;
    /// For kinds of which there may be thousands: how many, and some of them from `first` on.
    virtual std::size_t count(const Scope& scope) const = 0;
    virtual std::vector<Row> slice(const Scope& scope, std::size_t first,
                                   std::size_t most) const = 0;
    virtual void put(const Row& row) = 0;  // inserts, or replaces the row of the same id
    virtual void remove(const std::string& id) = 0;
};

/// What a change may read and write. Valid only inside the call it was given to.
class Ledger {
public:
    virtual ~Ledger() = default;
    virtual Table<model::Account>& accounts() = 0;
    virtual Table<model::AccessKey>& access_keys() = 0;
    /// By the key's id; written by `Books::write_key_use`.
    virtual Table<model::AccessKeyUse>& access_key_uses() = 0;
    /// Below their access key; when each was used is written by `Books::write_token_use`.
    virtual Table<model::BearerToken>& bearer_tokens() = 0;
    virtual Table<model::Vpc>& vpcs() = 0;
    virtual Table<model::VpnGateway>& vpn_gateways() = 0;
    virtual Table<model::SslServer>& ssl_servers() = 0;
    virtual Table<model::ClientCertificate>& client_certificates() = 0;
    virtual Table<model::RevokedCertificate>& revoked_certificates() = 0;
    /// By the server's id.
    virtual Table<model::RevocationList>& revocation_lists() = 0;
    virtual Table<model::AccessRule>& access_rules() = 0;
    virtual Table<model::BlockedClient>& blocked_clients() = 0;
    virtual Table<model::BundleLink>& bundle_links() = 0;
    /// By the certificate's id; written by `Books::write_held_bundles`.
    virtual Table<model::HeldBundle>& held_bundles() = 0;
    virtual Table<model::IdaasInstance>& idaas_instances() = 0;
    virtual Table<model::IdaasUser>& idaas_users() = 0;
    virtual Table<model::IdaasGroup>& idaas_groups() = 0;
    virtual Table<model::GroupMember>& group_members() = 0;
    virtual Table<model::IdaasApplication>& idaas_applications() = 0;
    virtual Table<model::Assignment>& assignments() = 0;
    virtual Table<model::RecoveryCode>& recovery_codes() = 0;
    virtual Table<model::VSwitch>& vswitches() = 0;
    virtual Table<model::CustomerGateway>& customer_gateways() = 0;
    virtual Table<model::VpnConnection>& vpn_connections() = 0;
    virtual Table<model::IpsecTunnel>& ipsec_tunnels() = 0;
    virtual Table<model::VpnRoute>& vpn_routes() = 0;
    virtual Table<model::ResourceTag>& resource_tags() = 0;
    virtual Table<model::Diagnosis>& diagnoses() = 0;
    /// Of a server's certificates that have one.
    virtual std::vector<bridge::StaticAddress> static_addresses(
        const std::string& server) const = 0;
    /// By its name as it is kept, in lower case.
    virtual std::optional<model::IdaasUser> idaas_user_named(const std::string& instance,
                                                             const std::string& name) const = 0;
    /// Number of this change (of its audit row); when reading, of the last one. Grows for ever.
    virtual std::uint64_t number() const = 0;
};

/// What makes a repeated call recognisable, and what the audit row tells.
struct Token {
    std::string client_token;  // empty: every call is new
    std::string action;        // "CreateVpnGateway"
    std::string parameters;    // name=value, one a line, without secrets
    bool dry_run = false;
    UnixTime now{};
};

/// What a change leaves behind: remembered under its token, and returned again to a repeated call.
struct Receipt {
    std::string subject;  // id of the resource
    std::string name;     // its name at that time, or what else a repeated answer has to say
    friend bool operator==(const Receipt&, const Receipt&) = default;
};

struct AuditRow {
    std::uint64_t number = 0;
    UnixTime at{};
    std::string account;
    std::string access_key;
    std::string request_id;
    std::string action;
    std::string subject;
    std::string parameters;
    /// The rows that the change touched, before and after, as JSON without secrets: [{"Kind":…}].
    std::string before = {};
    std::string after = {};
    /// SHA-256 over the link of the row before and this row: whoever changes or takes out one row
    /// would have to write all that follow anew. Empty: of a store from before there were links.
    std::string link = {};
    friend bool operator==(const AuditRow&, const AuditRow&) = default;
};

/// Where the chain of the audit log ends.
struct AuditHead {
    std::uint64_t number = 0;  // 0: there is no row
    std::string link;
    friend bool operator==(const AuditHead&, const AuditHead&) = default;
};

/// Each filter: empty is all.
struct AuditQuery {
    model::AccountId account = {};
    UnixTime from = UnixTime::min();
    UnixTime to = UnixTime::max();
    std::string action = {};
    std::string subject = {};
    std::string access_key = {};
    PageRequest page = {};
};

/// A lease as it is kept: beside the instant of one boot stands which boot that was.
struct StoredLease {
    bridge::Lease lease;
    std::string boot;
    friend bool operator==(const StoredLease&, const StoredLease&) = default;
};

/// Wrong logins of a user or a network, as `model::LoginThrottle` counts them.
struct LoginFailures {
    std::string key;  // a hash: what was typed for a name may be a password
    std::uint32_t wrong = 0;
    UnixTime locked_until{};
    UnixTime touched{};
    friend bool operator==(const LoginFailures&, const LoginFailures&) = default;
};

/// A lease that is there from now on, or is no longer.
struct LeaseWrite {
    StoredLease row;
    bool gone = false;
};

/// An event to store unless one of the same mark ever was; empty: always.
struct EventWrite {
    model::Event event;          // its number is given by the store
    std::string mark;            // "vsc-…/1f/30"
    UnixTime mark_kept_until{};  // what is told only once is told again after this at the earliest
};

/// Those of an account. Each further filter: empty is all.
struct EventQuery {
    model::AccountId account;
    std::string kind;
    std::string resource;
    std::string server;
};

using Change = std::function<Outcome<Receipt>(Ledger&)>;
using Look = std::function<void(Ledger&)>;

class Books {
public:
    virtual ~Books() = default;

    /// The change, the idempotency token and the audit row of `actor`, stored together or not at
    /// all; they survive the death of any process when it returns, and a loss of power after
    /// `settle`. Refusals: those of `change`; `IdempotentParameterMismatch`; `DryRunOperation`
    /// after a successful dry run; `ServiceUnavailable` when the store is away;
    /// `SignatureNonceUsed` when another request of the same mark has changed something, also
    /// before a restart. A token whose call failed stays usable.
    virtual Outcome<Receipt> transact(const Actor& actor, const Token& token,
                                      const Change& change) = 0;
    /// What was changed before the call survives a loss of power when it returns; whoever tells a
    /// caller of a change waits here first. Any thread, without the turn: many wait together.
    /// Refusal: `ServiceUnavailable`.
    virtual Outcome<void> settle() = 0;
    /// A consistent look; writing is not allowed there. Refusal: `ServiceUnavailable`.
    virtual Outcome<void> look(const Look& look) = 0;
    /// Newest first. Nothing changes or removes a row, whoever asks.
    virtual Outcome<Page<AuditRow>> audit(const AuditQuery& query) = 0;
    /// The first row that is not what was written there, or nothing. Reads the whole log: about a
    /// second for a million rows.
    virtual Outcome<std::optional<std::uint64_t>> broken_audit_row() = 0;
    virtual Outcome<AuditHead> audit_head() = 0;
    /// Whether the log goes as far as this head and has its link there.
    virtual Outcome<bool> reaches(const AuditHead& head) = 0;

    /// In this order, all or none; they survive the death of any process when it returns. A lease
    /// of the same server and address is replaced. Refusal: `ServiceUnavailable`.
    virtual Outcome<void> write_leases(const std::vector<LeaseWrite>& writes) = 0;
    virtual Outcome<std::vector<StoredLease>> leases() = 0;

    /// What holders of certificates have announced; replaces what they did before. Rows of
    /// certificates that are gone are left out.
    virtual Outcome<void> write_held_bundles(const std::vector<model::HeldBundle>& held) = 0;

    /// Replaces what was known of this key; nothing when the key is gone.
    virtual Outcome<void> write_key_use(const model::AccessKeyUse& use) = 0;

    /// When a bearer token was used last; nothing when it is gone.
    virtual Outcome<void> write_token_use(const model::BearerTokenId& id, UnixTime used_at) = 0;

    /// All or none, durable. Rows beyond `events_max` of an account push the oldest out. How many
    /// were new.
    virtual Outcome<std::size_t> append_events(const std::vector<EventWrite>& events,
                                               UnixTime now) = 0;
    /// Newest first.
    virtual Outcome<std::vector<model::Event>> events(const EventQuery& query) = 0;

    /// True for the first who shows the one-time code of this step, and for nobody after; also
    /// when two do so at the same moment, and after a restart. Durable.
    virtual Outcome<bool> use_code(const std::string& user, std::int64_t step) = 0;

    /// True for the first who shows this recovery code, and for nobody after; as `use_code`.
    virtual Outcome<bool> use_recovery_code(const std::string& user, const std::string& hash) = 0;

    /// Replaces what was counted under this key; none wrong: forgotten. They survive the death of
    /// any process. Beyond `login_failures_max` the one that was quiet for longest gives way.
    virtual Outcome<void> write_login_failures(const LoginFailures& failures) = 0;
    virtual Outcome<std::vector<LoginFailures>> login_failures() = 0;

    /// A number larger than any given before, also across restarts.
    virtual Outcome<std::uint64_t> next_snapshot_number() = 0;
};

inline constexpr std::size_t login_failures_max = 65536;

}  // namespace kanmon::usecases
