// Too many requests: the vendor's SDK takes the refusal for its own ThrottlingError, knows when to
// come again, and with its own retries gets through.
//
// Usage: node is_told_to_wait.js PATH-OF-kanmon-control
'use strict';
const assert = require('node:assert/strict');
const { ControlProcess } = require('./control_process.js');
const { clientOf, refusal, request } = require('./sdk_client.js');

async function main() {
  const control = await ControlProcess.start(process.argv[2], { rate: 2, burst: 4 });
  try {
    const options = { endpoint: `127.0.0.1:${control.httpPort}`, protocol: 'HTTP' };
    const client = clientOf(control, options);
    const read = () => client.describeRegions(request('DescribeRegionsRequest'));
    for (let i = 0; i < 4; ++i) await read();
    const error = await refusal(read());
    assert.equal(error.name, 'ThrottlingError');
    assert.equal(error.code, 'Throttling.User');
    assert.equal(error.statusCode, 429);
    assert.ok(error.retryAfter > 0 && error.retryAfter <= 500, `retryAfter ${error.retryAfter}`);
    await new Promise((resolve) => setTimeout(resolve, error.retryAfter));
    await read();
    const stranger = clientOf(control, { ...options, accessKeySecret: 'another' });
    const guess = () => refusal(stranger.describeRegions(request('DescribeRegionsRequest')));
    const codes = [];
    for (let i = 0; i < 6; ++i) codes.push((await guess()).code);
    assert.deepEqual(codes.slice(0, 4), Array(4).fill('SignatureDoesNotMatch'));
    assert.equal(codes.at(-1), 'Throttling.Api');
    console.log('told to wait, waited, got through; whoever guesses is kept out');
  } finally {
    await control.stop();
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
