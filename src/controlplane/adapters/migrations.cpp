#include "controlplane/adapters/migrations.h"

#include <fmt/core.h>

namespace kanmon::adapters {

namespace {

constexpr const char* first_tables = R"sql(
CREATE TABLE accounts (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL CHECK (role IN ('root', 'owner')),
    created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE access_keys (
    id TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES accounts(id),
    sealed_secret BLOB NOT NULL, created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX access_keys_account ON access_keys(account);
CREATE TABLE vpcs (
    id TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES accounts(id), region TEXT NOT NULL,
    name TEXT NOT NULL, description TEXT NOT NULL, cidr TEXT NOT NULL,
    network_namespace TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX vpcs_account ON vpcs(account);
CREATE TABLE vpn_gateways (
    id TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES accounts(id), region TEXT NOT NULL,
    vpc TEXT NOT NULL REFERENCES vpcs(id), name TEXT NOT NULL, description TEXT NOT NULL,
    public_address TEXT NOT NULL, bandwidth_mbit INTEGER NOT NULL,
    ssl_connections_max INTEGER NOT NULL, ssl_enabled INTEGER NOT NULL,
    ipsec_enabled INTEGER NOT NULL, network_type TEXT NOT NULL, created_at INTEGER NOT NULL,
    created_by INTEGER NOT NULL, changed_by INTEGER NOT NULL
) STRICT;
CREATE INDEX vpn_gateways_account ON vpn_gateways(account);
CREATE INDEX vpn_gateways_vpc ON vpn_gateways(vpc);
CREATE TABLE ssl_servers (
    id TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES accounts(id),
    gateway TEXT NOT NULL REFERENCES vpn_gateways(id), name TEXT NOT NULL,
    client_pool TEXT NOT NULL, local_subnet TEXT NOT NULL, transport TEXT NOT NULL,
    port INTEGER NOT NULL, cipher TEXT NOT NULL, compress INTEGER NOT NULL,
    dns_servers TEXT NOT NULL, topology TEXT NOT NULL, hold_seconds INTEGER NOT NULL,
    created_at INTEGER NOT NULL, authority_pem TEXT NOT NULL, sealed_authority_key BLOB NOT NULL,
    certificate_pem TEXT NOT NULL, sealed_key BLOB NOT NULL, revision TEXT NOT NULL
) STRICT;
CREATE INDEX ssl_servers_account ON ssl_servers(account);
CREATE INDEX ssl_servers_gateway ON ssl_servers(gateway);
CREATE TABLE client_certificates (
    id TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES accounts(id),
    server TEXT NOT NULL REFERENCES ssl_servers(id), name TEXT NOT NULL,
    created_at INTEGER NOT NULL, not_after INTEGER NOT NULL, serial TEXT NOT NULL,
    certificate_pem TEXT NOT NULL, sealed_key BLOB NOT NULL, UNIQUE (server, serial)
) STRICT;
CREATE INDEX client_certificates_account ON client_certificates(account);
CREATE TABLE revoked_certificates (
    id TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES accounts(id),
    server TEXT NOT NULL REFERENCES ssl_servers(id), serial TEXT NOT NULL,
    not_after INTEGER NOT NULL, revoked_at INTEGER NOT NULL
) STRICT;
CREATE INDEX revoked_certificates_account ON revoked_certificates(account);
CREATE INDEX revoked_certificates_server ON revoked_certificates(server);

CREATE TABLE audit (
    number INTEGER PRIMARY KEY, at INTEGER NOT NULL, account TEXT NOT NULL,
    access_key TEXT NOT NULL, request_id TEXT NOT NULL, action TEXT NOT NULL,
    subject TEXT NOT NULL, parameters TEXT NOT NULL
) STRICT;
CREATE INDEX audit_account ON audit(account, number);
CREATE TRIGGER audit_keeps_rows BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_keeps_values BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

CREATE TABLE tokens (
    account TEXT NOT NULL, token TEXT NOT NULL, action TEXT NOT NULL, parameters TEXT NOT NULL,
    subject TEXT NOT NULL, name TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (account, token)
) STRICT, WITHOUT ROWID;
CREATE INDEX tokens_at ON tokens(at);

CREATE TABLE leases (
    server TEXT NOT NULL, address INTEGER NOT NULL, holder TEXT NOT NULL,
    session INTEGER NOT NULL, held_until INTEGER NOT NULL, boot TEXT NOT NULL,
    PRIMARY KEY (server, address)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempts (
    number INTEGER PRIMARY KEY, server TEXT NOT NULL, at INTEGER NOT NULL,
    remote_address BLOB NOT NULL, remote_port INTEGER NOT NULL, session INTEGER NOT NULL,
    stage INTEGER NOT NULL, refused INTEGER NOT NULL, cause TEXT NOT NULL,
    common_name TEXT NOT NULL, detail TEXT NOT NULL
) STRICT;
CREATE INDEX attempts_server ON attempts(server, number);

CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
INSERT INTO counters VALUES ('snapshot', 0);
)sql";

// Settings are one text, "Name=value" a line, of those that differ from the usual: see
// docs/decisions/0005-server-settings.md.
constexpr const char* server_options = R"sql(
ALTER TABLE ssl_servers ADD COLUMN options TEXT NOT NULL DEFAULT '';
ALTER TABLE ssl_servers ADD COLUMN sealed_wrapping_key BLOB NOT NULL DEFAULT x'';
ALTER TABLE ssl_servers ADD COLUMN sealed_token_key BLOB NOT NULL DEFAULT x'';
ALTER TABLE client_certificates ADD COLUMN static_address TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX client_certificates_static_address
    ON client_certificates(server, static_address) WHERE static_address <> '';
)sql";

// Whom a server asks must be of its own account: the store refuses anything else by itself.
constexpr const char* identities = R"sql(
CREATE TABLE idaas_instances (
    id TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES accounts(id), name TEXT NOT NULL,
    created_at INTEGER NOT NULL, UNIQUE (account, id)
) STRICT;
CREATE TABLE idaas_users (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, instance TEXT NOT NULL, name TEXT NOT NULL,
    enabled INTEGER NOT NULL, password_hash TEXT NOT NULL, sealed_totp BLOB NOT NULL,
    created_at INTEGER NOT NULL, changed_at INTEGER NOT NULL, UNIQUE (instance, name),
    FOREIGN KEY (account, instance) REFERENCES idaas_instances(account, id)
) STRICT;
CREATE INDEX idaas_users_account ON idaas_users(account);
CREATE TABLE used_codes (
    user TEXT NOT NULL REFERENCES idaas_users(id) ON DELETE CASCADE, step INTEGER NOT NULL,
    PRIMARY KEY (user, step)
) STRICT, WITHOUT ROWID;
ALTER TABLE ssl_servers ADD COLUMN multi_factor INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ssl_servers ADD COLUMN idaas_instance TEXT NOT NULL DEFAULT '';
CREATE TRIGGER ssl_servers_ask_their_own_source_at_insert BEFORE INSERT ON ssl_servers
WHEN NEW.idaas_instance <> '' AND NOT EXISTS (
    SELECT 1 FROM idaas_instances WHERE id = NEW.idaas_instance AND account = NEW.account)
BEGIN SELECT RAISE(ABORT, 'the identity source is not of this account'); END;
CREATE TRIGGER ssl_servers_ask_their_own_source_at_update BEFORE UPDATE ON ssl_servers
WHEN NEW.idaas_instance <> '' AND NOT EXISTS (
    SELECT 1 FROM idaas_instances WHERE id = NEW.idaas_instance AND account = NEW.account)
BEGIN SELECT RAISE(ABORT, 'the identity source is not of this account'); END;
CREATE TRIGGER idaas_instances_stay_while_asked BEFORE DELETE ON idaas_instances
WHEN EXISTS (SELECT 1 FROM ssl_servers WHERE idaas_instance = OLD.id)
BEGIN SELECT RAISE(ABORT, 'an SSL server asks this identity source'); END;
)sql";

// What refers to another resource is of the same account: the store refuses anything else by
// itself.
constexpr const char* sites = R"sql(
ALTER TABLE vpn_gateways ADD COLUMN vswitch TEXT NOT NULL DEFAULT '';
ALTER TABLE vpn_gateways ADD COLUMN second_vswitch TEXT NOT NULL DEFAULT '';
ALTER TABLE vpn_gateways ADD COLUMN resource_group TEXT NOT NULL DEFAULT '';
ALTER TABLE vpn_gateways ADD COLUMN auto_propagate INTEGER NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX vpcs_of_account ON vpcs(account, id);
CREATE UNIQUE INDEX vpn_gateways_of_account ON vpn_gateways(account, id);
CREATE TABLE vswitches (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, vpc TEXT NOT NULL, zone TEXT NOT NULL,
    cidr TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL, created_at INTEGER NOT NULL,
    FOREIGN KEY (account, vpc) REFERENCES vpcs(account, id)
) STRICT;
CREATE INDEX vswitches_account ON vswitches(account);
CREATE INDEX vswitches_vpc ON vswitches(vpc);
CREATE TABLE customer_gateways (
    id TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES accounts(id), region TEXT NOT NULL,
    name TEXT NOT NULL, description TEXT NOT NULL, resource_group TEXT NOT NULL,
    address TEXT NOT NULL, asn INTEGER NOT NULL, sealed_auth_key BLOB NOT NULL,
    created_at INTEGER NOT NULL, UNIQUE (account, id)
) STRICT;
CREATE TABLE vpn_connections (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, gateway TEXT NOT NULL, name TEXT NOT NULL,
    local_subnet TEXT NOT NULL, remote_subnet TEXT NOT NULL, effective_at_once INTEGER NOT NULL,
    auto_route INTEGER NOT NULL, dynamic_routing INTEGER NOT NULL, named_tunnels INTEGER NOT NULL,
    health_enabled INTEGER NOT NULL, health_destination TEXT NOT NULL,
    health_source TEXT NOT NULL, health_interval INTEGER NOT NULL, health_retries INTEGER NOT NULL,
    health_policy TEXT NOT NULL, created_at INTEGER NOT NULL, UNIQUE (account, id),
    FOREIGN KEY (account, gateway) REFERENCES vpn_gateways(account, id)
) STRICT;
CREATE INDEX vpn_connections_gateway ON vpn_connections(gateway);
CREATE TABLE ipsec_tunnels (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, connection TEXT NOT NULL,
    customer_gateway TEXT NOT NULL, role TEXT NOT NULL CHECK (role IN ('master', 'slave')),
    dead_peer_detection INTEGER NOT NULL, nat_traversal INTEGER NOT NULL, settings TEXT NOT NULL,
    sealed_psk BLOB NOT NULL, UNIQUE (connection, role),
    FOREIGN KEY (account, connection) REFERENCES vpn_connections(account, id),
    FOREIGN KEY (account, customer_gateway) REFERENCES customer_gateways(account, id)
) STRICT;
CREATE INDEX ipsec_tunnels_account ON ipsec_tunnels(account, customer_gateway);
CREATE TABLE vpn_routes (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, gateway TEXT NOT NULL, next_hop TEXT NOT NULL,
    policy_based INTEGER NOT NULL, source TEXT NOT NULL, destination TEXT NOT NULL,
    weight INTEGER NOT NULL, priority INTEGER NOT NULL, published INTEGER NOT NULL,
    description TEXT NOT NULL, created_at INTEGER NOT NULL,
    UNIQUE (gateway, policy_based, source, destination, next_hop),
    FOREIGN KEY (account, gateway) REFERENCES vpn_gateways(account, id),
    FOREIGN KEY (account, next_hop) REFERENCES vpn_connections(account, id)
) STRICT;
CREATE INDEX vpn_routes_account ON vpn_routes(account, next_hop);
CREATE TABLE resource_tags (
    id TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES accounts(id), resource TEXT NOT NULL,
    kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, UNIQUE (resource, key)
) STRICT;
CREATE INDEX resource_tags_account ON resource_tags(account);
)sql";

// What belongs to a certificate goes with it. A mark outlives its event: what was told once stays
// told when the event has been pushed out.
constexpr const char* certificates = R"sql(
ALTER TABLE ssl_servers ADD COLUMN authority_origin TEXT NOT NULL DEFAULT 'own'
    CHECK (authority_origin IN ('own', 'imported', 'elsewhere'));
ALTER TABLE ssl_servers ADD COLUMN client_authority_pem TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX ssl_servers_of_account ON ssl_servers(account, id);
CREATE UNIQUE INDEX client_certificates_of_account ON client_certificates(account, id);
CREATE TABLE revocation_lists (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, number TEXT NOT NULL,
    this_update INTEGER NOT NULL, next_update INTEGER NOT NULL,
    refuse_when_expired INTEGER NOT NULL, serials TEXT NOT NULL,
    FOREIGN KEY (account, id) REFERENCES ssl_servers(account, id) ON DELETE CASCADE
) STRICT;
CREATE TABLE bundle_links (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, certificate TEXT NOT NULL,
    token_hash BLOB NOT NULL, format TEXT NOT NULL, sealed_password BLOB NOT NULL,
    created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    FOREIGN KEY (account, certificate)
        REFERENCES client_certificates(account, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX bundle_links_account ON bundle_links(account, certificate);
CREATE TABLE held_bundles (
    id TEXT PRIMARY KEY REFERENCES client_certificates(id) ON DELETE CASCADE,
    account TEXT NOT NULL, server TEXT NOT NULL, revision TEXT NOT NULL, held_at INTEGER NOT NULL
) STRICT;
CREATE INDEX held_bundles_server ON held_bundles(server);
CREATE TABLE events (
    number INTEGER PRIMARY KEY, account TEXT NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL,
    resource TEXT NOT NULL, server TEXT NOT NULL, message TEXT NOT NULL
) STRICT;
CREATE INDEX events_account ON events(account, number);
CREATE TABLE event_marks (
    mark TEXT PRIMARY KEY, kept_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

// A key that was there before roles is an administrator's, as it could do everything.
constexpr const char* key_roles = R"sql(
ALTER TABLE access_keys ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE access_keys ADD COLUMN role TEXT NOT NULL DEFAULT 'administrator'
    CHECK (role IN ('viewer', 'operator', 'administrator'));
ALTER TABLE access_keys ADD COLUMN enabled INTEGER NOT NULL DEFAULT 1;
CREATE TABLE access_key_uses (
    id TEXT PRIMARY KEY REFERENCES access_keys(id) ON DELETE CASCADE, account TEXT NOT NULL,
    used_at INTEGER NOT NULL
) STRICT;
)sql";

/// Lists and counts of a server's certificates without reading all of them.
constexpr const char* many_certificates = R"sql(
CREATE INDEX client_certificates_server ON client_certificates(server);
)sql";

// The log has a store of its own: sqlite_attempt_log.cpp.
constexpr const char* log_moved_out = R"sql(
DROP TABLE attempts;
)sql";

/// A token goes with its key.
constexpr const char* bearer_tokens = R"sql(
CREATE TABLE bearer_tokens (
    id TEXT PRIMARY KEY, account TEXT NOT NULL,
    access_key TEXT NOT NULL REFERENCES access_keys(id) ON DELETE CASCADE,
    name TEXT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('token', 'session')),
    role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'administrator')),
    token_hash BLOB NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    used_at INTEGER NOT NULL
) STRICT;
CREATE INDEX bearer_tokens_account ON bearer_tokens(account);
CREATE INDEX bearer_tokens_key ON bearer_tokens(access_key);
)sql";

constexpr const char* diagnoses = R"sql(
CREATE TABLE diagnoses (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, gateway TEXT NOT NULL, connection TEXT NOT NULL,
    made_at INTEGER NOT NULL, items TEXT NOT NULL,
    FOREIGN KEY (account, gateway) REFERENCES vpn_gateways(account, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX diagnoses_gateway ON diagnoses(gateway);
)sql";

// Users, groups and applications meet within one source of one account, and a server asks a source
// and an application of its own account only: composite keys refuse to store anything else. What a
// server asks stands in a table of its own, since a column that is added later can have no such
// key; triggers copy it there.
constexpr const char* assignments = R"sql(
CREATE UNIQUE INDEX idaas_users_of_instance ON idaas_users(instance, id);
CREATE TABLE idaas_groups (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, instance TEXT NOT NULL, name TEXT NOT NULL,
    created_at INTEGER NOT NULL, UNIQUE (instance, name), UNIQUE (instance, id),
    FOREIGN KEY (account, instance) REFERENCES idaas_instances(account, id)
) STRICT;
CREATE INDEX idaas_groups_account ON idaas_groups(account, instance);
CREATE TABLE idaas_group_members (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, instance TEXT NOT NULL,
    directory_group TEXT NOT NULL, user TEXT NOT NULL,
    FOREIGN KEY (account, instance) REFERENCES idaas_instances(account, id),
    FOREIGN KEY (instance, directory_group) REFERENCES idaas_groups(instance, id)
        ON DELETE CASCADE,
    FOREIGN KEY (instance, user) REFERENCES idaas_users(instance, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX idaas_group_members_group ON idaas_group_members(instance, directory_group);
CREATE INDEX idaas_group_members_user ON idaas_group_members(instance, user);
CREATE INDEX idaas_group_members_account ON idaas_group_members(account, instance);
CREATE TABLE idaas_applications (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, instance TEXT NOT NULL, name TEXT NOT NULL,
    created_at INTEGER NOT NULL, UNIQUE (instance, name), UNIQUE (instance, id),
    FOREIGN KEY (account, instance) REFERENCES idaas_instances(account, id)
) STRICT;
CREATE INDEX idaas_applications_account ON idaas_applications(account, instance);
CREATE TABLE idaas_assignments (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, instance TEXT NOT NULL,
    application TEXT NOT NULL, subject TEXT NOT NULL,
    user TEXT GENERATED ALWAYS AS (CASE WHEN subject LIKE 'user-%' THEN subject END) STORED,
    directory_group TEXT
        GENERATED ALWAYS AS (CASE WHEN subject LIKE 'group-%' THEN subject END) STORED,
    CHECK (user IS NOT NULL OR directory_group IS NOT NULL),
    FOREIGN KEY (account, instance) REFERENCES idaas_instances(account, id),
    FOREIGN KEY (instance, application) REFERENCES idaas_applications(instance, id)
        ON DELETE CASCADE,
    FOREIGN KEY (instance, user) REFERENCES idaas_users(instance, id) ON DELETE CASCADE,
    FOREIGN KEY (instance, directory_group) REFERENCES idaas_groups(instance, id)
        ON DELETE CASCADE
) STRICT;
CREATE INDEX idaas_assignments_application ON idaas_assignments(application);
CREATE INDEX idaas_assignments_user ON idaas_assignments(instance, user);
CREATE INDEX idaas_assignments_group ON idaas_assignments(instance, directory_group);
CREATE INDEX idaas_assignments_account ON idaas_assignments(account, instance);
ALTER TABLE ssl_servers ADD COLUMN idaas_application TEXT NOT NULL DEFAULT '';
ALTER TABLE ssl_servers ADD COLUMN idaas_region TEXT NOT NULL DEFAULT '';
CREATE TABLE ssl_server_sources (
    server TEXT PRIMARY KEY, account TEXT NOT NULL, instance TEXT NOT NULL, application TEXT,
    FOREIGN KEY (account, server) REFERENCES ssl_servers(account, id) ON DELETE CASCADE,
    FOREIGN KEY (account, instance) REFERENCES idaas_instances(account, id),
    FOREIGN KEY (instance, application) REFERENCES idaas_applications(instance, id)
) STRICT;
CREATE INDEX ssl_server_sources_instance ON ssl_server_sources(account, instance);
CREATE INDEX ssl_server_sources_application ON ssl_server_sources(instance, application);
INSERT INTO ssl_server_sources
    SELECT id, account, idaas_instance, NULL FROM ssl_servers WHERE idaas_instance <> '';
CREATE TRIGGER ssl_servers_keep_their_source_at_insert AFTER INSERT ON ssl_servers
WHEN NEW.idaas_instance <> ''
BEGIN
    INSERT INTO ssl_server_sources
    VALUES (NEW.id, NEW.account, NEW.idaas_instance, nullif(NEW.idaas_application, ''));
END;
CREATE TRIGGER ssl_servers_keep_their_source_at_update AFTER UPDATE ON ssl_servers
BEGIN
    DELETE FROM ssl_server_sources WHERE server = NEW.id;
    INSERT INTO ssl_server_sources
    SELECT NEW.id, NEW.account, NEW.idaas_instance, nullif(NEW.idaas_application, '')
    WHERE NEW.idaas_instance <> '';
END;
)sql";

constexpr const char* recovery = R"sql(
CREATE TABLE recovery_codes (
    id TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES accounts(id),
    user TEXT NOT NULL REFERENCES idaas_users(id) ON DELETE CASCADE, hash TEXT NOT NULL,
    UNIQUE (user, hash)
) STRICT;
CREATE INDEX recovery_codes_account ON recovery_codes(account);
CREATE TABLE login_failures (
    key TEXT PRIMARY KEY, wrong INTEGER NOT NULL, locked_until INTEGER NOT NULL,
    touched INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX login_failures_touched ON login_failures(touched);
)sql";

// Rows that were there before have no link; the chain begins behind them.
constexpr const char* audit_chain = R"sql(
ALTER TABLE audit ADD COLUMN link TEXT NOT NULL DEFAULT '';
)sql";

// Whom a rule names stands in texts, one a line, since a rule outlives those whom it names and
// means nobody then.
constexpr const char* access_rules = R"sql(
CREATE TABLE access_rules (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, server TEXT NOT NULL, priority INTEGER NOT NULL,
    policy TEXT NOT NULL CHECK (policy IN ('accept', 'drop')), everybody INTEGER NOT NULL,
    certificates TEXT NOT NULL, users TEXT NOT NULL, directory_groups TEXT NOT NULL,
    networks TEXT NOT NULL, protocol INTEGER NOT NULL, ports TEXT NOT NULL,
    description TEXT NOT NULL, created_at INTEGER NOT NULL, UNIQUE (server, priority),
    FOREIGN KEY (account, server) REFERENCES ssl_servers(account, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX access_rules_server ON access_rules(account, server);
CREATE TABLE blocked_clients (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, server TEXT NOT NULL, name TEXT NOT NULL,
    until INTEGER NOT NULL, created_at INTEGER NOT NULL, access_key TEXT NOT NULL,
    FOREIGN KEY (account, server) REFERENCES ssl_servers(account, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX blocked_clients_server ON blocked_clients(account, server);
)sql";

constexpr const char* audit_states = R"sql(
ALTER TABLE audit ADD COLUMN state_before TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN state_after TEXT NOT NULL DEFAULT '';
)sql";

// Each signed request that has changed something, for as long as its signature is good.
constexpr const char* signed_requests = R"sql(
CREATE TABLE signed_requests (
    mark TEXT PRIMARY KEY, request_id TEXT NOT NULL, ends INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX signed_requests_ends ON signed_requests(ends);
)sql";

// An overlap that has ended by now stays so.
constexpr const char* scheduled_revocations = R"sql(
ALTER TABLE revoked_certificates ADD COLUMN scheduled INTEGER NOT NULL DEFAULT 0;
UPDATE revoked_certificates SET scheduled = 1
    WHERE instr(id, '/') > 0 AND revoked_at > CAST(strftime('%s', 'now') AS INTEGER);
)sql";

}  // namespace

const std::array<const char*, 17> migrations{
    first_tables,         server_options, identities,        sites,
    certificates,         key_roles,      many_certificates, log_moved_out,
    bearer_tokens,        diagnoses,      assignments,       recovery,
    audit_chain,          access_rules,   audit_states,      signed_requests,
    scheduled_revocations};

void migrate(Database& database, std::span<const char* const> steps) {
    database.survive(Durability::power_loss);
    Statement in = database.prepare("PRAGMA user_version");
    in.step();
    const auto present = static_cast<std::size_t>(in.number());
    in.step();
    if (present > steps.size())
        throw StoreError(
            fmt::format("the file has version {}, this program knows {}", present, steps.size()));
    for (std::size_t step = present; step < steps.size(); ++step) {
        Transaction transaction(database);
        database.run(steps[step]);
        database.run(fmt::format("PRAGMA user_version = {}", step + 1));
        transaction.commit();
    }
}

}  // namespace kanmon::adapters
