// The vendor's SDK, unmodified, as the tests here call it.
'use strict';
const assert = require('node:assert/strict');
const { default: Client, ...models } = require('@alicloud/vpc20160428');
const { $OpenApiUtil } = require('@alicloud/openapi-core');

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

module.exports = { clientOf, models, refusal, regionId, request };
