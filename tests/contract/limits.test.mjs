// What keeps a careless or hostile client from taking the server away from the others.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import http from 'node:http';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { addUser, binary, dataFolder, scriptClient, startServer } from '../support/server.mjs';
import { SecondClient } from './second-client.mjs';

const data = dataFolder();
let server, host;
before(async () => {
  for (const name of ['Anna', 'Ben', 'Cleo']) addUser(data.folder, name.toLowerCase() + '@example.org', name);
  server = await startServer(data.folder);
  host = new URL(server.url).host;
});
after(async () => { await server.stop(); data.remove(); });

const threads = 96, queue = 416;  // As server/http/http_server.cpp sets them.
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
  const begun = get.indexOf('\r\n') + 2;  // A thread waits for the rest of each: nothing is served, however fast the server is.
  const all = Array.from({ length: n }, () => connect(get.slice(0, begun)));
  await Promise.any(all.map(c => c.closed));  // The queue is full: the first is turned away.
  await Promise.all(all.map(c => Promise.race([c.connected, c.closed])));
  all.forEach(c => c.socket.write(get.slice(begun)));
  const outcomes = await Promise.all(all.map(async c => {
    const outcome = await Promise.race([c.answered, c.closed]);
    c.socket.destroy();
    return outcome;
  }));
  const turned = outcomes.filter(o => o === 'closed').length;
  assert.ok(turned > 0 && n - turned >= threads + queue, `${turned} of ${n} turned away`);
  await well();
});

test('while there are few connections each is kept for the next request, else closed, so that nobody waits for an idle one', async () => {
  const asked = () => new Promise((done, failed) => http.get(server.url + '/healthz', { agent: new http.Agent({ keepAlive: true }) }, r => { r.resume(); r.on('end', () => done(r.headers.connection ?? 'kept')); }).on('error', failed));
  const idle = [];
  for (let i = 0; i < 10000 && await asked() === 'close'; i++);  // Until those of earlier tests have gone.
  assert.equal(await asked(), 'kept');
  for (let i = 0; i < 500 && await asked() !== 'close'; i++) {
    idle.push(connect());
    await idle.at(-1).connected;
  }
  assert.equal(await asked(), 'close');
  idle.forEach(c => c.socket.destroy());
});

const refusal = /^That is more than one member may ask of the server in a minute/;

test('a member’s 1,201st request within a minute is refused, at each of the member’s devices; others are served', async () => {
  const device = await SecondClient.signIn(server.url, 'anna@example.org'), script = await scriptClient(server.url, 'anna@example.org');
  const person = device.create({ last_name: 'Unsent' });
  await device.pull();  // A snapshot and a pull: two of them.
  const mine = [];
  for (let sent = 2; sent < 1200; sent++) mine.push((await script('GET', '/v1/me')).status);
  assert.deepEqual(mine.filter(status => status !== 200), []);
  const over = await script('GET', '/v1/me');
  assert.equal(over.status, 429);
  assert.match(over.json.error, refusal);
  await assert.rejects(device.push(), /more than one member may ask/);
  assert.equal((await fetch(server.url + '/v1/live', { headers: { cookie: device.cookie } })).status, 429);
  assert.equal(device.unsent().length, 1);  // Kept for later.
  const ben = await SecondClient.signIn(server.url, 'ben@example.org');
  ben.create({ last_name: 'Of Ben' });
  await ben.sync();
  assert.ok(ben.outbox.length === 0 && ben.records.size > 0 && !ben.records.has(person));
  await well();
});

test('a member’s bytes beyond 64 MiB within a minute are refused; others are served', async () => {
  const cleo = await scriptClient(server.url, 'cleo@example.org'), bytes = 'x'.repeat(2 << 20);
  const send = async () => (await fetch(server.url + '/v1/records/person', { method: 'POST', headers: { Authorization: 'Bearer ' + cleo.token }, body: bytes })).status;
  const answers = [];
  for (let sent = 0; sent < 32; sent++) answers.push(await send());
  assert.deepEqual(answers.filter(status => status !== 400), []);  // Read, and no JSON.
  assert.equal(await send(), 429);
  const over = await cleo('GET', '/v1/me');
  assert.equal(over.status, 429);
  assert.match(over.json.error, refusal);
  assert.equal((await (await scriptClient(server.url, 'ben@example.org'))('GET', '/v1/me')).status, 200);
});

test('attachments beyond --attachments-max get a sentence, nothing of them is kept, and all else goes on', async t => {
  const own = dataFolder();
  addUser(own.folder, 'anna@example.org', 'Anna');
  await assert.rejects(startServer(own.folder, { extra: ['--attachments-max', '-1'] }), /less than nothing/);
  let s = await startServer(own.folder, { extra: ['--attachments-max', '1MB'] });
  t.after(() => { s.child.kill('SIGKILL'); own.remove(); });  // Also when something is not as it should be.
  let api = await scriptClient(s.url, 'anna@example.org');
  const part = 512 * 1024;
  const attach = async size => {
    const bytes = randomBytes(size), sha = createHash('sha256').update(bytes).digest('hex');
    const record = (await api('POST', '/v1/records/attachment', { name: 'photo.jpg', mime: 'image/jpeg', size, sha256: sha })).json.id;
    return { bytes, record, at: `/v1/blobs/${record}/${sha}` };
  };
  const send = async (file, from) => {
    const r = await fetch(`${s.url}${file.at}?at=${from}&size=${file.bytes.length}`, { method: 'POST', headers: { Authorization: 'Bearer ' + api.token }, body: file.bytes.subarray(from, from + part) });
    return { status: r.status, json: await r.json() };
  };
  const fetched = async file => Buffer.from(await (await fetch(s.url + file.at, { headers: { Authorization: 'Bearer ' + api.token } })).arrayBuffer());

  const first = await attach(700_000), second = await attach(700_000), small = await attach(1 << 20 >> 2);
  assert.deepEqual((await send(first, 0)).json, { have: part, complete: false });
  assert.deepEqual((await send(first, 0)).json, { have: part, complete: false }, 'its answer was lost: it has its room already');
  const refused = await send(second, 0);
  assert.equal(refused.status, 507);
  assert.equal(refused.json.error, 'The server has no room for more attachments.');
  assert.deepEqual((await send(second, part)).json, { have: 0, complete: false }, 'nor does it come in from behind');
  assert.deepEqual((await api('GET', second.at + '/have')).json, { have: 0, complete: false });
  assert.equal((await api('GET', second.at)).status, 404);

  // What was begun is finished, what still fits is taken, and records are not files.
  assert.deepEqual((await send(first, part)).json, { have: 700_000, complete: true });
  assert.deepEqual((await send(small, 0)).json, { have: small.bytes.length, complete: true });
  assert.equal((await send(second, 0)).status, 507);
  assert.equal((await api('POST', '/v1/records/person', { last_name: 'Goes on' })).status, 201);
  const device = await SecondClient.signIn(s.url, 'anna@example.org'), made = device.create({ last_name: 'Synced' });
  await device.sync();
  assert.equal((await api('GET', '/v1/records/person/' + made)).json.last_name, 'Synced');
  for (const file of [first, small]) assert.ok((await fetched(file)).equals(file.bytes));

  // Room comes from erasing, or from the operator.
  await api('DELETE', '/v1/records/attachment/' + small.record);
  assert.equal((await api('POST', `/v1/records/attachment/${small.record}/purge`)).status, 200);
  const fits = await attach((1 << 20) - 700_000), much = await attach((1 << 20) - 700_000 + 1);
  assert.equal((await send(much, 0)).status, 507, 'one byte too many');
  assert.equal((await send(fits, 0)).json.complete, true);
  assert.equal(await s.stop(), 0);
  s = await startServer(own.folder);
  api = await scriptClient(s.url, 'anna@example.org');
  await send(second, 0);
  assert.equal((await send(second, part)).json.complete, true);
  assert.ok((await fetched(second)).equals(second.bytes));
  assert.equal(await s.stop(), 0);
  assert.match(execFileSync(binary, ['check', '--data', own.folder]).toString(), /All is well/);
});
