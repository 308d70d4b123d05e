// The vendor's SDK, unmodified, against Kanmon: creates a VPC, a gateway, an SSL server and a
// certificate, reads them back, and maps refusals to its own errors. Over plain HTTP with the
// header signature, over HTTPS, and with the older parameter signature.
//
// Usage: node creates_and_reads_back.js PATH-OF-kanmon-control
'use strict';
const assert = require('node:assert/strict');
const { ControlProcess } = require('./control_process.js');
const { clientOf, refusal, request } = require('./sdk_client.js');

async function untilActive(client, vpnGatewayId) {
  for (let i = 0; i < 100; ++i) {
    const { body } = await client.describeVpnGateway(
      request('DescribeVpnGatewayRequest', { vpnGatewayId }));
    if (body.status === 'active') return body;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return assert.fail('the gateway did not become active');
}

async function createsAndReadsBack(client, network) {
  const { body: vpc } = await client.createVpc(request('CreateVpcRequest', {
    cidrBlock: `10.${network}.0.0/16`, vpcName: `sdk (${network})*~ 'é'`,
  }));
  assert.match(vpc.requestId, /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/);
  const { body: vpcs } = await client.describeVpcs(
    request('DescribeVpcsRequest', { vpcId: vpc.vpcId }));
  assert.equal(vpcs.totalCount, 1);
  assert.equal(vpcs.vpcs.vpc[0].vpcName, `sdk (${network})*~ 'é'`);
  assert.equal(vpcs.vpcs.vpc[0].cidrBlock, `10.${network}.0.0/16`);

  const { body: gateway } = await client.createVpnGateway(request('CreateVpnGatewayRequest', {
    vpcId: vpc.vpcId, bandwidth: 10, enableSsl: true, sslConnections: 5, name: `gate-${network}`,
  }));
  assert.match(gateway.vpnGatewayId, /^vpn-/);
  const shown = await untilActive(client, gateway.vpnGatewayId);
  assert.equal(shown.spec, '10');
  assert.equal(shown.sslVpn, 'enable');
  assert.equal(shown.sslMaxConnections, 5);
  assert.equal(shown.internetIp, '203.0.113.1');
  assert.equal(shown.name, `gate-${network}`);
  assert.ok(Math.abs(shown.createTime - Date.now()) < 60000);

  const server = await makeServer(client, gateway.vpnGatewayId, network);
  await untilActive(client, gateway.vpnGatewayId);
  await makeCertificate(client, server);
  await removeAll(client, vpc.vpcId, gateway.vpnGatewayId, server);
}

async function makeServer(client, vpnGatewayId, network) {
  const { body: made } = await client.createSslVpnServer(request('CreateSslVpnServerRequest', {
    vpnGatewayId, clientIpPool: `192.168.${network}.0/24`, localSubnet: `10.${network}.0.0/16`,
    proto: 'UDP', port: 1194, cipher: 'AES-256-CBC', compress: false, name: 'sdk-server',
    clientToken: `sdk-${network}`,
  }));
  assert.match(made.sslVpnServerId, /^vss-/);
  const { body: list } = await client.describeSslVpnServers(
    request('DescribeSslVpnServersRequest', { vpnGatewayId, pageNumber: 1, pageSize: 10 }));
  assert.equal(list.totalCount, 1);
  const server = list.sslVpnServers.sslVpnServer[0];
  assert.equal(server.sslVpnServerId, made.sslVpnServerId);
  assert.equal(server.clientIpPool, `192.168.${network}.0/24`);
  assert.equal(server.localSubnet, `10.${network}.0.0/16`);
  assert.equal(server.proto, 'UDP');
  assert.strictEqual(server.port, 1194);
  assert.equal(server.cipher, 'AES-256-CBC');
  assert.strictEqual(server.compress, false);
  assert.strictEqual(server.connections, 0);
  assert.strictEqual(server.maxConnections, 5);
  assert.equal(server.internetIp, '203.0.113.1');
  const { body: changed } = await client.modifySslVpnServer(request('ModifySslVpnServerRequest', {
    sslVpnServerId: made.sslVpnServerId, name: 'renamed',
  }));
  assert.equal(changed.name, 'renamed');
  assert.equal(changed.cipher, 'AES-256-CBC');
  return made.sslVpnServerId;
}

async function makeCertificate(client, sslVpnServerId) {
  const { body: made } = await client.createSslVpnClientCert(
    request('CreateSslVpnClientCertRequest', { sslVpnServerId, name: 'sdk-laptop' }));
  const id = made.sslVpnClientCertId;
  assert.match(id, /^vsc-/);
  const { body: one } = await client.describeSslVpnClientCert(
    request('DescribeSslVpnClientCertRequest', { sslVpnClientCertId: id }));
  assert.equal(one.name, 'sdk-laptop');
  assert.equal(one.status, 'normal');
  assert.equal(one.sslVpnServerId, sslVpnServerId);
  assert.match(one.caCert, /^-----BEGIN CERTIFICATE-----/);
  assert.match(one.clientCert, /^-----BEGIN CERTIFICATE-----/);
  assert.match(one.clientKey, /^-----BEGIN (EC |RSA )?PRIVATE KEY-----/);
  assert.match(one.clientConfig, /^remote 203\.0\.113\.1 1194$/m);
  assert.match(one.clientConfig, new RegExp(`^cert ${id}\\.crt$`, 'm'));
  assert.equal(one.endTime - one.createTime, 1095 * 86400 * 1000);
  const { body: list } = await client.describeSslVpnClientCerts(
    request('DescribeSslVpnClientCertsRequest', { sslVpnServerId }));
  assert.deepEqual(list.sslVpnClientCertKeys.sslVpnClientCertKey.map(
    (row) => row.sslVpnClientCertId), [id]);

  await readsTheLog(client, sslVpnServerId, id);
  await client.deleteSslVpnClientCert(
    request('DeleteSslVpnClientCertRequest', { sslVpnClientCertId: id }));
  const gone = await refusal(client.describeSslVpnClientCert(
    request('DescribeSslVpnClientCertRequest', { sslVpnClientCertId: id })));
  assert.equal(gone.statusCode, 404);
  assert.equal(gone.code, 'InvalidInstanceId.NotFound');
}

async function readsTheLog(client, vpnSslServerId, sslVpnClientCertId) {
  const to = Math.floor(Date.now() / 1000);
  for (const time of [{ minutePeriod: 10 }, { from: to - 60, to }, { from: to - 60, minutePeriod: 1 },
    { to, minutePeriod: 1 }]) {
    const { body } = await client.describeVpnSslServerLogs(request('DescribeVpnSslServerLogsRequest', {
      vpnSslServerId, sslVpnClientCertId, pageNumber: 1, pageSize: 50, ...time }));
    assert.deepEqual(body.data.logs, []);
    assert.strictEqual(body.count, 0);
    assert.strictEqual(body.isCompleted, true);
    assert.strictEqual(body.pageSize, 50);
  }
  for (const time of [{}, { from: to }, { to }]) {
    const refused = await refusal(client.describeVpnSslServerLogs(
      request('DescribeVpnSslServerLogsRequest', { vpnSslServerId, ...time })));
    assert.equal(refused.code, 'MissingMinutePeriod');
  }
}

async function removeAll(client, vpcId, vpnGatewayId, sslVpnServerId) {
  const { body: clients } = await client.describeSslVpnClients(
    request('DescribeSslVpnClientsRequest', { vpnGatewayId }));
  assert.deepEqual(clients.clientInfoList, []);
  await client.deleteSslVpnServer(request('DeleteSslVpnServerRequest', { sslVpnServerId }));
  await untilActive(client, vpnGatewayId);
  await client.deleteVpnGateway(request('DeleteVpnGatewayRequest', { vpnGatewayId }));
  const gone = await refusal(client.describeVpnGateway(
    request('DescribeVpnGatewayRequest', { vpnGatewayId })));
  assert.equal(gone.code, 'InvalidVpnGatewayInstanceId.NotFound');
  await client.deleteVpc(request('DeleteVpcRequest', { vpcId }));
}

async function mapsRefusals(control, options) {
  const client = clientOf(control, options);
  const wrong = await refusal(client.createSslVpnServer(request('CreateSslVpnServerRequest', {
    vpnGatewayId: 'vpn-none', clientIpPool: '192.168.0.0/24', localSubnet: '10.0.0.0/8',
  })));
  assert.equal(wrong.code, 'InvalidVpnGatewayInstanceId.NotFound');
  assert.equal(wrong.statusCode, 404);
  assert.match(wrong.message, /vpn-none/);
  assert.match(String(wrong.data.RequestId), /^[0-9A-F-]{36}$/);
  const page = await refusal(client.describeVpcs(
    request('DescribeVpcsRequest', { pageSize: 51 })));
  assert.equal(page.code, 'InvalidParameter');
  assert.equal(page.statusCode, 400);
  const absent = await refusal(client.describeEipAddresses(
    request('DescribeEipAddressesRequest')));
  assert.equal(absent.code, 'InvalidAction.NotFound');
  const stranger = await refusal(clientOf(control, { ...options, accessKeySecret: 'other' })
    .describeVpcs(request('DescribeVpcsRequest')));
  assert.equal(stranger.code, 'SignatureDoesNotMatch');
  const unknown = await refusal(clientOf(control, { ...options, accessKeyId: 'nobody' })
    .describeVpcs(request('DescribeVpcsRequest')));
  assert.equal(unknown.code, 'InvalidAccessKeyId.NotFound');
  assert.equal(unknown.statusCode, 404);
}

async function main() {
  const control = await ControlProcess.start(process.argv[2]);
  try {
    const http = { endpoint: `127.0.0.1:${control.httpPort}`, protocol: 'HTTP' };
    const https = {
      endpoint: `127.0.0.1:${control.httpsPort}`, protocol: 'HTTPS', ca: control.certificate(),
    };
    const ways = { http, https, parameters: { ...http, signatureAlgorithm: 'v2' } };
    let network = 10;
    for (const [name, options] of Object.entries(ways)) {
      await createsAndReadsBack(clientOf(control, options), network++);
      await mapsRefusals(control, options);
      console.log(`${name}: created, read back, changed, removed; refusals mapped`);
    }
    const untrusted = await refusal(clientOf(control, { ...https, ca: undefined })
      .describeVpcs(request('DescribeVpcsRequest')));
    assert.match(untrusted.message, /certificate/);
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
