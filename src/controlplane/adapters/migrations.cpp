#include "controlplane/adapters/migrations.h"

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

}  // namespace

const std::array<const char*, 3> migrations{first_tables, server_options, identities};

}  // namespace kanmon::adapters
