// The HTTP interface, against the real server on a free port.
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { addUser, binary, dataFolder, password, scriptClient, startServer } from '../support/server.mjs';
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync, writeFileSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const data = dataFolder();
let server, api;
before(async () => {
  addUser(data.folder, 'anna@example.org', 'Anna');
  addUser(data.folder, 'ben@example.org', 'Ben', 'member');
  server = await startServer(data.folder);
  api = await scriptClient(server.url, 'anna@example.org');
});
after(async () => { await server.stop(); data.remove(); });

/// A request byte by byte, for what no proper client sends.
const raw = bytes => new Promise((resolve, reject) => {
  const socket = net.connect(server.port, '127.0.0.1', () => socket.end(bytes));
  let answer = '';
  socket.on('data', d => { answer += d; });
  socket.on('close', () => resolve(answer));
  socket.on('error', reject);
});

test('records are made, read, changed, trashed and restored', async () => {
  const made = await api('POST', '/v1/records/person', { first_name: 'Zoë', last_name: '張偉', tags: ['vip', 'north'], do_not_call: true });
  assert.equal(made.status, 201);
  assert.equal(made.json.source, 'api');
  assert.deepEqual(made.json.tags, ['north', 'vip']);
  const at = '/v1/records/person/' + made.json.id;
  assert.equal((await api('GET', at)).json.last_name, '張偉');
  const changed = await api('PATCH', at, { job_title: 'Buyer', tags: ['vip'] });
  assert.equal(changed.json.job_title, 'Buyer');
  assert.deepEqual(changed.json.tags, ['vip']);
  assert.ok(changed.json.version > made.json.version);
  for (const words of ['zoe', '偉', 'buy']) assert.equal((await api('GET', '/v1/records/person?search=' + encodeURIComponent(words))).json.items.length, 1, words);
  assert.equal((await api('DELETE', at)).json.trashed, true);
  assert.equal((await api('GET', '/v1/records/person')).json.items.length, 0);
  assert.equal((await api('GET', '/v1/records/person?trashed=true')).json.items.length, 1);
  assert.equal((await api('POST', at + '/restore')).json.trashed, false);
  assert.equal((await api('POST', at + '/purge')).status, 409, 'only from the trash');
  await api('DELETE', at);
  // A device's data is not synced under the session of another.
  for (const [device, status] of [['7', 401], ['0', 200]]) assert.equal((await fetch(server.url + '/v1/me', { headers: { Authorization: 'Bearer ' + api.token, 'X-Holdfast-Device': device } })).status, status);
  const ben = await scriptClient(server.url, 'ben@example.org');
  assert.equal((await ben('POST', at + '/purge')).status, 403);
  assert.equal((await api('POST', '/v1/records/task', { title: 'Call', person: at.split('/').pop() })).status, 201);
  assert.equal((await api('POST', at + '/purge?with=company')).status, 400);
  assert.equal((await api('POST', at + '/purge?with=everything')).json.erased, 2);
  for (const [method, path] of [['GET', at], ['PATCH', at], ['POST', at + '/restore']]) assert.equal((await api(method, path, method === 'PATCH' ? { job_title: 'x' } : undefined)).status, 404);
  assert.equal((await api('GET', '/v1/records/person?trashed=true')).json.items.length, 0);
});

test('lists page through everything once, sorted and filtered', async () => {
  for (let i = 0; i < 25; i++) await api('POST', '/v1/records/company', { name: 'Company ' + (i % 7), industry: i % 2 ? 'Steel' : 'Wood', annual_revenue: '12.50 EUR' });
  const seen = new Set();
  let after = '', last = '';
  do {
    const page = (await api('GET', `/v1/records/company?sort=name&limit=4${after ? '&after=' + encodeURIComponent(after) : ''}`)).json;
    for (const c of page.items) { assert.ok(!seen.has(c.id)); seen.add(c.id); assert.ok(c.name >= last); last = c.name; }
    after = page.next;
  } while (after);
  assert.equal(seen.size, 25);
  assert.equal((await api('GET', '/v1/records/company?industry=Steel')).json.items.length, 12);
});

test('wrong input gets a sentence and a fitting status', async () => {
  const cases = [
    ['GET', '/v1/records/nothing', undefined, 404], ['GET', '/v1/records/person/not-an-id', undefined, 400],
    ['GET', '/v1/records/person/00000000-0000-7000-8000-000000000000', undefined, 404], ['POST', '/v1/records/person', { nonsense: 1 }, 400],
    ['POST', '/v1/records/person', { birthday: '2026-02-30' }, 400], ['POST', '/v1/records/activity', { minutes: 99999999999 }, 400],
    ['POST', '/v1/records/person', [1], 400], ['POST', '/v1/records/person', { first_name: 'x'.repeat(501) }, 400],
    ['POST', '/v1/records/member', { name: 'x' }, 403], ['GET', '/v1/records/person?sort=notes', undefined, 400], ['GET', '/v1/records/person?limit=0', undefined, 400],
    ['GET', '/v1/records/person?after=zzz', undefined, 400], ['GET', '/v1/nothing', undefined, 404], ['GET', '/v1/pull', undefined, 400], ['GET', '/v1/snapshot', undefined, 403],
  ];
  for (const [method, path, body, status] of cases) {
    const r = await api(method, path, body);
    assert.equal(r.status, status, `${method} ${path} ${JSON.stringify(body)?.slice(0, 60)}: ${r.text}`);
    assert.ok(r.json.error.length > 10);
  }
});

test('signing in: wrong password, no session, member rights, sessions that end', async () => {
  const login = (body, headers = { 'X-Holdfast': '1' }) => fetch(server.url + '/v1/login', { method: 'POST', headers, body: JSON.stringify(body) });
  assert.equal((await login({ email: 'anna@example.org', password: 'wrong' })).status, 401);
  assert.equal((await login({ email: 'nobody@example.org', password: 'wrong' })).status, 401);
  assert.equal((await login({ email: 'anna@example.org', password }, {})).status, 403);
  assert.equal((await fetch(server.url + '/v1/records/person')).status, 401);
  const install = '01890000-0000-7000-8000-00000000000a';
  const answer = await login({ email: 'ben@example.org', password, install });
  const me = await answer.json();
  assert.ok(me.device > 0);
  const setCookie = answer.headers.get('set-cookie');
  assert.match(setCookie, /^holdfast=[\w-]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=2592000$/);
  const cookie = setCookie.split(';')[0];
  const as = (method, path, headers = {}, body) => fetch(server.url + path, { method, headers: { cookie, ...headers }, body });
  assert.equal((await as('GET', '/v1/me')).status, 200);
  assert.equal((await as('POST', '/v1/records/person', {}, '{}')).status, 403, 'a cookie alone does not write');
  assert.equal((await as('POST', '/v1/members', { 'X-Holdfast': '1' }, '{}')).status, 403);
  assert.equal((await login({ email: 'anna@example.org', password, install })).status, 409, 'an installation belongs to one member');
  assert.equal((await (await login({ email: 'ben@example.org', password, install })).json()).device, me.device);
  const ben = (await api('GET', '/v1/records/member?search=Ben')).json.items[0];
  assert.equal((await api('PATCH', '/v1/members/' + ben.id, { active: false })).status, 200);
  assert.equal((await as('GET', '/v1/me')).status, 401);
  assert.equal((await api('PATCH', '/v1/members/' + ben.id, { active: true })).status, 200);
  assert.equal((await api('POST', '/v1/members', { name: 'Cleo', email: 'cleo@example.org', password: 'short' })).status, 400);
});

test('devices: listed to their members and to administrators, removed, and told so', async () => {
  const install = '01890000-0000-7000-8000-0000000000aa';
  const login = (email, id) => fetch(server.url + '/v1/login', { method: 'POST', headers: { 'X-Holdfast': '1' }, body: JSON.stringify({ email, password, install: id, device_name: 'Ben’s phone' }) });
  const answer = await login('ben@example.org', install), me = await answer.json();
  let cookie = answer.headers.get('set-cookie').split(';')[0];
  const ben = (method, path, body) => fetch(server.url + path, { method, headers: { cookie, 'X-Holdfast': '1' }, body });
  assert.ok((await (await ben('GET', '/v1/devices')).json()).items.every(d => d.member === me.member));
  const seen = (await api('GET', '/v1/devices')).json.items.find(d => d.device === me.device);
  assert.equal(seen.name, 'Ben’s phone');
  const before = Date.parse(seen.last_seen);
  assert.ok(Math.abs(Date.now() - before) < 60_000);
  const named = async device => (await api('GET', '/v1/devices')).json.items.find(d => d.device === device).name;
  const twin = (await (await login('ben@example.org', '01890000-0000-7000-8000-0000000000ae')).json()).device;
  assert.equal(await named(twin), 'Ben’s phone 2', 'two devices of a member are told apart');
  const rename = async (no, name) => (await ben('PATCH', '/v1/devices/' + no, JSON.stringify({ name }))).status;
  assert.deepEqual([await rename(twin, ' Ben’s van '), await named(twin)], [200, 'Ben’s van']);
  assert.deepEqual([await rename(twin, 'Ben’s phone'), await rename(twin, '  '), await rename(twin, 'x'.repeat(101)), await rename(twin, 7), await rename(99999, 'x')], [409, 400, 400, 400, 404]);
  const annas = (await (await login('anna@example.org', '01890000-0000-7000-8000-0000000000af')).json()).device;
  assert.deepEqual([await rename(annas, 'Mine'), await named(twin)], [404, 'Ben’s van']);
  assert.equal((await ben('GET', '/v1/snapshot')).status, 200);
  assert.ok(Date.parse((await api('GET', '/v1/devices')).json.items.find(d => d.device === me.device).last_seen) >= before);
  assert.equal((await ben('POST', '/v1/devices/99999/remove')).status, 404);
  const renewal = await ben('POST', '/v1/renew', JSON.stringify({ install: '01890000-0000-7000-8000-0000000000ab' })), renewed = await renewal.json();
  assert.ok(renewed.device > me.device);
  assert.equal(await named(renewed.device), 'Ben’s phone 2');
  assert.equal((await (await ben('GET', '/v1/me')).json()).device, me.device, 'the other copy, with the old cookie, is who it was');
  cookie = renewal.headers.get('set-cookie').split(';')[0];
  assert.equal((await (await ben('GET', '/v1/me')).json()).device, renewed.device);
  assert.equal((await api('POST', `/v1/devices/${renewed.device}/remove`)).status, 200);
  assert.equal((await ben('GET', '/v1/snapshot')).status, 410);
  assert.equal((await login('ben@example.org', '01890000-0000-7000-8000-0000000000ab')).status, 410);
  for (const [method, path, body] of [['GET', '/v1/records/person'], ['GET', '/v1/me'], ['POST', '/v1/records/person', '{"last_name":"x"}'], ['POST', '/v1/renew', JSON.stringify({ install: '01890000-0000-7000-8000-0000000000ac' })]])
    assert.equal((await ben(method, path, body)).status, 410, 'a removed device has no way back in: ' + path);
  const anew = JSON.stringify({ email: 'ben@example.org', password, install: '01890000-0000-7000-8000-0000000000ad' });
  assert.equal((await ben('POST', '/v1/login', anew)).status, 200, 'its member signs in anew, old cookie and all');
});

test('damaged frames are refused and change nothing', async () => {
  const install = '01890000-0000-7000-8000-00000000000b';
  const answer = await fetch(server.url + '/v1/login', { method: 'POST', headers: { 'X-Holdfast': '1' }, body: JSON.stringify({ email: 'anna@example.org', password, install }) });
  const headers = { cookie: answer.headers.get('set-cookie').split(';')[0], 'X-Holdfast': '1' };
  const head = (await (await fetch(server.url + '/healthz')).json()).head;
  for (const body of ['', 'P', 'P\x01', 'x'.repeat(1000), Buffer.from([0x50, 1, 1, ...new Array(60).fill(255)])]) {
    const r = await fetch(server.url + '/v1/push', { method: 'POST', headers, body });
    assert.equal(r.status, 400);
    assert.ok((await r.json()).error);
  }
  assert.equal((await fetch(server.url + '/v1/pull?cursor=nonsense', { headers })).status, 400);
  assert.equal((await fetch(server.url + '/v1/pull?cursor=p.00000000-0000-7000-8000-000000000000.0.0.1.1', { headers })).status, 409);
  for (const coding of ['gzip', 'zstd', 'identity']) {
    const r = await fetch(server.url + '/v1/snapshot', { headers: { ...headers, 'Accept-Encoding': coding } });
    assert.equal(r.headers.get('content-encoding'), coding === 'identity' ? null : coding);
  }
  assert.equal((await (await fetch(server.url + '/healthz')).json()).head, head);
});

test('teams and private records: lists, searches and single records stay inside what the caller may see', async () => {
  const ben = await scriptClient(server.url, 'ben@example.org');
  const members = (await api('GET', '/v1/records/member')).json.items, id = name => members.find(m => m.name === name).id;
  assert.equal((await ben('POST', '/v1/teams', { name: 'South' })).status, 403);
  assert.equal((await api('POST', '/v1/teams', { members: [] })).status, 400);
  assert.equal((await api('POST', '/v1/teams', { name: 'South', members: ['01890000-0000-7000-8000-000000000000'] })).status, 400);
  const team = (await api('POST', '/v1/teams', { name: 'South', members: [id('Anna')] })).json.id;
  const hidden = (await api('POST', '/v1/records/person', { last_name: 'Verborgen', visibility: 'team', team })).json.id, at = '/v1/records/person/' + hidden;
  await api('POST', '/v1/records/activity', { subject: 'Verborgenes', type: 'call', person: hidden });
  const count = async (who, path) => (await who('GET', path)).json.items.length;
  assert.equal(await count(api, '/v1/records/person?search=verborgen'), 1);
  assert.equal(await count(ben, '/v1/records/person?search=verborgen'), 0);
  assert.equal(await count(ben, '/v1/records/activity?search=verborgenes'), 0);
  for (const [method, path, body] of [['GET', at], ['PATCH', at, { job_title: 'x' }], ['DELETE', at], ['POST', at + '/restore']]) assert.equal((await ben(method, path, body)).status, 404, method + path);
  assert.equal((await ben('POST', '/v1/records/activity', { subject: 'x', type: 'call', person: hidden })).status, 403);
  assert.equal((await api('PATCH', '/v1/teams/' + team, { members: [id('Anna'), id('Ben')] })).status, 200);
  assert.equal((await ben('GET', at)).json.last_name, 'Verborgen');
  assert.equal((await ben('PATCH', at, { visibility: 'private' })).status, 403, 'it would be gone for Ben');
  assert.equal((await api('DELETE', '/v1/teams/' + team)).status, 200);
  assert.equal((await ben('GET', at)).status, 404);
  assert.equal((await api('GET', at)).status, 200);
});

test('attachments: in parts, going on where they stopped, only through a record one sees, and only what the record names', async () => {
  const ben = await scriptClient(server.url, 'ben@example.org');
  const bytes = randomBytes(600_000), sha = createHash('sha256').update(bytes).digest('hex'), from = '0198d3a0-0000-7000-8000-00000000b10b';
  let at = `/v1/blobs/${from}/${sha}`;
  const put = async (who, query, part) => { const r = await fetch(server.url + at + query, { method: 'POST', headers: { Authorization: 'Bearer ' + who.token }, body: part }); return { status: r.status, json: await r.json() }; };
  const get = async (who, query = '') => { const r = await fetch(server.url + at + query, { headers: { Authorization: 'Bearer ' + who.token } }); return { status: r.status, bytes: Buffer.from(await r.arrayBuffer()), type: r.headers.get('content-type') }; };
  assert.equal((await put(api, `?at=0&size=${bytes.length}`, bytes.subarray(0, 1000))).status, 404, 'no record names it');
  const anna = (await api('GET', '/v1/records/member')).json.items.find(m => m.name === 'Anna').id;
  const person = (await api('POST', '/v1/records/person', { last_name: 'Photographed', visibility: 'private', owner: anna })).json.id;
  const record = (await api('POST', '/v1/records/attachment', { name: 'front.jpg', mime: 'image/jpeg', size: bytes.length, sha256: sha, person })).json.id;
  at = `/v1/blobs/${record}/${sha}`;
  assert.equal((await put(ben, `?at=0&size=${bytes.length}`, bytes.subarray(0, 1000))).status, 404, 'knowing a hash is no right');
  assert.equal((await put(api, '?at=0&size=12', bytes.subarray(0, 12))).status, 400, 'another length than the record says');
  const half = 512 * 1024;
  assert.deepEqual((await put(api, `?at=0&size=${bytes.length}`, bytes.subarray(0, half))).json, { have: half, complete: false });
  assert.deepEqual((await put(api, `?at=0&size=${bytes.length}`, bytes.subarray(0, half))).json, { have: half, complete: false }, 'sent again');
  assert.equal((await get(api)).status, 404, 'not whole yet');
  assert.deepEqual((await api('GET', at + '/have')).json, { have: half, complete: false });
  assert.equal((await put(api, `?at=${half}&size=${bytes.length}`, Buffer.concat([bytes.subarray(half, -1), Buffer.from([bytes.at(-1) ^ 1])]))).status, 400, 'one bit is wrong');
  assert.deepEqual((await api('GET', at + '/have')).json, { have: 0, complete: false }, 'from the beginning');
  await put(api, `?at=0&size=${bytes.length}`, bytes.subarray(0, half));
  assert.equal((await put(api, `?at=${half}&size=${bytes.length}`, bytes.subarray(half))).json.complete, true);
  const whole = await get(api);
  assert.ok(whole.bytes.equals(bytes));
  assert.equal(whole.type, 'application/octet-stream');
  assert.ok((await get(api, '?at=' + half)).bytes.equals(bytes.subarray(half)));
  assert.equal((await get(ben)).status, 404);
  const own = (await ben('POST', '/v1/records/attachment', { name: 'a guess.jpg', mime: 'image/jpeg', size: bytes.length, sha256: sha })).json.id;
  const guess = `/v1/blobs/${own}/${sha}`;
  assert.deepEqual((await ben('GET', guess + '/have')).json, { have: 0, complete: false }, 'a record of a hash does not bring the bytes of another');
  assert.equal((await ben('GET', guess)).status, 404);
  assert.equal((await ben('GET', `/v1/blobs/${record}/${sha}/have`)).status, 404);
  const theirs = (await api('POST', '/v1/records/person', { last_name: 'Soon hidden' })).json.id;
  const unsent = (await ben('POST', '/v1/records/attachment', { name: 'unsent.jpg', mime: 'image/jpeg', size: bytes.length, sha256: sha, person: theirs })).json.id;
  await api('PATCH', '/v1/records/person/' + theirs, { visibility: 'private', owner: anna });
  at = `/v1/blobs/${unsent}/${sha}`;
  assert.equal((await ben('GET', '/v1/records/attachment/' + unsent)).status, 404, 'Ben lost sight of it');
  await put(ben, `?at=0&size=${bytes.length}`, bytes.subarray(0, half));
  assert.equal((await put(ben, `?at=${half}&size=${bytes.length}`, bytes.subarray(half))).json.complete, true, 'what its author has not sent yet is nowhere else');
  assert.equal((await get(ben)).status, 404);
  assert.ok((await get(api)).bytes.equals(bytes));
  at = `/v1/blobs/${record}/${sha}`;
  await api('DELETE', '/v1/records/person/' + person);
  await api('POST', `/v1/records/person/${person}/purge`);
  assert.equal((await get(api)).status, 404);
  assert.equal((await api('GET', '/v1/records/attachment/' + record)).status, 404);
});

test('a snapshot is paged and can be resumed from any page', async () => {
  const install = '01890000-0000-7000-8000-00000000000c';
  const answer = await fetch(server.url + '/v1/login', { method: 'POST', headers: { 'X-Holdfast': '1' }, body: JSON.stringify({ email: 'anna@example.org', password, install }) });
  const headers = { cookie: answer.headers.get('set-cookie').split(';')[0] };
  const page = async cursor => Buffer.from(await (await fetch(`${server.url}/v1/snapshot?max=200&cursor=${cursor}`, { headers })).arrayBuffer());
  const next = bytes => /[sp]\.[0-9a-f-]{36}\.[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+(\.[0-9a-f-]{36})?/.exec(bytes.toString('latin1'))[0];
  const cursors = [''];
  for (let cursor = ''; ;) { cursor = next(await page(cursor)); if (cursor[0] === 'p') break; cursors.push(cursor); assert.ok(cursors.length < 100); }
  assert.ok(cursors.length > 3);
  assert.equal(next(await page(cursors[2])), cursors[3]);
});

test('limits: sizes, headers, hosts, origins, upgrades, line breaks', async () => {
  const { url } = server, host = new URL(url).host;
  assert.equal((await api('POST', '/v1/records/person', { notes: 'x'.repeat(2200000) })).status, 413);
  assert.match(await raw(`GET /${'a'.repeat(3000)} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`), /^HTTP\/1.1 414/);
  assert.match(await raw(`GET /healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${'X: y\r\n'.repeat(100)}\r\n`), /^HTTP\/1.1 4\d\d/);
  assert.match(await raw(`GET /healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nX: ${'y'.repeat(9000)}\r\n\r\n`), /^HTTP\/1.1 4\d\d/);
  assert.match(await raw(`GET /healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`), /^HTTP\/1.1 421/);
  assert.match(await raw(`GET /healthz HTTP/1.1\r\nHost: ${host}\r\nX: a%0d%0aSet-Cookie: b\r\nConnection: close\r\n\r\n`), /^HTTP\/1.1 400/);
  assert.match(await raw(`GET /v1/live HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nOrigin: https://evil.example\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n`), /^HTTP\/1.1 400/);
  assert.match(await raw(`POST /v1/login HTTP/1.1\r\nHost: ${host}\r\nOrigin: https://evil.example\r\nX-Holdfast: 1\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`), /^HTTP\/1.1 403/);
  assert.match(await raw(`POST /v1/login HTTP/1.1\r\nHost: ${host}\r\nContent-Encoding: gzip\r\nX-Holdfast: 1\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`), /^HTTP\/1.1 415/);
  assert.match(await raw(`POST /v1/login HTTP/1.1\r\nHost: ${host}\r\nX-Holdfast: 1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n-1\r\nx\r\n0\r\n\r\n`), /^(HTTP\/1.1 4\d\d|$)/);
  assert.match(await raw(`GET /${'a/'.repeat(900)} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`), /^HTTP\/1.1 404/);
  assert.equal((await fetch(url + '/healthz')).status, 200);
});

test('live streams hint at news, and there is a cap', async () => {
  const stop = new AbortController();
  const token = (await (await fetch(server.url + '/v1/login', { method: 'POST', headers: { 'X-Holdfast': '1' }, body: JSON.stringify({ email: 'anna@example.org', password, token: true }) })).json()).token;
  const open = () => fetch(server.url + '/v1/live', { headers: { Authorization: 'Bearer ' + token }, signal: stop.signal });
  const first = await open(), reader = first.body.getReader();
  assert.match(Buffer.from((await reader.read()).value).toString(), /retry/);
  await api('POST', '/v1/records/person', { last_name: 'News' });
  assert.match(Buffer.from((await reader.read()).value).toString(), /data: moved/);
  const more = await Promise.all(Array.from({ length: 32 }, open));
  assert.ok(more.some(r => r.status === 503));
  assert.equal((await fetch(server.url + '/healthz')).status, 200);
  stop.abort();
});

test('openapi, health and metrics describe what is there; logs name routes, not people', async () => {
  const description = (await api('GET', '/v1/openapi.json')).json;
  assert.ok(description.paths['/v1/records/person/{id}'].patch);
  assert.ok(description.components.schemas.person.properties.last_name);
  assert.match((await api('GET', '/metrics')).text, /^holdfast_requests_total \d+$/m);
  assert.ok(!server.log.includes('zoe') && !server.log.includes('anna@'));
  assert.match(server.log, /"route":"\/v1\/records\/:entity"/);
  for (const line of server.log.trim().split('\n')) JSON.parse(line);
});

test('the data folder has one user at a time; SIGTERM ends well; SIGKILL loses nothing acknowledged', async () => {
  const own = dataFolder();
  addUser(own.folder, 'anna@example.org', 'Anna');
  let s = await startServer(own.folder), call = await scriptClient(s.url, 'anna@example.org');
  const refused = spawnSync(binary, ['check', '--data', own.folder]);
  assert.equal(refused.status, 1);
  assert.match(refused.stderr.toString(), /Another Holdfast process/);
  const made = (await call('POST', '/v1/records/person', { last_name: 'Kept' })).json;
  await s.kill();
  assert.match(execFileSync(binary, ['check', '--data', own.folder]).toString(), /All is well/);
  s = await startServer(own.folder);
  call = await scriptClient(s.url, 'anna@example.org');
  assert.equal((await call('GET', '/v1/records/person/' + made.id)).json.last_name, 'Kept');
  execFileSync(binary, ['backup', '--data', own.folder, '--to', join(own.folder, 'copy.db')]);
  await call('POST', '/v1/records/person', { last_name: 'After the backup' });
  assert.equal(await s.stop(), 0);
  assert.match(execFileSync(binary, ['restore', '--from', join(own.folder, 'copy.db'), '--data', own.folder]).toString(), /Restored/);
  s = await startServer(own.folder);
  call = await scriptClient(s.url, 'anna@example.org');
  assert.deepEqual((await call('GET', '/v1/records/person')).json.items.map(p => p.last_name), ['Kept']);
  await s.stop();
  own.remove();
});

test('a backup taken while people write is whole, and has everything from before it', async () => {
  const own = dataFolder(), restored = dataFolder();
  addUser(own.folder, 'anna@example.org', 'Anna');
  const s = await startServer(own.folder), call = await scriptClient(s.url, 'anna@example.org');
  let made = 0, writes = true;
  const writer = (async () => { for (; writes; made++) assert.equal((await call('POST', '/v1/records/person', { last_name: 'Number ' + made })).status, 201); })();
  for (let n = 0; n < 3; n++) {
    const before = made, copy = join(own.folder, `copy${n}.db`);
    await promisify(execFile)(binary, ['backup', '--data', own.folder, '--to', copy]);
    assert.match(execFileSync(binary, ['restore', '--from', copy, '--data', restored.folder]).toString(), /Restored/);
    assert.match(execFileSync(binary, ['check', '--data', restored.folder]).toString(), /All is well/);
    const back = await startServer(restored.folder), then = await scriptClient(back.url, 'anna@example.org');
    const there = new Set();
    for (let after = ''; after !== undefined;) {
      const page = (await then('GET', '/v1/records/person?limit=500' + (after && '&after=' + after))).json;
      for (const p of page.items) there.add(p.last_name);
      after = page.next || undefined;
    }
    for (let i = 0; i < before; i++) assert.ok(there.has('Number ' + i), `number ${i} of ${before}`);
    await back.stop();
  }
  writes = false;
  await writer;
  await s.stop();
  for (const folder of [own, restored]) folder.remove();
});

test('a restore asks nothing of what it takes the place of, and changes nothing before all of it is ready', async () => {
  const own = dataFolder(), db = join(own.folder, 'holdfast.db'), copy = join(own.folder, 'copy.db'), newer = join(own.folder, 'newer.db');
  addUser(own.folder, 'anna@example.org', 'Anna');
  execFileSync(binary, ['backup', '--data', own.folder, '--to', copy]);
  const history = file => execFileSync('python3', ['-c', "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute(\"SELECT value FROM meta WHERE key='epoch'\").fetchone()[0])", file]).toString().trim();
  const restore = from => spawnSync(binary, ['restore', '--from', from, '--data', own.folder]);
  // A backup of a program that knows more than this one.
  copyFileSync(copy, newer);
  execFileSync('python3', ['-c', "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute(\"INSERT INTO key(entity, field, no) VALUES('person', 'of_tomorrow', 999)\"); db.commit()", newer]);
  const before = history(db);
  const refused = restore(newer);
  assert.equal(refused.status, 1);
  assert.match(refused.stderr.toString(), /newer version/);
  assert.equal(history(db), before);
  assert.ok(!existsSync(join(own.folder, 'restoring')));
  // What is there was written by one that knows more, or is no database any more.
  for (const damage of [() => copyFileSync(newer, db), () => writeFileSync(db, randomBytes(10_000))]) {
    damage();
    const was = readFileSync(db), done = restore(copy);
    assert.equal(done.status, 0, done.stderr.toString());
    const kept = /What was there before is in (\S+)\./.exec(done.stdout.toString())[1];
    assert.ok(existsSync(kept));
    if (was.subarray(0, 6).toString() !== 'SQLite') assert.deepEqual(readFileSync(kept), was);
    assert.notEqual(history(db), before);
    assert.match(execFileSync(binary, ['check', '--data', own.folder]).toString(), /All is well/);
  }
  own.remove();
});

test('import from the command line: counts, dry run, once only', () => {
  const own = dataFolder(), file = join(own.folder, 'people.csv');
  writeFileSync(file, 'First name;Last name;E-mail\nAnna;Berg;anna@example.org\nBen;Cash;ben@example.org\n');
  const run = (...more) => spawnSync(binary, ['import', file, '--as', 'person', '--data', own.folder, ...more]).stdout.toString().trim().split('\n').pop();
  assert.equal(run('--dry-run'), '2 created, 0 updated, 0 skipped, 0 failed');
  assert.equal(run(), '2 created, 0 updated, 0 skipped, 0 failed');
  assert.equal(run(), '0 created, 0 updated, 2 skipped, 0 failed');
  own.remove();
});

test('the client’s files come with their types, compressed, and under a strict policy', async () => {
  const own = dataFolder();
  addUser(own.folder, 'anna@example.org', 'Anna');
  const s = await startServer(own.folder, { web: 'build/web' });
  for (const [path, type] of [['/', 'text/html; charset=utf-8'], ['/people/some-id', 'text/html; charset=utf-8'], ['/core.wasm', 'application/wasm'], ['/page.js', 'text/javascript; charset=utf-8'],
    ['/app.css', 'text/css; charset=utf-8'], ['/manifest.webmanifest', 'application/manifest+json'], ['/inter-latin.woff2', 'font/woff2']]) {
    const r = await fetch(s.url + path, { headers: { 'Accept-Encoding': 'br' } });
    assert.equal(r.status, 200, path);
    assert.equal(r.headers.get('content-type'), type);
    assert.match(r.headers.get('content-security-policy'), /default-src 'self'; script-src 'self' 'wasm-unsafe-eval'/);
    assert.equal(r.headers.get('x-content-type-options'), 'nosniff');
    if (!path.endsWith('woff2')) assert.equal(r.headers.get('content-encoding'), 'br');
    assert.equal((await fetch(s.url + path, { headers: { 'If-None-Match': r.headers.get('etag') } })).status, 304);
  }
  assert.equal((await fetch(s.url + '/../../etc/passwd')).status, 200);  // A path of the app, once the client has resolved it.
  assert.equal((await fetch(s.url + '/%2e%2e/%2e%2e/etc/passwd.txt')).status, 404);
  await s.stop();
  own.remove();
});
