// What keeps a careless or hostile client from taking the server away from the others.
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { addUser, dataFolder, startServer } from '../support/server.mjs';

const data = dataFolder();
let server, host;
before(async () => {
  addUser(data.folder, 'anna@example.org', 'Anna');
  server = await startServer(data.folder);
  host = new URL(server.url).host;
});
after(async () => { await server.stop(); data.remove(); });

const threads = 96, queue = 128;  // As server/http/http_server.cpp sets them.
const get = `GET /healthz HTTP/1.1\r\nHost: ${'localhost'}\r\n\r\n`;

/// A connection, and the promises of what becomes of it.
function connect(send = '') {
  const socket = net.connect(server.port, '127.0.0.1'), c = { socket, text: '' };
  c.connected = new Promise(done => socket.once('connect', done));
  c.answered = new Promise(done => socket.on('data', d => { c.text += d; done('answered'); }));
  c.closed = new Promise(done => socket.once('close', () => done('closed')));
  socket.on('error', () => { /* Closed by the other side; `closed` tells. */ });
  if (send) socket.write(send);
  return c;
}
const well = async () => assert.equal((await fetch(server.url + '/healthz')).status, 200);

test('a form of too many parts and too many ranges are refused', async () => {
  const post = async n => {
    const form = new FormData();
    for (let i = 0; i < n; i++) form.append('f' + i, new Blob(['x']), 'x.txt');
    return (await fetch(server.url + '/v1/login', { method: 'POST', headers: { 'X-Holdfast': '1' }, body: form })).text();
  };
  assert.match(await post(16), /Send a JSON object/);  // Read whole, then judged by the route.
  assert.match(await post(17), /could not be understood/);
  const ranges = n => fetch(server.url + '/v1/openapi.json', { headers: { Range: 'bytes=' + Array.from({ length: n }, (_, i) => `${i * 10}-${i * 10 + 1}`).join(',') } });
  assert.equal((await ranges(8)).status, 200);  // Answers come whole, never in pieces.
  assert.equal((await ranges(9)).status, 416);
  const long = await fetch(server.url + '/v1/login', { method: 'POST', headers: { 'X-Holdfast': '1', 'Content-Type': 'application/x-www-form-urlencoded' }, body: 'a='.padEnd(9000, 'x') });
  assert.equal(long.status, 413);
});

test('headers, bodies and connections that never end are ended', async () => {
  const stalled = [connect(`GET /healthz HTTP/1.1\r\nHost: ${host}\r\n`), connect(`POST /v1/login HTTP/1.1\r\nHost: ${host}\r\nX-Holdfast: 1\r\nContent-Length: 10\r\n\r\n12`), connect(get.replace('localhost', host)), connect()];
  await well();
  for (const c of stalled) assert.equal(await c.closed, 'closed');
  assert.match(stalled[2].text, /^HTTP\/1.1 200/);
});

test('a burst of connections is taken up even while the server is held', { timeout: 20000 }, async () => {
  server.child.kill('SIGSTOP');
  const burst = Array.from({ length: 90 }, () => connect(get));
  await Promise.all(burst.map(c => c.connected));
  server.child.kill('SIGCONT');
  await Promise.all(burst.map(c => Promise.race([c.answered, c.closed])));
  assert.deepEqual(burst.filter(c => !c.text.startsWith('HTTP/1.1 200')), []);
  burst.forEach(c => c.socket.destroy());
});

test('more connections than threads and queue hold are turned away, the others are served', async () => {
  const n = threads + queue + 60;
  const all = Array.from({ length: n }, () => connect(get));
  await Promise.any(all.map(c => c.closed));  // The queue is full: the first is turned away.
  const outcomes = await Promise.all(all.map(async c => {
    const outcome = await Promise.race([c.answered, c.closed]);
    c.socket.destroy();
    return outcome;
  }));
  const turned = outcomes.filter(o => o === 'closed').length;
  assert.ok(turned > 0 && n - turned >= threads + queue, `${turned} of ${n} turned away`);
  await well();
});
