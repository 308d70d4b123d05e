// What Kanmon says it has: the table of actions in the source, and what of it is refused always.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { models } = require('./sdk_client.js');

const table = fs.readFileSync(
  path.join(__dirname, '../../src/controlplane/api/action.cpp'), 'utf8');

/// [{action, isRefused}] that the SDK knows too.
function claimedActions() {
  const rows = [...table.matchAll(/\{"(\w+)", (\w+)[^}]*\}/g)];
  return rows.filter(([, action]) => models[`${action}Request`])
    .map(([, action, handler]) => ({ action, isRefused: handler.startsWith('refuse_') }));
}

module.exports = { claimedActions };
