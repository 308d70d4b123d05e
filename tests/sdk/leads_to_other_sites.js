// The vendor's SDK, unmodified: customer gateways, IPsec connections with one tunnel and with two
// (whose settings go into the body), routes, vSwitches, tags, regions and zones. What was given is
// read back through the SDK's own models.
//
// Usage: node leads_to_other_sites.js PATH-OF-kanmon-control
'use strict';
const assert = require('node:assert/strict');
const { ControlProcess } = require('./control_process.js');
const { clientOf, models, refusal, regionId, request } = require('./sdk_client.js');

async function makeNetwork(client, network) {
  const { body: vpc } = await client.createVpc(request('CreateVpcRequest', {
    cidrBlock: `10.${network}.0.0/16`,
  }));
  const { vpcId } = vpc;
  const { body: zones } = await client.describeZones(request('DescribeZonesRequest'));
  const zoneId = zones.zones.zone[0].zoneId;
  const { body: part } = await client.createVSwitch(request('CreateVSwitchRequest', {
    vpcId, zoneId, cidrBlock: `10.${network}.7.0/24`, vSwitchName: 'hall',
  }));
  const { vSwitchId } = part;
  const { body: parts } = await client.describeVSwitches(
    request('DescribeVSwitchesRequest', { vpcId }));
  assert.equal(parts.totalCount, 1);
  assert.equal(parts.vSwitches.vSwitch[0].zoneId, zoneId);
  assert.strictEqual(parts.vSwitches.vSwitch[0].availableIpAddressCount, 252);
  const { body: one } = await client.describeVSwitchAttributes(
    request('DescribeVSwitchAttributesRequest', { vSwitchId }));
  assert.equal(one.vSwitchName, 'hall');
  const { body: whole } = await client.describeVpcAttribute(
    request('DescribeVpcAttributeRequest', { vpcId }));
  assert.deepEqual(whole.vSwitchIds.vSwitchId, [vSwitchId]);
  const { body: regions } = await client.describeRegions(new models.DescribeRegionsRequest({}));
  assert.ok(regions.regions.region.some((region) => region.regionId === regionId));
  const { body: available } = await client.describeVpnGatewayAvailableZones(
    request('DescribeVpnGatewayAvailableZonesRequest', { spec: '5M' }));
  assert.equal(available.availableZoneIdList[0].zoneId, zoneId);
  return { vpcId, vSwitchId };
}

async function makeSite(client, ipAddress) {
  const { body: made } = await client.createCustomerGateway(
    request('CreateCustomerGatewayRequest', {
      ipAddress, name: 'site', description: 'far', asn: '65530', authKey: 'key',
      tags: [{ key: 'team', value: 'net' }], clientToken: `site-${ipAddress}`,
    }));
  const { customerGatewayId } = made;
  const { body: one } = await client.describeCustomerGateway(
    request('DescribeCustomerGatewayRequest', { customerGatewayId }));
  assert.equal(one.ipAddress, ipAddress);
  assert.strictEqual(one.asn, 65530);
  assert.equal(one.authKey, 'key');
  assert.equal(one.tags.tag[0].value, 'net');
  const { body: list } = await client.describeCustomerGateways(
    request('DescribeCustomerGatewaysRequest', {
      customerGatewayId, tag: [{ key: 'team', value: 'net' }], pageNumber: 1, pageSize: 10,
    }));
  assert.equal(list.totalCount, 1);
  const { body: changed } = await client.modifyCustomerGatewayAttribute(
    request('ModifyCustomerGatewayAttributeRequest', { customerGatewayId, name: 'renamed' }));
  assert.equal(changed.name, 'renamed');
  return customerGatewayId;
}

async function makeConnection(client, vpnGatewayId, customerGatewayId) {
  const { body: made } = await client.createVpnConnection(request('CreateVpnConnectionRequest', {
    vpnGatewayId, customerGatewayId, localSubnet: '10.0.0.0/8', remoteSubnet: '192.168.0.0/16',
    name: 'one', effectImmediately: true, enableDpd: false,
    ikeConfig: JSON.stringify({ Psk: 'secret', IkeVersion: 'ikev2', IkeLifetime: 3600 }),
    ipsecConfig: JSON.stringify({ IpsecEncAlg: 'aes256' }),
    healthCheckConfig: JSON.stringify({ enable: 'false' }),
    bgpConfig: JSON.stringify({ EnableBgp: 'false' }),
  }));
  const { vpnConnectionId } = made;
  const { body: one } = await client.describeVpnConnection(
    request('DescribeVpnConnectionRequest', { vpnConnectionId }));
  assert.equal(one.status, 'ike_sa_not_established');
  assert.equal(one.state, 'active');
  assert.equal(one.ikeConfig.psk, 'secret');
  assert.strictEqual(one.ikeConfig.ikeLifetime, 3600);
  assert.equal(one.ipsecConfig.ipsecEncAlg, 'aes256');
  assert.strictEqual(one.enableDpd, false);
  assert.strictEqual(one.effectImmediately, true);
  const { body: changed } = await client.modifyVpnConnectionAttribute(
    request('ModifyVpnConnectionAttributeRequest', { vpnConnectionId, name: 'renamed' }));
  assert.equal(changed.name, 'renamed');
  assert.equal(changed.remoteSubnet, '192.168.0.0/16');
  const { body: config } = await client.downloadVpnConnectionConfig(
    request('DownloadVpnConnectionConfigRequest', { vpnConnectionId }));
  assert.equal(config.vpnConnectionConfig.ikeConfig.psk, 'secret');
  const { body: logs } = await client.describeVpnConnectionLogs(
    request('DescribeVpnConnectionLogsRequest', { vpnConnectionId, minutePeriod: 10 }));
  assert.deepEqual(logs.data.logs, []);
  return vpnConnectionId;
}

async function makeTunnels(client, vpnGatewayId, sites) {
  const { body: made } = await client.createVpnConnection(request('CreateVpnConnectionRequest', {
    vpnGatewayId, localSubnet: '0.0.0.0/0', remoteSubnet: '0.0.0.0/0', enableTunnelsBgp: true,
    tags: [{ key: 'k', value: '' }],
    tunnelOptionsSpecification: sites.map((customerGatewayId, place) => ({
      customerGatewayId, role: place === 0 ? 'master' : 'slave', enableDpd: true,
      enableNatTraversal: true,
      tunnelBgpConfig: {
        localAsn: 65000, tunnelCidr: `169.254.1${place}.0/30`, localBgpIp: `169.254.1${place}.1`,
      },
      tunnelIkeConfig: { psk: `psk-${place}`, ikeVersion: 'ikev2', ikeLifetime: 3600 },
      tunnelIpsecConfig: { ipsecPfs: 'disabled' },
    })),
  }));
  const { vpnConnectionId } = made;
  const { body: list } = await client.describeVpnConnections(
    request('DescribeVpnConnectionsRequest', { vpnGatewayId, tag: [{ key: 'k' }] }));
  assert.equal(list.totalCount, 1);
  const row = list.vpnConnections.vpnConnection[0];
  assert.equal(row.tag.tag[0].key, 'k');
  const tunnels = row.tunnelOptionsSpecification.tunnelOptions;
  assert.deepEqual(tunnels.map((tunnel) => tunnel.role), ['master', 'slave']);
  assert.equal(tunnels[1].tunnelIkeConfig.psk, 'psk-1');
  assert.strictEqual(tunnels[1].tunnelIkeConfig.ikeLifetime, '3600');
  assert.strictEqual(tunnels[1].enableDpd, 'true');
  assert.equal(tunnels[1].tunnelBgpConfig.peerBgpIp, '169.254.11.2');
  const { body: changed } = await client.modifyTunnelAttribute(
    request('ModifyTunnelAttributeRequest', {
      vpnConnectionId, tunnelId: tunnels[1].tunnelId,
      tunnelOptionsSpecification: { enableDpd: false, tunnelIkeConfig: { ikePfs: 'group14' } },
    }));
  assert.strictEqual(changed.enableDpd, false);
  assert.equal(changed.tunnelIkeConfig.ikePfs, 'group14');
  assert.equal(changed.tunnelIkeConfig.psk, 'psk-1');
  return vpnConnectionId;
}

async function routes(client, vpnGatewayId, nextHop) {
  const name = { vpnGatewayId, nextHop, routeDest: '172.20.0.0/16' };
  const { body: made } = await client.createVpnRouteEntry(request('CreateVpnRouteEntryRequest', {
    ...name, weight: 100, publishVpc: true, overlayMode: 'Ipsec', description: 'd',
  }));
  assert.equal(made.vpnInstanceId, vpnGatewayId);
  assert.equal(made.state, 'published');
  await client.modifyVpnRouteEntryWeight(
    request('ModifyVpnRouteEntryWeightRequest', { ...name, weight: 100, newWeight: 0 }));
  await client.publishVpnRouteEntry(
    request('PublishVpnRouteEntryRequest', { ...name, publishVpc: false, routeType: 'dbr' }));
  const { body: list } = await client.describeVpnRouteEntries(
    request('DescribeVpnRouteEntriesRequest', { vpnGatewayId, pageNumber: 1, pageSize: 20 }));
  const row = list.vpnRouteEntries.vpnRouteEntry[0];
  assert.strictEqual(row.weight, 0);
  assert.equal(row.state, 'normal');
  assert.equal(list.vpnRouteCounts.vpnRouteCount[0].routeCount, 1);
  await client.deleteVpnRouteEntry(
    request('DeleteVpnRouteEntryRequest', { ...name, weight: 0, overlayMode: 'Ipsec' }));

  const policy = { ...name, routeSource: '10.0.0.0/8' };
  const { body: first } = await client.createVpnPbrRouteEntry(
    request('CreateVpnPbrRouteEntryRequest', { ...policy, weight: 100, publishVpc: false }));
  assert.strictEqual(first.priority, 10);
  await client.modifyVpnPbrRouteEntryPriority(request('ModifyVpnPbrRouteEntryPriorityRequest', {
    ...policy, weight: 100, priority: 10, newPriority: 20,
  }));
  await client.modifyVpnPbrRouteEntryWeight(
    request('ModifyVpnPbrRouteEntryWeightRequest', { ...policy, weight: 100, newWeight: 0 }));
  await client.modifyVpnPbrRouteEntryAttribute(request('ModifyVpnPbrRouteEntryAttributeRequest', {
    ...policy, weight: 0, priority: 20, newPriority: 30, newWeight: 100,
  }));
  const { body: policies } = await client.describeVpnPbrRouteEntries(
    request('DescribeVpnPbrRouteEntriesRequest', { vpnGatewayId }));
  assert.strictEqual(policies.vpnPbrRouteEntries.vpnPbrRouteEntry[0].priority, 30);
  await client.deleteVpnPbrRouteEntry(
    request('DeleteVpnPbrRouteEntryRequest', { ...policy, weight: 100 }));
}

async function tags(client, vpnGatewayId) {
  const resourceType = 'VPNGATEWAY';
  const resourceId = [vpnGatewayId];
  await client.tagResources(request('TagResourcesRequest', {
    resourceType, resourceId, tag: [{ key: 'a', value: '1' }, { key: 'b', value: '' }],
  }));
  const { body: list } = await client.listTagResources(
    request('ListTagResourcesRequest', { resourceType, resourceId, maxResults: 1 }));
  assert.equal(list.tagResources.tagResource[0].tagKey, 'a');
  const { body: rest } = await client.listTagResources(request('ListTagResourcesRequest', {
    resourceType, resourceId, nextToken: list.nextToken,
  }));
  assert.deepEqual(rest.tagResources.tagResource.map((row) => row.tagKey), ['b']);
  await client.moveVpnResourceGroup(request('MoveVpnResourceGroupRequest', {
    resourceType: 'VpnGateway', instanceId: vpnGatewayId, newResourceGroupId: 'rg-office',
  }));
  const { body: found } = await client.describeVpnGateways(request('DescribeVpnGatewaysRequest', {
    resourceGroupId: 'rg-office', tag: [{ key: 'a', value: '1' }],
  }));
  assert.equal(found.totalCount, 1);
  await client.unTagResources(
    request('UnTagResourcesRequest', { resourceType, resourceId, all: true }));
}

async function mapsRefusals(client, vpnGatewayId, customerGatewayId) {
  const wrong = await refusal(client.createVpnConnection(request('CreateVpnConnectionRequest', {
    vpnGatewayId, customerGatewayId, localSubnet: '10.0.0.0/8', remoteSubnet: '10.1.0.0/16',
  })));
  assert.equal(wrong.code, 'IllegalParam.RemoteSubnet');
  assert.match(wrong.message, /10\.1\.0\.0\/16 overlaps the local network 10\.0\.0\.0\/8/);
  const inUse = await refusal(client.deleteCustomerGateway(
    request('DeleteCustomerGatewayRequest', { customerGatewayId })));
  assert.equal(inUse.code, 'DependencyViolation');
  const absent = await refusal(client.describeVpnConnection(
    request('DescribeVpnConnectionRequest', { vpnConnectionId: 'vco-none' })));
  assert.equal(absent.code, 'InvalidVpnConnectionInstanceId.NotFound');
  assert.equal(absent.statusCode, 404);
  const enhanced = await refusal(client.createEnhancedVpnGateway(
    request('CreateEnhancedVpnGatewayRequest', {
      gatewayType: 'Enhanced.SiteToSite', vpcId: 'v', vSwitchId: 'a', disasterRecoveryVSwitchId: 'b',
    })));
  assert.equal(enhanced.code, 'UnsupportedOperation');
}

async function leadsToOtherSites(client, network) {
  const { vpcId, vSwitchId } = await makeNetwork(client, network);
  const { body: gateway } = await client.createVpnGateway(request('CreateVpnGatewayRequest', {
    vpcId, vSwitchId, bandwidth: 10, enableIpsec: true, instanceChargeType: 'POSTPAY',
  }));
  const { vpnGatewayId } = gateway;
  const sites = [await makeSite(client, `198.51.100.${network}`),
    await makeSite(client, `198.51.101.${network}`)];
  const connection = await makeConnection(client, vpnGatewayId, sites[0]);
  const tunnels = await makeTunnels(client, vpnGatewayId, sites);
  await routes(client, vpnGatewayId, tunnels);
  await tags(client, vpnGatewayId);
  await mapsRefusals(client, vpnGatewayId, sites[0]);
  for (const vpnConnectionId of [connection, tunnels])
    await client.deleteVpnConnection(request('DeleteVpnConnectionRequest', { vpnConnectionId }));
  for (const customerGatewayId of sites)
    await client.deleteCustomerGateway(
      request('DeleteCustomerGatewayRequest', { customerGatewayId }));
  await client.deleteVpnGateway(request('DeleteVpnGatewayRequest', { vpnGatewayId }));
  await client.deleteVSwitch(request('DeleteVSwitchRequest', { vSwitchId }));
  await client.deleteVpc(request('DeleteVpcRequest', { vpcId }));
}

async function main() {
  const control = await ControlProcess.start(process.argv[2]);
  try {
    const http = { endpoint: `127.0.0.1:${control.httpPort}`, protocol: 'HTTP' };
    await leadsToOtherSites(clientOf(control, http), 10);
    console.log('http: sites, connections, routes, vSwitches and tags made, read back, removed');
    await leadsToOtherSites(clientOf(control, { ...http, signatureAlgorithm: 'v2' }), 11);
    console.log('parameters: the same with the older signature');
  } catch (error) {
    console.error(control.log().split('\n').slice(-20).join('\n'));
    throw error;
  } finally {
    await control.stop();
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
