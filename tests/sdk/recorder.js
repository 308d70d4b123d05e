// Stands between the SDK and Kanmon: passes requests and answers on as they are, keeps what came
// over the wire, and spoils a request where a test says so - with the signature it already has.
'use strict';
const http = require('node:http');
const { ControlProcess } = require('./control_process.js');

const bodyOf = async (message) => {
  const pieces = [];
  for await (const piece of message) pieces.push(piece);
  return Buffer.concat(pieces);
};

/// Names of parameters as the SDK's models have them: Tag.1.Key is Tag.
function parameterNames(url, body) {
  const names = new Set();
  const query = url.includes('?') ? url.slice(url.indexOf('?') + 1) : '';
  for (const text of [query, body.toString()])
    for (const name of new URLSearchParams(text).keys()) names.add(name.split('.')[0]);
  return names;
}

class Recorder {
  /// `port`: Kanmon's plain HTTP on 127.0.0.1.
  static start(port) {
    const recorder = new Recorder();
    recorder.target = port;
    recorder.exchanges = [];
    recorder.spoil = null;  // ({url, headers, body}) changed in place
    recorder.repeats = 1;   // how often a request is sent
    recorder.server = http.createServer((request, response) => {
      recorder.pass(request, response).catch((error) => response.destroy(error));
    });
    return new Promise((resolve, reject) => {
      recorder.server.on('error', reject);
      recorder.server.listen(0, '127.0.0.1', () => {
        recorder.port = recorder.server.address().port;
        resolve(recorder);
      });
    });
  }

  async pass(request, response) {
    const sent = { url: request.url, headers: { ...request.headers }, body: await bodyOf(request) };
    const names = parameterNames(sent.url, sent.body);
    if (this.spoil) this.spoil(sent);
    let answer;
    for (let i = 0; i < this.repeats; ++i) answer = await this.ask(request.method, sent);
    this.exchanges.push({
      action: request.headers['x-acs-action'] ?? new URLSearchParams(request.url).get('Action'),
      names, status: answer.status, headers: answer.headers, body: JSON.parse(answer.body),
    });
    response.writeHead(answer.status, answer.headers);
    response.end(answer.body);
  }

  ask(method, { url, headers, body }) {
    return new Promise((resolve, reject) => {
      const outgoing = http.request(
        { host: '127.0.0.1', port: this.target, method, path: url, headers }, async (incoming) => {
          resolve({
            status: incoming.statusCode, headers: incoming.headers, body: await bodyOf(incoming),
          });
        });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  get last() { return this.exchanges.at(-1); }

  stop() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }
}

/// Runs one scenario on an installation of its own, PATH-OF-kanmon-control being the program's
/// argument; shows the end of the log and fails the program when it fails.
async function withRecorder(scenario) {
  const control = await ControlProcess.start(process.argv[2]);
  const recorder = await Recorder.start(control.httpPort);
  try {
    await scenario(control, recorder);
  } catch (error) {
    console.error(control.log().split('\n').slice(-20).join('\n'));
    console.error(error);
    process.exitCode = 1;
  } finally {
    await recorder.stop();
    await control.stop();
  }
}

module.exports = { withRecorder };
