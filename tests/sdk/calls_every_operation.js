// The vendor's SDK, unmodified, calls every operation that it and Kanmon know, with every parameter
// that its models have, walks every list page by page, and is refused with the codes that it and
// its users know. Each answer is held against the SDK's own models (expected_shapes.js).
//
// Usage: node calls_every_operation.js PATH-OF-kanmon-control
'use strict';
const assert = require('node:assert/strict');
const { claimedActions } = require('./claims.js');
const { requestFields } = require('./expected_shapes.js');
const { withRecorder } = require('./recorder.js');
const { Scenario, pages } = require('./scenario.js');
const { clientOf, regionId } = require('./sdk_client.js');

/// The account parameters of old, which every operation has and nobody needs.
const LEGACY = ['OwnerAccount', 'OwnerId', 'ResourceOwnerAccount', 'ResourceOwnerId'];

const VPC_ROWS = ['DescribeVpcAttribute', 'DescribeVpcs.Vpcs.Vpc[]'];
const GATEWAY_ROWS = ['DescribeVpnGateway', 'DescribeVpnGateways.VpnGateways.VpnGateway[]',
  'ModifyVpnGatewayAttribute'];
const SERVER_ROWS = ['ModifySslVpnServer', 'DescribeSslVpnServers.SslVpnServers.SslVpnServer[]'];
const BGP_ROWS = ['DescribeVpnConnection.VpnBgpConfig', 'ModifyVpnConnectionAttribute.VpnBgpConfig',
  'DescribeVpnConnections.VpnConnections.VpnConnection[].VpnBgpConfig'];

const ENTRY_ROWS = ['DescribeRouteEntryList.RouteEntrys.RouteEntry[]'];

/// Fields of the models that an answer may be without, and why.
const ABSENT = new Set(Object.entries({
  // Given where something was reserved; nothing is ordered here, so nothing is.
  ReservationData: GATEWAY_ROWS,
  // The end of what was paid in advance.
  EndTime: GATEWAY_ROWS,
  // Of gateways with two public addresses.
  DisasterRecoveryInternetIp: GATEWAY_ROWS,
  // Where an application is named, as in the original.
  IDaaSInstanceVersion: SERVER_ROWS,
  // The customer gateway has it and shows it.
  AuthKey: BGP_ROWS,
  // Other products of the cloud, attached to a VPC.
  DhcpOptionsSetId: VPC_ROWS,
  DhcpOptionsSetStatus: VPC_ROWS,
  DnsHostnameStatus: VPC_ROWS,
  CenStatus: VPC_ROWS,
  // Entries that lead to a transit router.
  Origin: ENTRY_ROWS,
  ServiceType: ENTRY_ROWS,
  NextHopRegionId: ENTRY_ROWS.map((place) => `${place}.NextHops.NextHop[]`),
  NextHopRelatedInfo: ENTRY_ROWS.map((place) => `${place}.NextHops.NextHop[]`),
}).flatMap(([name, places]) => places.map((place) => `${place}.${name}`)));

const TAGS = [{ Key: 'team', Value: 'net' }, { Key: 'empty', Value: '' }];

async function untilActive(scenario, id) {
  for (let i = 0; i < 100; ++i) {
    const body = await scenario.call('DescribeVpnGateway', { VpnGatewayId: id });
    if (body.Status === 'active') return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail('the gateway did not become active');
}

async function places(scenario) {
  const made = await scenario.call('CreateVpc', {
    CidrBlock: '10.0.0.0/8', VpcName: 'office', Description: 'd', Tag: TAGS, ClientToken: 'vpc-1',
    EnableIpv6: false, EnableDnsHostname: false, Ipv6Isp: 'BGP', UserCidr: '', ResourceGroupId: '',
    Ipv4CidrMask: 8, Ipv6CidrMask: 56,
  });
  const vpc = made.VpcId;
  for (const refused of [{ EnableIpv6: true }, { Ipv6CidrBlock: '2001:db8::/56' },
    { Ipv6IpamPoolId: 'ipam-1' }, { Ipv4IpamPoolId: 'ipam-1' }])
    await scenario.refused('CreateVpc', refused, 'UnsupportedOperation');
  await scenario.refused('CreateVpc', { CidrBlock: '10.0.0.0/8', DryRun: true }, 'IllegalParam.Namespace');
  await scenario.call('ModifyVpcAttribute', {
    VpcId: vpc, VpcName: 'renamed', Description: 'new', CidrBlock: '10.0.0.0/9', EnableIPv6: false,
    EnableDnsHostname: false, Ipv6Isp: 'BGP', Ipv6CidrBlock: '',
  });
  const mine = (await scenario.call('DescribeVpcAttribute', { VpcId: vpc, IsDefault: false }));
  assert.equal(mine.CidrBlock, '10.0.0.0/9');
  assert.equal(mine.VpcName, 'renamed');
  await scenario.refused('DescribeVpcAttribute', { VpcId: vpc, DryRun: true }, 'DryRunOperation');
  await pages(scenario, 'DescribeVpcs', {
    VpcId: vpc, VpcName: 'renamed', Tag: [TAGS[0]], VpcOwnerId: mine.OwnerId, IsDefault: false,
    EnableIpv6: false, ResourceGroupId: '', DhcpOptionsSetId: '', DryRun: false,
  }, 1);
  const zones = await scenario.call('DescribeZones',
    { AcceptLanguage: 'en-US', ZoneType: 'AvailabilityZone' });
  const parts = [];
  for (const [place, zone] of zones.Zones.Zone.entries())
    parts.push((await scenario.call('CreateVSwitch', {
      VpcId: vpc, ZoneId: zone.ZoneId, CidrBlock: `10.${place}.0.0/16`, VSwitchName: 'hall',
      Description: 'd', Tag: TAGS, ClientToken: `part-${place}`, CidrMask: 16, Ipv6CidrMask: 64,
    })).VSwitchId);
  await scenario.refused('CreateVSwitch', {
    VpcId: vpc, ZoneId: zones.Zones.Zone[0].ZoneId, CidrBlock: '10.3.0.0/16', Ipv6CidrBlock: 1,
  }, 'UnsupportedOperation');
  await scenario.refused('CreateVSwitch', {
    VpcId: vpc, ZoneId: zones.Zones.Zone[0].ZoneId, CidrBlock: '10.3.0.0/16',
    VpcIpv6CidrBlock: '2001:db8::/56',
  }, 'UnsupportedOperation');
  await scenario.call('ModifyVSwitchAttribute', {
    VSwitchId: parts[0], VSwitchName: 'hall', Description: 'new', EnableIPv6: false,
  });
  for (const refused of [{ Ipv6CidrBlock: 1 }, { VpcIpv6CidrBlock: '2001:db8::/56' },
    { EnableIPv6: true, Ipv6CidrMask: 64 }])
    await scenario.refused('ModifyVSwitchAttribute', { VSwitchId: parts[0], ...refused },
      'UnsupportedOperation');
  await scenario.call('DescribeVSwitchAttributes', { VSwitchId: parts[0] });
  await scenario.refused('DescribeVSwitchAttributes', { VSwitchId: parts[0], DryRun: true },
    'DryRunOperation');
  await pages(scenario, 'DescribeVSwitches', {
    VSwitchId: parts.join(','), VpcId: vpc, VSwitchName: 'hall', Tag: [TAGS[1]], ZoneId: '',
    RouteTableId: made.RouteTableId, VSwitchOwnerId: mine.OwnerId, IsDefault: false,
    EnableIpv6: false, ResourceGroupId: '', DryRun: false,
  }, 2);
  const regions = await scenario.call('DescribeRegions',
    { AcceptLanguage: 'en-US', ProductType: 'VpcEndpoint' });
  assert.ok(regions.Regions.Region.some((row) => row.RegionId === regionId));
  await scenario.call('DescribeVpnGatewayAvailableZones',
    { Spec: '5M', GatewayType: 'Traditional', AcceptLanguage: 'en-US' });
  await scenario.call('CheckVpnBgpEnabled', { ClientToken: 'read' });
  return { vpc, parts, table: made.RouteTableId, router: made.VRouterId };
}

async function gateway(scenario, { vpc, parts }) {
  const wanted = {
    VpcId: vpc, VSwitchId: parts[0], DisasterRecoveryVSwitchId: parts[1], Bandwidth: 10,
    EnableIpsec: true, EnableSsl: true, SslConnections: 5, NetworkType: 'public',
    VpnType: 'Normal', InstanceChargeType: 'POSTPAY', Period: 1, AutoPay: false, Name: 'gate',
    ResourceGroupId: 'rg-1', ClientToken: 'gate-1',
  };
  const made = await scenario.call('CreateVpnGateway', wanted);
  const id = made.VpnGatewayId;
  assert.equal(made.Name, 'gate');
  assert.equal((await scenario.call('CreateVpnGateway', wanted)).VpnGatewayId, id);
  await scenario.refused('CreateVpnGateway', { ...wanted, Bandwidth: 20 },
    'IdempotentParameterMismatch');
  await scenario.refused('CreateVpnGateway', { ...wanted, InstanceChargeType: 'PREPAY' },
    'UnsupportedOperation');
  await scenario.refused('CreateVpnGateway', { ...wanted, ClientToken: 'é' }, 'InvalidParameter');
  await untilActive(scenario, id);
  const one = await scenario.call('DescribeVpnGateway',
    { VpnGatewayId: id, IncludeReservationData: true });
  assert.equal(one.Spec, '10');
  assert.equal(one.SslVpn, 'enable');
  const changed = await scenario.call('ModifyVpnGatewayAttribute', {
    VpnGatewayId: id, Name: 'renamed', Description: 'd', AutoPropagate: true, ClientToken: 'gate-2',
  });
  assert.equal(changed.Spec, '10M');
  await untilActive(scenario, id);
  const type = { ResourceType: 'VpnGateWay' };
  await scenario.call('TagResources', { ...type, ResourceId: [id], Tag: TAGS });
  await scenario.call('MoveVpnResourceGroup',
    { ...type, InstanceId: id, NewResourceGroupId: 'rg-2' });
  await pages(scenario, 'DescribeVpnGateways', {
    VpnGatewayId: id, VpcId: vpc, Status: 'active', BusinessStatus: 'Normal',
    GatewayType: 'Traditional', ResourceGroupId: 'rg-2', Tag: TAGS, IncludeReservationData: false,
  }, 1);
  const first = await scenario.call('ListTagResources',
    { ...type, ResourceId: [id], Tag: [{ Key: 'team' }], MaxResults: 1 });
  assert.equal(first.TagResources.TagResource.length, 1);
  const rest = await scenario.call('ListTagResources',
    { ...type, ResourceId: [id], NextToken: first.NextToken });
  assert.equal(rest.TagResources.TagResource.length, 1);
  assert.equal(rest.NextToken, '');
  for (const MaxResults of [0, 51])
    await scenario.refused('ListTagResources', { ...type, MaxResults }, 'InvalidParameter');
  await scenario.call('UnTagResources', { ...type, ResourceId: [id], TagKey: ['team'] });
  await scenario.call('UnTagResources', { ...type, ResourceId: [id], All: true });
  return id;
}

async function sslServer(scenario, vpnGateway) {
  const wanted = {
    VpnGatewayId: vpnGateway, ClientIpPool: '192.168.0.0/24', LocalSubnet: '10.0.0.0/9',
    Proto: 'TCP', Port: 1194, Cipher: 'AES-256-CBC', Compress: false, DnsServers: '10.0.0.53',
    Name: 'server', EnableMultiFactorAuth: false, IDaaSInstanceId: '', IDaaSRegionId: '',
    IDaaSApplicationId: '', ClientToken: 'server-1',
  };
  await scenario.refused('CreateSslVpnServer', { ...wanted, DryRun: true }, 'DryRunOperation');
  const { SslVpnServerId } = await scenario.call('CreateSslVpnServer', { ...wanted, DryRun: false });
  const second = await scenario.call('CreateSslVpnServer', {
    ...wanted, ClientIpPool: '192.168.1.0/24', Port: 1195, ClientToken: 'server-2',
  });
  await pages(scenario, 'DescribeSslVpnServers',
    { VpnGatewayId: vpnGateway, Name: 'server', ResourceGroupId: 'rg-2', SslVpnServerId: '' }, 2);
  const one = await scenario.call('DescribeSslVpnServers', { SslVpnServerId });
  const row = one.SslVpnServers.SslVpnServer[0];
  for (const name of ['ClientIpPool', 'LocalSubnet', 'Proto', 'Port', 'Cipher', 'DnsServers'])
    assert.strictEqual(row[name], wanted[name], name);
  const none = await scenario.call('DescribeSslVpnServers', { SslVpnServerId: 'vss-none' });
  assert.deepEqual(none.SslVpnServers.SslVpnServer, []);
  const changed = await scenario.call('ModifySslVpnServer', {
    SslVpnServerId, ClientIpPool: '192.168.2.0/24', LocalSubnet: '10.0.0.0/9,172.16.0.0/16',
    Proto: 'UDP', Port: 1196, Cipher: 'AES-192-CBC', Compress: true, DnsServers: '', Name: 'new',
    EnableMultiFactorAuth: false, IDaaSInstanceId: '', IDaaSRegionId: '', IDaaSApplicationId: '',
    ClientToken: 'server-3', DryRun: false,
  });
  assert.equal(changed.LocalSubnet, '10.0.0.0/9,172.16.0.0/16');
  await scenario.call('DeleteSslVpnServer',
    { SslVpnServerId: second.SslVpnServerId, ClientToken: 'server-4' });
  return SslVpnServerId;
}

async function certificates(scenario, vpnGateway, SslVpnServerId) {
  const ids = [];
  for (const Name of ['laptop', 'phone', 'laptop'])
    ids.push((await scenario.call('CreateSslVpnClientCert',
      { SslVpnServerId, Name, ClientToken: `cert-${ids.length}` })).SslVpnClientCertId);
  const one = await scenario.call('DescribeSslVpnClientCert', { SslVpnClientCertId: ids[0] });
  assert.equal(one.EndTime - one.CreateTime, 1095 * 86400 * 1000);
  assert.equal(one.Status, 'normal');
  await pages(scenario, 'DescribeSslVpnClientCerts',
    { SslVpnServerId, Name: 'laptop', ResourceGroupId: 'rg-2', SslVpnClientCertId: '' }, 2);
  const named = await scenario.call('ModifySslVpnClientCert',
    { SslVpnClientCertId: ids[1], Name: 'tablet', ClientToken: 'cert-name' });
  assert.equal(named.Name, 'tablet');
  await scenario.refused('ModifySslVpnClientCert', { SslVpnClientCertId: ids[1], Name: '' },
    'MissingName');
  await pages(scenario, 'DescribeSslVpnClients', { VpnGatewayId: vpnGateway }, 0);
  const now = Math.floor(Date.now() / 1000);
  const logs = { VpnSslServerId: SslVpnServerId, PageNumber: 1, PageSize: 50 };
  for (const span of [{ From: now - 60, To: now }, { From: now - 60, MinutePeriod: 1 },
    { To: now, MinutePeriod: 10 }, { MinutePeriod: 10, SslVpnClientCertId: ids[0] }]) {
    const found = await scenario.call('DescribeVpnSslServerLogs', { ...logs, ...span });
    assert.deepEqual(found.Data.Logs, []);
    assert.equal(found.Count, 0);
  }
  await scenario.refused('DescribeVpnSslServerLogs', logs, 'MissingMinutePeriod');
  await scenario.refused('DescribeVpnSslServerLogs', { ...logs, MinutePeriod: 1, PageSize: 51 },
    'InvalidParameter');
  for (const id of ids)
    await scenario.call('DeleteSslVpnClientCert',
      { SslVpnClientCertId: id, ClientToken: `gone-${id}` });
  await scenario.refused('DescribeSslVpnClientCert', { SslVpnClientCertId: ids[0] },
    'InvalidInstanceId.NotFound', 404);
  await scenario.refused('DeleteSslVpnClientCert', { SslVpnClientCertId: ids[0] },
    'InvalidSslVpnClientCertId.NotFound', 404);
}

async function sites(scenario) {
  const ids = [];
  for (const IpAddress of ['198.51.100.1', '198.51.100.2'])
    ids.push((await scenario.call('CreateCustomerGateway', {
      IpAddress, Name: 'site', Description: 'd', Asn: '65530', AuthKey: 'key', Tags: TAGS,
      ResourceGroupId: 'rg-1', ClientToken: `site-${IpAddress}`,
    })).CustomerGatewayId);
  await pages(scenario, 'DescribeCustomerGateways',
    { CustomerGatewayId: '', ResourceGroupId: 'rg-1', Tag: TAGS }, 2);
  const one = await scenario.call('DescribeCustomerGateways', { CustomerGatewayId: ids[0] });
  assert.equal(one.TotalCount, 1);
  await scenario.call('DescribeCustomerGateway', { CustomerGatewayId: ids[0] });
  const changed = await scenario.call('ModifyCustomerGatewayAttribute', {
    CustomerGatewayId: ids[0], Name: 'renamed', Description: 'new', AuthKey: 'other',
    ClientToken: 'site-name',
  });
  assert.equal(changed.IpAddress, '198.51.100.1');
  return ids;
}

const json = (value) => JSON.stringify(value);
const bgpOf = (place) => (
  { LocalAsn: 65000, TunnelCidr: `169.254.1${place}.0/30`, LocalBgpIp: `169.254.1${place}.1` });

/// Everything that one tunnel has, in the fields of the connection.
const single = (customerGateway) => ({
  CustomerGatewayId: customerGateway, LocalSubnet: '10.0.0.0/16,10.1.0.0/16',
  RemoteSubnet: '172.20.0.0/16', Name: 'one', EffectImmediately: true, AutoConfigRoute: false,
  EnableDpd: false, EnableNatTraversal: false,
  IkeConfig: json({
    Psk: 'secret', IkeVersion: 'ikev2', IkeMode: 'main', IkeEncAlg: 'aes256', IkeAuthAlg: 'sha256',
    IkePfs: 'group14', IkeLifetime: 3600, LocalId: 'here', RemoteId: 'there',
  }),
  IpsecConfig: json({
    IpsecEncAlg: 'aes256', IpsecAuthAlg: 'sha256', IpsecPfs: 'disabled', IpsecLifetime: 3600,
  }),
  HealthCheckConfig: json({
    enable: 'true', dip: '172.20.0.1', sip: '10.0.0.1', interval: 5, retry: 2,
    Policy: 'reserve_route',
  }),
  BgpConfig: json({ EnableBgp: 'true', ...bgpOf(0) }),
});

const tunnel = (CustomerGatewayId, place) => ({
  CustomerGatewayId, Role: place === 1 ? 'master' : 'slave', EnableDpd: true,
  EnableNatTraversal: true, TunnelBgpConfig: bgpOf(place),
  TunnelIkeConfig: {
    IkeAuthAlg: 'sha1', IkeEncAlg: 'aes', IkeLifetime: 3600, IkeMode: 'main', IkePfs: 'group2',
    IkeVersion: 'ikev1', LocalId: 'a', RemoteId: 'b', Psk: `psk-${place}`,
  },
  TunnelIpsecConfig: {
    IpsecAuthAlg: 'sha1', IpsecEncAlg: 'aes', IpsecLifetime: 3600, IpsecPfs: 'group2',
  },
});

async function connections(scenario, VpnGatewayId, sitesThere) {
  const wanted = { VpnGatewayId, ...single(sitesThere[0]), Tags: TAGS, ClientToken: 'vco-1' };
  await scenario.refused('CreateVpnConnection', { ...wanted, DryRun: true }, 'DryRunOperation');
  await scenario.refused('CreateVpnConnection', { ...wanted, RemoteCaCertificate: 'PEM' },
    'UnsupportedOperation');
  const one = (await scenario.call('CreateVpnConnection', { ...wanted, DryRun: false }))
    .VpnConnectionId;
  const two = (await scenario.call('CreateVpnConnection', {
    VpnGatewayId, LocalSubnet: '0.0.0.0/0', RemoteSubnet: '0.0.0.0/0', EnableTunnelsBgp: true,
    TunnelOptionsSpecification: [tunnel(sitesThere[0], 1), tunnel(sitesThere[1], 2)], Tags: TAGS,
  })).VpnConnectionId;
  await pages(scenario, 'DescribeVpnConnections', {
    VpnConnectionId: '', VpnGatewayId, CustomerGatewayId: sitesThere[0], ResourceGroupId: 'rg-2',
    Tag: TAGS,
  }, 2);
  const found = await scenario.call('DescribeVpnConnections', { VpnConnectionId: one });
  assert.equal(found.TotalCount, 1);
  await scenario.call('DescribeVpnConnection', { VpnConnectionId: one });
  const shown = await scenario.call('DescribeVpnConnection', { VpnConnectionId: two });
  const tunnels = shown.TunnelOptionsSpecification.TunnelOptions.map((row) => row.TunnelId);
  const { CustomerGatewayId, ...settings } = single(sitesThere[0]);
  await scenario.call('ModifyVpnConnectionAttribute',
    { VpnConnectionId: one, ...settings, Name: 'renamed', ClientToken: 'vco-2' });
  await scenario.refused('ModifyVpnConnectionAttribute',
    { VpnConnectionId: one, RemoteCaCertificate: 'PEM' }, 'UnsupportedOperation');
  await scenario.call('ModifyVpnConnectionAttribute', {
    VpnConnectionId: two, EnableTunnelsBgp: true, ClientToken: 'vco-3',
    TunnelOptionsSpecification: tunnels.map((TunnelId, i) => (
      { ...tunnel(sitesThere[i], i + 1), TunnelId })),
  });
  const { Role, ...rest } = tunnel(sitesThere[1], 2);
  await scenario.call('ModifyTunnelAttribute', {
    VpnConnectionId: two, TunnelId: tunnels[1], TunnelOptionsSpecification: rest,
    ClientToken: 'tun-1',
  });
  await scenario.call('DownloadVpnConnectionConfig', { VpnConnectionId: one });
  await scenario.call('DownloadVpnConnectionConfig', { VpnConnectionId: two });
  const now = Math.floor(Date.now() / 1000);
  const logs = await scenario.call('DescribeVpnConnectionLogs', {
    VpnConnectionId: two, TunnelId: tunnels[0], From: now - 60, To: now, MinutePeriod: 10,
    PageNumber: 1, PageSize: 50,
  });
  assert.equal(logs.Count, 0);
  return { one, two, tunnels };
}

async function diagnoses(scenario, VpnGatewayId, { one, tunnels }) {
  const { DiagnoseId } = await scenario.call('DiagnoseVpnGateway', {
    VpnGatewayId, ResourceType: 'IPsec', ResourceId: one, ClientToken: 'look',
    IPsecExtendInfo: json({ PrivateSourceIp: '10.0.0.8', PrivateDestinationIp: '172.20.0.8' }),
  });
  const found = await scenario.call('GetVpnGatewayDiagnoseResult',
    { VpnGatewayId, DiagnoseId, ClientToken: 'read' });
  assert.deepEqual(found.DiagnoseResult.map((item) => item.DiagnoseName), [
    'RouteEntryConflict', 'VpnRouteQuota', 'VpnIPsecQuota', 'VpnPbrRouteQuota',
    'VcoConfigConsistency', 'VcoUserInternetIpConnectivity', 'VcoPrivateConnectivity']);
  assert.equal(found.FinishedCount, found.TotalCount);
  for (const item of found.DiagnoseResult) {
    assert.ok(['normal', 'warning', 'error'].includes(item.DiagnoseResultLevel));
    assert.equal(typeof JSON.parse(item.DiagnoseResultDescription), 'object');
  }
  await pages(scenario, 'DiagnoseVpnConnections',
    { VpnGatewayId, VpnConnectionIds: [one], TunnelIds: tunnels }, 3);
}

async function routes(scenario, VpnGatewayId, NextHop) {
  const name = { VpnGatewayId, NextHop, RouteDest: '172.21.0.0/16', OverlayMode: 'Ipsec' };
  const rest = { Weight: 100, PublishVpc: true, Description: 'd' };
  await scenario.refused('CreateVpnRouteEntry', { ...name, ...rest, DryRun: true },
    'DryRunOperation');
  const made = await scenario.call('CreateVpnRouteEntry',
    { ...name, ...rest, DryRun: false, ClientToken: 'r-1' });
  assert.equal(made.State, 'published');
  await scenario.call('ModifyVpnRouteEntryWeight',
    { ...name, Weight: 100, NewWeight: 0, ClientToken: 'r-2' });
  const { OverlayMode, ...plain } = name;
  await scenario.call('PublishVpnRouteEntry',
    { ...plain, PublishVpc: false, RouteType: 'dbr', ClientToken: 'r-3' });
  await pages(scenario, 'DescribeVpnRouteEntries', { VpnGatewayId, RouteEntryType: 'custom' }, 1);
  await pages(scenario, 'DescribeVpnRouteEntries', { VpnGatewayId, RouteEntryType: 'bgp' }, 0);
  await scenario.call('DeleteVpnRouteEntry', { ...name, Weight: 0, ClientToken: 'r-4' });
  await scenario.refused('DeleteVpnRouteEntry', { ...name, Weight: 0 },
    'InvalidRouteEntry.NotFound', 404);

  const policy = { ...name, RouteSource: '10.0.0.0/16' };
  await scenario.refused('CreateVpnPbrRouteEntry', { ...policy, ...rest, DryRun: true },
    'DryRunOperation');
  const first = await scenario.call('CreateVpnPbrRouteEntry',
    { ...policy, ...rest, Priority: 10, DryRun: false, ClientToken: 'p-1' });
  assert.equal(first.Priority, 10);
  const { OverlayMode: mode, ...bare } = policy;
  await scenario.call('ModifyVpnPbrRouteEntryPriority',
    { ...bare, Weight: 100, Priority: 10, NewPriority: 20, ClientToken: 'p-2' });
  await scenario.call('ModifyVpnPbrRouteEntryWeight',
    { ...policy, Weight: 100, Priority: 20, NewWeight: 0, ClientToken: 'p-3' });
  await scenario.call('ModifyVpnPbrRouteEntryAttribute', {
    ...bare, Weight: 0, Priority: 20, NewPriority: 30, NewWeight: 100, ClientToken: 'p-4',
  });
  await pages(scenario, 'DescribeVpnPbrRouteEntries', { VpnGatewayId }, 1);
  await scenario.call('DeleteVpnPbrRouteEntry',
    { ...policy, Weight: 100, Priority: 30, ClientToken: 'p-5' });
}

async function routeTables(scenario, { vpc, table, router, parts }, vpnGateway) {
  await pages(scenario, 'DescribeRouteTableList', {
    RouteTableId: table, RouterId: router, VpcId: vpc, RouteTableType: 'System',
    RouterType: 'VRouter', RouteTableName: '', ResourceGroupId: '',
  }, 1);
  const none = await scenario.call('DescribeRouteTableList', { Tag: TAGS });
  assert.equal(none.TotalCount, 0);
  const all = await scenario.call('DescribeRouteEntryList', {
    RouteTableId: table, RouteEntryId: '', RouteEntryName: '', ServiceType: '', MaxResult: 2,
  });
  assert.equal(all.TotalCount, parts.length + 1);
  const last = await scenario.call('DescribeRouteEntryList',
    { RouteTableId: table, MaxResult: 2, NextToken: all.NextToken });
  assert.equal(last.RouteEntrys.RouteEntry.length, 1);
  assert.equal(last.NextToken, '');
  const pool = await scenario.call('DescribeRouteEntryList', {
    RouteTableId: table, RouteEntryType: 'Custom', NextHopType: 'VpnGateway', NextHopId: vpnGateway,
    IpVersion: 'ipv4', DestinationCidrBlock: '192.168.2.0/24',
    DestCidrBlockList: ['192.168.2.0/24'],
  });
  assert.equal(pool.TotalCount, 1);
  for (const MaxResult of [0, 101])
    await scenario.refused('DescribeRouteEntryList', { RouteTableId: table, MaxResult },
      'IllegalParam.MaxResult');
}

async function removeAll(scenario, made) {
  await scenario.refused('DeleteVpnGateway', { VpnGatewayId: made.gateway }, 'DependencyViolation');
  for (const VpnConnectionId of [made.connections.one, made.connections.two])
    await scenario.call('DeleteVpnConnection', { VpnConnectionId, ClientToken: VpnConnectionId });
  await scenario.refused('DescribeVpnConnection', { VpnConnectionId: made.connections.one },
    'InvalidVpnConnectionInstanceId.NotFound', 404);
  for (const CustomerGatewayId of made.sites)
    await scenario.call('DeleteCustomerGateway',
      { CustomerGatewayId, ClientToken: CustomerGatewayId });
  await scenario.call('DeleteSslVpnServer', { SslVpnServerId: made.server });
  await scenario.call('DeleteVpnGateway', { VpnGatewayId: made.gateway, ClientToken: 'gone' });
  await scenario.call('DeleteVpnGateway', { VpnGatewayId: made.gateway, ClientToken: 'gone' });
  await scenario.refused('DescribeVpnGateway', { VpnGatewayId: made.gateway },
    'InvalidVpnGatewayInstanceId.NotFound', 404);
  for (const VSwitchId of made.places.parts) {
    await scenario.refused('DeleteVSwitch', { VSwitchId, DryRun: true }, 'DryRunOperation');
    await scenario.call('DeleteVSwitch', { VSwitchId });
  }
  const VpcId = made.places.vpc;
  await scenario.refused('DeleteVpc', { VpcId, DryRun: true }, 'DryRunOperation');
  await scenario.call('DeleteVpc', { VpcId, ForceDelete: false, ClientToken: 'vpc-gone' });
}

/// Something of each parameter's type, which nobody reads before the refusal.
function anything(shape) {
  if (shape === 'string') return 'x';
  if (shape === 'number') return 1;
  if (shape === 'boolean') return false;
  if (shape.list) return [anything(shape.list)];
  return Object.fromEntries(
    Object.entries(shape.fields).map(([name, inner]) => [name, anything(inner)]));
}

async function whatHasNoMeaning(scenario) {
  for (const { action, isRefused } of claimedActions()) {
    if (!isRefused) continue;
    const fields = Object.fromEntries(Object.entries(requestFields(action))
      .filter(([name]) => ![...LEGACY, 'RegionId', 'ClientToken', 'DryRun'].includes(name))
      .map(([name, shape]) => [name, anything(shape)]));
    const error = await scenario.refused(action, fields, 'UnsupportedOperation');
    assert.ok(error.message.length > 80, `${action} does not say why`);
  }
}

/// Every action that the SDK knows and we claim was called, with every parameter of its model.
function everythingWasCalled(scenario) {
  const left = [];
  for (const { action, isRefused } of claimedActions()) {
    const sent = scenario.sent.get(action);
    if (!sent) left.push(action);
    if (!sent || isRefused) continue;
    const missing = Object.keys(requestFields(action))
      .filter((name) => !LEGACY.includes(name) && !sent.has(name));
    if (missing.length > 0) left.push(`${action} without ${missing.join(', ')}`);
  }
  assert.deepEqual(left, []);
  return scenario.sent.size;
}

async function scenarioWith(control, recorder, way, options) {
  const scenario = new Scenario(
    clientOf(control, { endpoint: `127.0.0.1:${recorder.port}`, protocol: 'HTTP', ...options }),
    recorder, way, ABSENT);
  const made = { places: await places(scenario) };
  made.gateway = await gateway(scenario, made.places);
  made.server = await sslServer(scenario, made.gateway);
  await certificates(scenario, made.gateway, made.server);
  made.sites = await sites(scenario);
  made.connections = await connections(scenario, made.gateway, made.sites);
  await diagnoses(scenario, made.gateway, made.connections);
  await routes(scenario, made.gateway, made.connections.two);
  await routeTables(scenario, made.places, made.gateway);
  await whatHasNoMeaning(scenario);
  await removeAll(scenario, made);
  return everythingWasCalled(scenario);
}

withRecorder(async (control, recorder) => {
  const ways = { header: {}, parameters: { signatureAlgorithm: 'v2' } };
  for (const [way, options] of Object.entries(ways)) {
    const calls = recorder.exchanges.length;
    const actions = await scenarioWith(control, recorder, way, options);
    console.log(`signature in the ${way}: ${actions} operations in ` +
                `${recorder.exchanges.length - calls} calls`);
  }
});
