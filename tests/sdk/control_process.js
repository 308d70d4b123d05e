// Starts kanmon-control in a folder of its own, and ends it by its pid.
'use strict';
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');

const START_MS = 30000;
const STOP_MS = 10000;

function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('connect', () => socket.end(() => resolve(true)));
    socket.on('error', () => resolve(false));
  });
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

class ControlProcess {
  /// `rate`, `burst`: requests a second of one key, and at once.
  static async start(program, { rate = 10000, burst = 10000 } = {}) {
    const control = new ControlProcess();
    control.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kanmon-sdk-'));
    control.state = path.join(control.folder, 'control');
    control.httpPort = await freePort();
    control.httpsPort = await freePort();
    const log = fs.openSync(path.join(control.folder, 'log'), 'a');
    control.child = spawn(program, [
      '--state', control.state, '--bridge', path.join(control.folder, 'bridge'),
      '--api', `127.0.0.1:${control.httpsPort}`, '--http-loopback', String(control.httpPort),
      '--public-address', '203.0.113.1', '--api-rate', String(rate),
      '--api-burst', String(burst), '--data-uid', '0', '--allow-root',
    ], { stdio: ['ignore', log, log] });
    control.exited = new Promise((resolve) => {
      control.child.on('exit', resolve);
      control.child.on('error', resolve);
    });
    const end = Date.now() + START_MS;
    while (!(fs.existsSync(control.keyFile()) && await answers(control.httpPort) &&
             await answers(control.httpsPort))) {
      if (control.child.exitCode !== null || Date.now() > end) {
        const said = control.log();
        await control.stop();
        throw new Error(`kanmon-control did not start:\n${said}`);
      }
      await pause(50);
    }
    return control;
  }

  keyFile() { return path.join(this.state, 'root-access-key.json'); }
  accessKey() { return JSON.parse(fs.readFileSync(this.keyFile(), 'utf8')); }
  certificate() { return fs.readFileSync(path.join(this.state, 'api.crt'), 'utf8'); }
  log() { return fs.readFileSync(path.join(this.folder, 'log'), 'utf8'); }

  async stop() {
    if (this.child.exitCode === null) {
      this.child.kill('SIGTERM');
      const forced = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS);
      await this.exited;
      clearTimeout(forced);
    }
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

module.exports = { ControlProcess };
