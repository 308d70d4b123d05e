-- A store as the first release left it: its tables, and rows of those that later ones widen.
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

INSERT INTO accounts VALUES ('1000000000000001', 'contract', 'owner', 5);
INSERT INTO vpcs VALUES ('vpc-1', '1000000000000001', 'r', 'n', 'd', '10.0.0.0/8', 'office', 7);
INSERT INTO vpn_gateways VALUES ('vpn-1', '1000000000000001', 'r', 'vpc-1', 'n', 'd', '203.0.113.1', 20, 50, 1, 0, 'public', 9, 3, 4);
INSERT INTO ssl_servers VALUES ('vss-1', '1000000000000001', 'vpn-1', 'n', '192.168.0.0/24', '10.0.0.0/8', 'TCP', 23, 'AES-192-CBC', 1, '10.0.0.53', 'subnet', 77, 11, 'ca', x'01', 'cert', x'02', 'abc');
INSERT INTO client_certificates VALUES ('vsc-1', '1000000000000001', 'vss-1', 'n', 1, 2, '1f', 'pem', x'03');
INSERT INTO client_certificates VALUES ('vsc-2', '1000000000000001', 'vss-1', 'n', 1, 2, '2f', 'pem', x'03');
INSERT INTO leases VALUES ('vss-1', 3232235526, 'vsc-1', 7, 0, 'boot');
PRAGMA user_version = 1;
