// Calls of the SDK as a scenario makes them: each answer is compared with the SDK's own models as
// it came over the wire, and what was called, with which parameters, is remembered.
'use strict';
const assert = require('node:assert/strict');
const { answerFields, differences } = require('./expected_shapes.js');
const { models, refusal, regionId } = require('./sdk_client.js');

const methodOf = (action) => action[0].toLowerCase() + action.slice(1);

/// The same as the SDK's model wants it: first letters in lower case, also inside.
function asProperties(value) {
  if (Array.isArray(value)) return value.map(asProperties);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [methodOf(name), asProperties(inner)]));
}

class Scenario {
  /// `round` tells the tokens of one scenario from those of another on the same installation.
  constructor(client, recorder, round, absent) {
    this.client = client;
    this.recorder = recorder;
    this.round = round;
    this.absent = absent;
    this.sent = new Map();  // action → names of the parameters that it was called with
  }

  /// `fields` have the names of the wire. Gives the answer's body as it came over the wire.
  async call(action, fields = {}) {
    await this.send(action, fields);
    const { body, status, headers } = this.recorder.last;
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'application/json;charset=utf-8');
    assert.ok(!('Code' in body), `${action} answers a Code, which old clients take for an error`);
    assert.match(body.RequestId, /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/);
    assert.deepEqual(differences(answerFields(action), body, action, this.absent), []);
    return body;
  }

  /// The SDK's own error for the refusal; its code has to be `code`.
  async refused(action, fields, code, status = 400) {
    const error = await refusal(this.send(action, fields));
    assert.equal(error.code, code, `${action}: ${error.message}`);
    assert.equal(error.statusCode, status, error.message);
    const { body } = this.recorder.last;
    for (const name of ['RequestId', 'HostId', 'Code', 'Message', 'Recommend'])
      assert.equal(typeof body[name], 'string', `${action} refused without ${name}`);
    return error;
  }

  async send(action, fields) {
    const Request = models[`${action}Request`];
    const known = new Set(Object.values(Request.names()));
    for (const name of Object.keys(fields))
      assert.ok(known.has(name), `the SDK has no ${name} of ${action}`);
    const all = known.has('RegionId') ? { RegionId: regionId, ...fields } : { ...fields };
    if ('ClientToken' in all) all.ClientToken = `${this.round}-${all.ClientToken}`;
    const properties = Object.entries(Request.names());
    const request = new Request(Object.fromEntries(Object.entries(all).map(([name, value]) => [
      properties.find(([, wire]) => wire === name)[0], asProperties(value)])));
    const before = this.recorder.exchanges.length;
    try {
      return await this.client[methodOf(action)](request);
    } finally {
      for (const exchange of this.recorder.exchanges.slice(before)) {
        const names = this.sent.get(action) ?? new Set();
        for (const name of exchange.names) names.add(name);
        this.sent.set(action, names);
      }
    }
  }
}

/// Where the rows of a list are: the only list of objects below `body`.
function rowsOf(body) {
  for (const value of Object.values(body)) {
    if (Array.isArray(value)) return value;
    if (value && typeof value === 'object') {
      const inner = Object.values(value)[0];
      if (Array.isArray(inner)) return inner;
    }
  }
  return assert.fail('the answer holds no list');
}

/// Walks `total` rows one a page, then past the end, and over the edges of both numbers.
async function pages(scenario, action, fields, total) {
  const seen = [];
  for (let number = 1; number <= total + 1; ++number) {
    const body = await scenario.call(action, { ...fields, PageNumber: number, PageSize: 1 });
    assert.equal(body.TotalCount, total, action);
    assert.equal(body.PageNumber, number);
    assert.equal(body.PageSize, 1);
    const rows = rowsOf(body);
    assert.equal(rows.length, number <= total ? 1 : 0, `${action}, page ${number}`);
    seen.push(...rows.map((row) => JSON.stringify(row)));
  }
  const whole = await scenario.call(action, { ...fields, PageNumber: 1, PageSize: 50 });
  assert.deepEqual(rowsOf(whole).map((row) => JSON.stringify(row)), seen, action);
  const usual = await scenario.call(action, fields);
  assert.equal(usual.PageNumber, 1);
  assert.equal(usual.PageSize, 10);
  for (const wrong of [{ PageSize: 51 }, { PageSize: 0 }, { PageNumber: 0 }, { PageSize: -1 }])
    await scenario.refused(action, { ...fields, ...wrong }, 'InvalidParameter');
}

module.exports = { Scenario, pages };
