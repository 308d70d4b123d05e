// The vendor's SDK, unmodified, as the tests here call it.
'use strict';
const assert = require('node:assert/strict');
const { default: Client, ...models } = require('@alicloud/vpc20160428');
const { $OpenApiUtil } = require('@alicloud/openapi-core');
const { RuntimeOptions } = require('@darabonba/typescript');

const regionId = 'cn-hangzhou';
const request = (name, fields) => new models[name]({ regionId, ...fields });

function clientOf(control, options) {
  const key = control.accessKey();
  return new Client(new $OpenApiUtil.Config({
    accessKeyId: key.AccessKeyId, accessKeySecret: key.AccessKeySecret, regionId, ...options,
  }));
}

async function refusal(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return assert.fail('the call was expected to be refused');
}

/// An action that the SDK has no method for. Gives the answer's fields.
async function callAction(client, action, query) {
  const params = new $OpenApiUtil.Params({
    action, version: '2016-04-28', protocol: 'HTTPS', pathname: '/', method: 'POST',
    authType: 'AK', style: 'RPC', reqBodyType: 'formData', bodyType: 'json',
  });
  const { body } = await client.callApi(
    params, new $OpenApiUtil.OpenApiRequest({ query }), new RuntimeOptions({}));
  return body;
}

module.exports = { callAction, clientOf, models, refusal, regionId, request };
