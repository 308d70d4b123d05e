// Requests of the vendor's SDK that were signed wrongly, or spoilt on their way: each is refused
// with the code and status that the SDK's users know, in both ways of signing, and changes nothing.
//
// Usage: node refuses_wrong_signatures.js PATH-OF-kanmon-control
'use strict';
const assert = require('node:assert/strict');
const { withRecorder } = require('./recorder.js');
const { callAction, clientOf, refusal, request } = require('./sdk_client.js');

const SKEW_MS = 16 * 60 * 1000;

const inQuery = (sent, from, to) => {
  assert.ok(sent.url.includes(from), `${sent.url} has no ${from}`);
  sent.url = sent.url.replace(from, to);
};

/// The SDK asks the clock with `new Date()`; for the time of one call it is told another.
async function atAnotherTime(offset, work) {
  const RealDate = Date;
  globalThis.Date = class extends RealDate {
    constructor(...given) { super(...(given.length > 0 ? given : [RealDate.now() + offset])); }
  };
  try {
    return await work();
  } finally {
    globalThis.Date = RealDate;
  }
}

class Trial {
  constructor(control, recorder, options) {
    this.control = control;
    this.recorder = recorder;
    this.options = { endpoint: `127.0.0.1:${recorder.port}`, protocol: 'HTTP', ...options };
    this.isHeader = !options.signatureAlgorithm;
  }

  client(more = {}) { return clientOf(this.control, { ...this.options, ...more }); }

  create(client = this.client()) {
    return client.createVpc(request('CreateVpcRequest', { cidrBlock: '10.0.0.0/8' }));
  }

  /// A call whose parameters are in the body: settings of tunnels.
  connect() {
    return this.client().createVpnConnection(request('CreateVpnConnectionRequest', {
      vpnGatewayId: 'vpn-none', localSubnet: '0.0.0.0/0', remoteSubnet: '0.0.0.0/0',
      tunnelOptionsSpecification: [{ customerGatewayId: 'cgw-none', role: 'master' }],
    }));
  }

  async spoilt(spoil, work, repeats = 1) {
    Object.assign(this.recorder, { spoil, repeats });
    try {
      return await refusal(work());
    } finally {
      Object.assign(this.recorder, { spoil: null, repeats: 1 });
    }
  }

  async refused(error, code, status = 400) {
    assert.equal(error.code, code, error.message);
    assert.equal(error.statusCode, status, error.message);
    const { body } = await this.client().describeVpcs(request('DescribeVpcsRequest'));
    assert.equal(body.totalCount, 0, `${code} and still there is a VPC`);
  }
}

/// Kind → how it is tried.
const KINDS = {
  async 'bad secret'(trial) {
    await trial.refused(
      await refusal(trial.create(trial.client({ accessKeySecret: 'x'.repeat(30) }))),
      'SignatureDoesNotMatch');
  },
  async 'stale date'(trial) {
    for (const offset of [-SKEW_MS, SKEW_MS])
      await trial.refused(await atAnotherTime(offset, () => refusal(trial.create())),
        'InvalidTimeStamp.Expired');
  },
  async 'replayed nonce'(trial) {
    // Sent twice; the answer that comes back is that of the second.
    const read = () => trial.client().describeRegions(request('DescribeRegionsRequest'));
    await trial.refused(await trial.spoilt(null, read, 2), 'SignatureNonceUsed');
  },
  async 'altered query'(trial) {
    const change = (sent) => inQuery(sent, '10.0.0.0%2F8', '10.0.0.0%2F9');
    await trial.refused(await trial.spoilt(change, () => trial.create()), 'SignatureDoesNotMatch');
    const add = (sent) => { sent.url += '&VpcName=x'; };
    await trial.refused(await trial.spoilt(add, () => trial.create()), 'SignatureDoesNotMatch');
  },
  async 'altered body'(trial) {
    const change = (sent) => {
      assert.match(sent.body.toString(), /cgw-none/);
      sent.body = Buffer.from(sent.body.toString().replace('cgw-none', 'cgw-more'));
    };
    await trial.refused(await trial.spoilt(change, () => trial.connect()), 'SignatureDoesNotMatch');
    await trial.refused(await refusal(trial.connect()), 'InvalidVpnGatewayInstanceId.NotFound', 404);
  },
  async 'missing header'(trial) {
    // What the older way has as parameters; there the headers are not signed.
    const dropped = trial.isHeader
      ? [['x-acs-date', 'InvalidTimeStamp.Format'], ['x-acs-signature-nonce', 'SignatureDoesNotMatch'],
        ['x-acs-content-sha256', 'SignatureDoesNotMatch'], ['authorization', 'MissingAccessKeyId']]
      : [['Timestamp', 'MissingTimestamp'], ['SignatureNonce', 'MissingSignatureNonce'],
        ['Signature', 'MissingSignature'], ['AccessKeyId', 'MissingAccessKeyId']];
    for (const [name, code] of dropped) {
      const drop = (sent) => {
        if (trial.isHeader) delete sent.headers[name];
        else sent.url = sent.url.replace(new RegExp(`(?<=[?&])${name}=[^&]*&?`), '');
      };
      const error = await trial.spoilt(drop, () => trial.create());
      await trial.refused(error, code);
    }
  },
  async 'unknown key'(trial) {
    await trial.refused(await refusal(trial.create(trial.client({ accessKeyId: 'KMAKnobody' }))),
      'InvalidAccessKeyId.NotFound', 404);
  },
  async 'disabled key'(trial) {
    // Actions of Kanmon's own, called as the SDK calls anything.
    const made = await callAction(trial.client(), 'CreateAccessKey', {});
    const key = { accessKeyId: made.AccessKeyId, accessKeySecret: made.AccessKeySecret };
    const read = () => trial.client(key).describeVpcs(request('DescribeVpcsRequest'));
    await read();
    const set = (Status) => callAction(trial.client(), 'UpdateAccessKey',
      { UserAccessKeyId: key.accessKeyId, Status });
    await set('Inactive');
    await trial.refused(await refusal(trial.create(trial.client(key))),
      'InvalidAccessKeyId.Inactive');
    await set('Active');
    await read();
    await callAction(trial.client(), 'DeleteAccessKey', { UserAccessKeyId: key.accessKeyId });
    await trial.refused(await refusal(read()), 'InvalidAccessKeyId.NotFound', 404);
  },
};

withRecorder(async (control, recorder) => {
  const ways = { header: {}, parameters: { signatureAlgorithm: 'v2' } };
  for (const [way, options] of Object.entries(ways)) {
    for (const [kind, tried] of Object.entries(KINDS)) {
      await tried(new Trial(control, recorder, options)).catch((error) => {
        throw new Error(`${kind}, signature in the ${way}`, { cause: error });
      });
    }
    console.log(`signature in the ${way}: ${Object.keys(KINDS).join(', ')}: refused`);
  }
});
