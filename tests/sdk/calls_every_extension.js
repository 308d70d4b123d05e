// The vendor's SDK, unmodified, calls what it has no models for: every action that is Kanmon's own,
// and every parameter that Kanmon adds to the original's actions. Which there are says
// docs/openapi.json, which is made of the table of actions.
//
// Usage: node calls_every_extension.js PATH-OF-kanmon-control
'use strict';
const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { execFileSync } = require('node:child_process');
const { withRecorder } = require('./recorder.js');
const { callAction, clientOf, models, refusal, regionId } = require('./sdk_client.js');

/// Parameters of every action, called by the scenario of the original's operations.
const EVERYWHERE = ['ClientToken', 'DryRun', 'RegionId'];
/// Other spellings, and what is refused: IPv6 of VPCs has no meaning here yet.
const ELSEWHERE =
  /^(EnableI[Pp]v6|Ipv[46]IpamPoolId|VpcIpv6CidrBlock|DhcpOptionsSetId|ServiceType)$/;
/// Of the JSON API alone.
const NOT_SIGNED = ['login', 'logout'];

/// What their answers show is kept nowhere, so that a repeated call can only say so.
const SHOWN_ONCE =
  ['CreateBearerToken', 'CreateSslVpnClientCertLink', 'CreateIDaaSUserRecoveryCodes'];

class Extensions {
  constructor(control, recorder) {
    this.client = clientOf(control, { endpoint: `127.0.0.1:${recorder.port}`, protocol: 'HTTP' });
    this.recorder = recorder;
    this.token = 0;
  }

  async call(action, fields = {}) {
    const body = await callAction(this.client, action, { RegionId: regionId, ...fields });
    assert.match(body.RequestId, /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/, action);
    assert.ok(!('Code' in body), action);
    return body;
  }

  /// As a change that is made once whatever happens to its answer, and tried without effect before.
  async change(action, fields) {
    const tried = await refusal(
      callAction(this.client, action, { RegionId: regionId, ...fields, DryRun: true }));
    assert.equal(tried.code, 'DryRunOperation', `${action}: ${tried.message}`);
    const once = { ...fields, ClientToken: `extension-${++this.token}` };
    const made = await this.call(action, once);
    if (SHOWN_ONCE.includes(action)) {
      await this.refused(action, once, 'IllegalParam.ClientToken');
      return made;
    }
    const again = await this.call(action, once);
    const lasting = (body) => ({ ...body, RequestId: '', Status: '' });  // it settles meanwhile
    assert.deepEqual(lasting(again), lasting(made), action);
    return made;
  }

  async refused(action, fields, code) {
    const error = await refusal(callAction(this.client, action, { RegionId: regionId, ...fields }));
    assert.equal(error.code, code, `${action}: ${error.message}`);
  }
}

const numbered = (name, values) =>
  Object.fromEntries(values.map((value, index) => [`${name}.${index + 1}`, value]));
const page = { PageNumber: 1, PageSize: 10 };

async function accounts(api) {
  await api.change('CreateAccount', { Name: 'second' });
  const all = await api.call('DescribeAccounts', page);
  assert.deepEqual(all.Accounts.Account.map((row) => row.Name).includes('second'), true);
  const key = await api.change('CreateAccessKey', { Role: 'viewer', KeyName: 'dashboard' });
  const { AccessKeyId: UserAccessKeyId } = key;
  const off = await api.change('UpdateAccessKey', { UserAccessKeyId, Status: 'Inactive' });
  assert.equal(off.Status, 'Inactive');
  await api.change('DeleteAccessKey', { UserAccessKeyId });
  const keys = await api.call('DescribeAccessKeys');
  assert.ok(!keys.AccessKeys.AccessKey.some((row) => row.AccessKeyId === UserAccessKeyId));
  const token = await api.change('CreateBearerToken',
    { TokenName: 'console', Role: 'viewer', LifetimeSeconds: 3600 });
  const { TotalCount } = await api.call('DescribeBearerTokens', page);
  assert.equal(TotalCount, 1);
  await api.change('DeleteBearerToken', { TokenId: token.TokenId });
  const now = Math.floor(Date.now() / 1000);
  const audit = await api.call('DescribeAuditRecords', {
    ...page, From: now - 600, To: now + 60, ActionName: 'DeleteAccessKey',
    ResourceId: UserAccessKeyId, UserAccessKeyId: '' });
  assert.equal(audit.TotalCount, 1);
  assert.equal(audit.AuditRecords.AuditRecord[0].ActionName, 'DeleteAccessKey');
}

async function directory(api) {
  const { IDaaSInstanceId } = await api.change('CreateIDaaSInstance', { Name: 'people' });
  const users = [];
  for (const UserName of ['anna', 'bert'])
    users.push((await api.change('CreateIDaaSUser',
      { IDaaSInstanceId, UserName, Password: 'correct horse battery' })).UserId);
  const { GroupId } = await api.change('CreateIDaaSGroup', { IDaaSInstanceId, Name: 'staff' });
  await api.change('AddUsersToIDaaSGroup', { GroupId, ...numbered('UserId', users) });
  const members = await api.call('DescribeIDaaSGroupUsers', { GroupId, ...page });
  assert.deepEqual(members.Users.User.map((row) => row.UserName), ['anna', 'bert']);
  await api.change('RemoveUsersFromIDaaSGroup', { GroupId, 'UserId.1': users[1] });
  const { IDaaSApplicationId } =
    await api.change('CreateIDaaSApplication', { IDaaSInstanceId, Name: 'vpn' });
  const whom = { IDaaSApplicationId, 'UserId.1': users[1], 'GroupId.1': GroupId };
  await api.change('AuthorizeIDaaSApplication', whom);
  const assigned =
    await api.call('DescribeIDaaSApplicationAssignments', { IDaaSApplicationId, ...page });
  assert.equal(assigned.TotalCount, 2);
  const enrolled = await api.change('EnrolIDaaSUserTotp', { UserId: users[0] });
  assert.match(enrolled.OtpauthUri, /^otpauth:\/\/totp\//);
  const codes = await api.change('CreateIDaaSUserRecoveryCodes', { UserId: users[0] });
  assert.equal(codes.RecoveryCodes.length, 10);
  await api.change('ModifyIDaaSUser',
    { UserId: users[0], Password: 'another horse battery', Enabled: true });
  await api.change('UnlockIDaaSUser', { UserId: users[0] });
  const listed = await api.call('DescribeIDaaSUsers', { IDaaSInstanceId, ...page });
  assert.equal(listed.Users.User[0].TotpEnrolled, true);
  for (const [action, fields] of [
    ['DescribeIDaaSInstances', { IDaaSInstanceId }],
    ['DescribeIDaaSGroups', { IDaaSInstanceId, GroupId }],
    ['DescribeIDaaSApplications', { IDaaSInstanceId, IDaaSApplicationId }]])
    assert.equal((await api.call(action, { ...fields, ...page })).TotalCount, 1, action);
  return { IDaaSInstanceId, IDaaSApplicationId, GroupId, users, whom };
}

async function removeDirectory(api, people) {
  await api.change('RevokeIDaaSApplication', people.whom);
  await api.change('DeleteIDaaSApplication', { IDaaSApplicationId: people.IDaaSApplicationId });
  await api.change('DeleteIDaaSGroup', { GroupId: people.GroupId });
  await api.change('DeleteIDaaSUser', { UserId: people.users[1] });
  await api.change('DeleteIDaaSInstance', { IDaaSInstanceId: people.IDaaSInstanceId });
}

async function untilActive(api, VpnGatewayId) {
  for (let i = 0; i < 100; ++i) {
    if ((await api.call('DescribeVpnGateway', { VpnGatewayId })).Status === 'active') return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail('the gateway did not become active');
}

async function gateway(api) {
  const { VpcId } = await api.change('CreateVpc', { CidrBlock: '10.0.0.0/8', Namespace: 'office' });
  const { VpnGatewayId } = await api.change('CreateVpnGateway',
    { VpcId, Bandwidth: 10, EnableSsl: true, SslConnections: 5 });
  await untilActive(api, VpnGatewayId);
  await api.change('ModifyVpnGatewayAttribute', { VpnGatewayId, Bandwidth: 20, SslConnections: 10,
    EnableSsl: true, EnableIpsec: true });
  await untilActive(api, VpnGatewayId);
  const shown = await api.call('DescribeVpnGateway', { VpnGatewayId });
  assert.deepEqual([shown.Spec, shown.SslMaxConnections, shown.IpsecVpn], ['20', 10, 'enable']);
  const list = { VpcId, RouteTableName: '', ResourceGroupId: '', RouterType: '' };
  const tables = await api.call('DescribeRouteTableList', { ...list, RouteEntryName: '' });
  const { RouteTableId } = tables.RouterTableList.RouterTableListType[0];
  await api.call('DescribeRouteEntryList', { ...list, RouteTableId, 'Tag.1.Key': '' })
    .catch((error) => assert.equal(error.code, 'InvalidParameter', error.message));
  return { VpcId, VpnGatewayId };
}

async function connection(api, VpnGatewayId) {
  const sites = [];
  for (const IpAddress of ['198.51.100.1', '198.51.100.2'])
    sites.push((await api.change('CreateCustomerGateway', { IpAddress })).CustomerGatewayId);
  const { VpnConnectionId } = await api.change('CreateVpnConnection', {
    VpnGatewayId, CustomerGatewayId: sites[0], LocalSubnet: '10.0.0.0/16',
    RemoteSubnet: '172.20.0.0/16', AutoConfigRoute: false });
  const moved = await api.change('ModifyVpnConnectionAttribute',
    { VpnConnectionId, CustomerGatewayId: sites[1] });
  assert.equal(moved.CustomerGatewayId, sites[1]);
}

/// What of the settings can be told apart in the answers; logins come with the directory.
const SETTINGS = {
  Topology: 'subnet', HoldSeconds: 60, ExtraListeners: 'udp:1195,tcp:1194', Ipv6Listen: true,
  PortShare: true, Clients: '2.4', Wrapping: 'tls-crypt', KeyDirection: true, Digest: 'SHA256',
  AllowUnencrypted: false, ClientIpv6Pool: 'fd00:1::/112', LocalSubnet6: 'fd00:2::/64',
  DnsServers6: 'fd00:2::53', FullTunnel: true, BlockLan: true, DnsSearchDomains: 'a.example',
  DnsSplitDomains: 'b.example', SameCertificate: 'replace', SourceNat: true, TunMtu: 1400,
  OuterMtu: 1380, ClientBandwidth: 20, InactiveSeconds: 600, RenegotiateSeconds: 1800, KeepalivePing: 5,
  KeepaliveRestart: 30, AccessDefault: 'deny', AccessFromVpc: 'deny', LoginCertificate: true,
  LoginPassword: false, LoginCode: false, LoginWeb: false, TokenSeconds: 0,
};

function settingsAre(row, wanted) {
  for (const [name, value] of Object.entries(wanted))
    assert.equal(String(row[name]), String(value), name);
}

async function serverWithEverySetting(api, VpnGatewayId) {
  const { SslVpnServerId } = await api.change('CreateSslVpnServer', {
    VpnGatewayId, ClientIpPool: '192.168.0.0/24', LocalSubnet: '10.0.0.0/8', ...SETTINGS });
  await untilActive(api, VpnGatewayId);
  const one = await api.call('DescribeSslVpnServers', { SslVpnServerId });
  settingsAre(one.SslVpnServers.SslVpnServer[0], SETTINGS);
  return SslVpnServerId;
}

/// Other values, and users beside certificates from now on.
async function changeEverySetting(api, VpnGatewayId, SslVpnServerId, people) {
  const other = {
    ...SETTINGS, HoldSeconds: 300, ExtraListeners: '', PortShare: false, Wrapping: 'tls-auth',
    FullTunnel: false, BlockLan: false, SourceNat: false, ClientBandwidth: 0, AccessDefault: 'allow',
    AccessFromVpc: 'allow',
    LoginPassword: true, LoginCode: true, TokenSeconds: 3600 };
  const changed = await api.change('ModifySslVpnServer', {
    SslVpnServerId, ...other, IDaaSInstanceId: people.IDaaSInstanceId });
  settingsAre(changed, other);
  await untilActive(api, VpnGatewayId);
}

async function certificates(api, SslVpnServerId) {
  const { SslVpnClientCertId } = await api.change('CreateSslVpnClientCert',
    { SslVpnServerId, Name: 'laptop', StaticAddress: '192.168.0.9' });
  const moved = await api.change('ModifySslVpnClientCert',
    { SslVpnClientCertId, Name: 'laptop', StaticAddress: '' });
  assert.equal(moved.StaticAddress ?? '', '');
  const stale = await api.call('DescribeSslVpnClientCerts',
    { SslVpnServerId, BundleState: 'unknown' });
  assert.equal(stale.TotalCount, 1);
  for (const [Format, more] of Object.entries(
    { zip: {}, ovpn: {}, p12: { Password: 'a password of ours' }, 'p12-zip': {} })) {
    const bundle =
      await api.call('GetSslVpnClientCertBundle', { SslVpnClientCertId, Format, ...more });
    assert.ok(JSON.stringify(bundle).length > 1000, Format);
  }
  await api.refused('GetSslVpnServerProfile', { SslVpnServerId }, 'IllegalParam.SslVpnServerId');
  await api.change('RenewSslVpnClientCert', { SslVpnClientCertId, OverlapSeconds: 60 });
  const link = await api.call('CreateSslVpnClientCertLink',
    { SslVpnClientCertId, Format: 'p12', Password: 'a password of ours' });
  assert.match(link.Path, /^\//);
  await api.change('DeleteSslVpnClientCertLink', { LinkId: link.LinkId });
  return SslVpnClientCertId;
}

async function accessRules(api, SslVpnServerId, SslVpnClientCertId, people) {
  const rule = {
    Priority: 10, Policy: 'accept', 'UserId.1': people.users[0], 'GroupId.1': people.GroupId,
    'SslVpnClientCertId.1': SslVpnClientCertId, Protocol: 'tcp', Description: 'the wiki',
    ...numbered('DestinationCidr', ['10.1.0.0/16', 'fd00:2::/64']),
    ...numbered('PortRange', ['443', '8000-8100']) };
  const { AccessRuleId } = await api.change('CreateSslVpnAccessRule', { SslVpnServerId, ...rule });
  await api.change('ModifySslVpnAccessRule',
    { ...rule, AccessRuleId, Priority: 20, Policy: 'drop' });
  const everybody = await api.change('ModifySslVpnAccessRule',
    { AccessRuleId, Everybody: true, Protocol: 'any' });
  assert.equal(everybody.Everybody, true);
  for (const action of ['CreateSslVpnAccessRule', 'ModifySslVpnAccessRule'])
    await api.refused(action, {
      SslVpnServerId, AccessRuleId, Policy: 'accept', 'CommonName.1': 'somebody',
      'DestinationCidr.1': '10.0.0.0/8' }, 'IllegalParam.CommonName');
  const second = await api.change('CreateSslVpnAccessRule', {
    SslVpnServerId, Policy: 'accept', Everybody: true, 'DestinationCidr.1': '0.0.0.0/0' });
  const rules = await api.call('DescribeSslVpnAccessRules', { SslVpnServerId, ...page });
  assert.deepEqual(rules.AccessRules.AccessRule.map((row) => [row.AccessRuleId, row.Policy]),
    [[AccessRuleId, 'drop'], [second.AccessRuleId, 'accept']]);
  await api.change('DeleteSslVpnAccessRule', { AccessRuleId });
  const left = await api.call('DescribeSslVpnAccessRules',
    { SslVpnServerId, AccessRuleId: second.AccessRuleId });
  assert.equal(left.TotalCount, 1);
}

async function clients(api, SslVpnServerId, CommonName) {
  await api.change('DisconnectSslVpnClient', { SslVpnServerId, CommonName, BlockMinutes: 5 });
  const blocked = await api.call('DescribeSslVpnBlockedClients', { SslVpnServerId, ...page });
  assert.deepEqual(blocked.BlockedClients.BlockedClient.map((row) => row.CommonName), [CommonName]);
  await api.change('UnblockSslVpnClient', { SslVpnServerId, CommonName });
  await api.change('ReleaseSslVpnClientSlot', { SslVpnServerId, PrivateIp: '192.168.0.9' });
  await api.refused('DescribeSslVpnClientFlows',
    { SslVpnServerId, PrivateIp: '192.168.0.9', ...page }, 'InvalidSslVpnClient.NotFound');
  await api.refused('ReleaseSslVpnClientSlot', { SslVpnServerId, PrivateIp: '192.168.9.9' },
    'IllegalParam.PrivateIp');
}

async function records(api, SslVpnServerId, SslVpnClientCertId, VpnGatewayId) {
  const findings = await api.call('DescribeSslVpnFindings',
    { VpnGatewayId, SslVpnServerId, CommonName: SslVpnClientCertId, ...page });
  assert.deepEqual(findings.Findings.Finding, []);
  const now = Math.floor(Date.now() / 1000);
  const filters = { UserName: 'anna', ClientAddress: '192.0.2.0/24', Outcome: 'refused',
    Cause: 'certificate_revoked' };
  const found = await api.call('DescribeSslVpnServerRecords', {
    SslVpnServerId, SslVpnClientCertId, ...filters, From: now - 60, To: now, Cursor: 0,
    Newest: true, MaxResults: 10 });
  assert.deepEqual(found.Records.Record, []);
  await api.call('DescribeSslVpnServerRecords', { SslVpnServerId, MinutePeriod: 10 });
  const logs = await api.call('DescribeVpnSslServerLogs',
    { VpnSslServerId: SslVpnServerId, MinutePeriod: 10, ...filters });
  assert.equal(logs.Count, 0);
  await api.call('DescribeVpnMetrics',
    { ResourceId: VpnGatewayId, Client: '', Period: 60, From: now - 600, To: now });
  const machine = await api.call('DescribeVpnMachine');
  assert.ok(['present', 'lacking', 'unknown'].includes(machine.UdpSegment));
  const events = await api.call('DescribeEvents',
    { ...page, Kind: '', ResourceId: '', SslVpnServerId });
  assert.ok(Array.isArray(events.Events.Event));
}

/// Files of an authority that openssl makes, and of its list of revoked certificates.
function authority(folder, name) {
  const file = (ending) => path.join(folder, `${name}.${ending}`);
  const openssl = (...words) => execFileSync('openssl', words, { stdio: 'pipe', cwd: folder });
  openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
    '-keyout', file('key'), '-out', file('crt'), '-days', '400', '-subj', `/CN=${name}`,
    '-addext', 'keyUsage=critical,keyCertSign,cRLSign');
  fs.writeFileSync(file('txt'), '');
  fs.writeFileSync(file('number'), '01\n');
  fs.writeFileSync(file('cnf'), `[ca]\ndefault_ca=here\n[here]\ndatabase=${file('txt')}\n` +
    `crlnumber=${file('number')}\ndefault_md=sha256\ndefault_crl_days=30\n`);
  openssl('ca', '-config', file('cnf'), '-gencrl', '-keyfile', file('key'), '-cert', file('crt'),
    '-out', file('crl'));
  const text = (ending) => fs.readFileSync(file(ending), 'utf8');
  return { certificate: text('crt'), key: text('key'), list: text('crl') };
}

async function authorities(api, SslVpnServerId, SslVpnClientCertId) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kanmon-authority-'));
  try {
    const ours = authority(folder, 'ours');
    const elsewhere = authority(folder, 'elsewhere');
    assert.equal((await api.call('DescribeSslVpnServerCa', { SslVpnServerId })).CaOrigin, 'own');
    await api.change('RenewSslVpnServerCert', { SslVpnServerId });
    const imported = await api.change('ImportSslVpnServerCa',
      { SslVpnServerId, CaCertificate: ours.certificate, CaPrivateKey: ours.key });
    assert.equal(imported.CaOrigin, 'imported');
    await api.change('RemoveSslVpnServerCa', { SslVpnServerId });
    await api.call('DeleteSslVpnClientCert', { SslVpnClientCertId });
    const theirs = await api.change('ImportSslVpnServerCa',
      { SslVpnServerId, CaCertificate: elsewhere.certificate });
    assert.equal(theirs.CaOrigin, 'elsewhere');
    const profile = await api.call('GetSslVpnServerProfile', { SslVpnServerId });
    assert.match(Buffer.from(profile.Content, 'base64').toString(), /^remote 203\.0\.113\.1 1194/m);
    const listed = await api.change('UploadSslVpnServerCrl',
      { SslVpnServerId, Crl: elsewhere.list, WhenExpired: 'refuse' });
    assert.equal(listed.CrlRevoked, 0);
    await api.change('CreateSslVpnAccessRule', { SslVpnServerId, Policy: 'drop',
      'CommonName.1': 'somebody of theirs', 'DestinationCidr.1': '10.9.0.0/16' });
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/// Every action and parameter that docs/openapi.json has and the SDK's models have not.
function extensions() {
  const document =
    JSON.parse(fs.readFileSync(path.join(__dirname, '../../docs/openapi.json'), 'utf8'));
  const known = (action) => new Set(
    models[`${action}Request`] ? Object.values(models[`${action}Request`].names()) : []);
  return Object.entries(document.paths)
    .map(([route, { post }]) => [route.match(/^\/api\/v1\/(\w+)$/)?.[1], post])
    .filter(([action]) => action && !NOT_SIGNED.includes(action))
    .map(([action, post]) => {
      const schema = post.requestBody?.content['application/json'].schema;
      const added = Object.keys(schema?.properties ?? {}).filter((name) =>
        !known(action).has(name) && !EVERYWHERE.includes(name) && !ELSEWHERE.test(name));
      return { action, isOurs: !models[`${action}Request`], added };
    });
}

function everythingWasCalled(exchanges) {
  const left = [];
  let count = 0;
  for (const { action, isOurs, added } of extensions()) {
    const of = exchanges.filter((exchange) => exchange.action === action);
    if (isOurs && of.length === 0) left.push(action);
    const missing = added.filter((name) => !of.some((exchange) => exchange.names.has(name)));
    if (missing.length > 0) left.push(`${action} without ${missing.join(', ')}`);
    count += added.length;
  }
  assert.deepEqual(left, []);
  return count;
}

async function everything(api) {
  await accounts(api);
  const people = await directory(api);
  const { VpnGatewayId } = await gateway(api);
  await connection(api, VpnGatewayId);
  const server = await serverWithEverySetting(api, VpnGatewayId);
  const certificate = await certificates(api, server);
  await changeEverySetting(api, VpnGatewayId, server, people);
  await accessRules(api, server, certificate, people);
  await clients(api, server, certificate);
  await records(api, server, certificate, VpnGatewayId);
  await authorities(api, server, certificate);
  await api.call('DeleteSslVpnServer', { SslVpnServerId: server });
  await removeDirectory(api, people);
}

withRecorder(async (control, recorder) => {
  await everything(new Extensions(control, recorder));
  const count = everythingWasCalled(recorder.exchanges);
  console.log(`${count} parameters that the SDK does not know, in ` +
              `${recorder.exchanges.length} calls`);
});
