// Text that a browser could take for a page stays text: it comes back as it was written, and no answer with it is one that a
// browser would run. What a browser really makes of it: tests/e2e/markup.test.mjs.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { addUser, dataFolder, password, startServer } from '../support/server.mjs';
import { SecondClient } from './second-client.mjs';

const markup = ['<script>alert(1)</script>', '<img src=x onerror="alert(1)">', '\'"><svg onload=alert(1)>&lt;b&gt;', '<!DOCTYPE html><html><body onload=alert(1)>'];
const script = markup[0], data = dataFolder();
let server, token;

/// Data, said to be nothing else; and were it taken for a page all the same, no script in it would run.
function harmless(r, what) {
  assert.match(r.headers.get('content-type'), /^(application\/json|application\/octet-stream|text\/plain; version=0\.0\.4|text\/event-stream)$/, what);
  assert.equal(r.headers.get('x-content-type-options'), 'nosniff', what);
  const policy = r.headers.get('content-security-policy') ?? '';
  assert.match(policy, /default-src 'self'; script-src 'self' 'wasm-unsafe-eval';.* object-src 'none'; base-uri 'none'; frame-ancestors 'none'/, what);
  assert.ok(!policy.includes('unsafe-inline'), what);
  return r;
}
async function call(method, path, body, headers = {}) {
  const sent = body === undefined || typeof body === 'string' || body instanceof FormData || body instanceof URLSearchParams || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const r = harmless(await fetch(server.url + path, { method, headers: { Authorization: 'Bearer ' + token, 'X-Holdfast': '1', ...headers }, body: sent }), method + ' ' + path);
  const text = await r.text();
  return { status: r.status, headers: r.headers, text, json: r.headers.get('content-type') === 'application/json' ? JSON.parse(text) : null };
}

before(async () => {
  addUser(data.folder, 'anna@example.org', 'Anna');
  server = await startServer(data.folder, { web: 'build/web' });
  token = (await call('POST', '/v1/login', { email: 'anna@example.org', password, token: true, name: script })).json.token;
});
after(async () => { await server.stop(); data.remove(); });

test('markup sent as JSON comes back letter by letter, in records, lists and searches', async () => {
  for (const text of markup) {
    const made = await call('POST', '/v1/records/person', { last_name: text, notes: text, tags: [script] });
    assert.equal(made.status, 201, made.text);
    const changed = await call('PATCH', '/v1/records/person/' + made.json.id, { job_title: text });
    for (const r of [changed.json, (await call('GET', '/v1/records/person/' + made.json.id)).json]) assert.deepEqual([r.last_name, r.job_title, r.notes, r.tags], [text, text, text, [script]]);
  }
  assert.deepEqual((await call('GET', '/v1/records/person')).json.items.map(p => p.last_name).sort(), [...markup].sort());
  assert.equal((await call('GET', '/v1/records/person?search=' + encodeURIComponent(script))).json.items[0].last_name, script);
  assert.equal((await call('GET', '/v1/records/person?last_name=' + encodeURIComponent(script))).json.items[0].last_name, script);
});

test('markup pushed by a device reaches other devices and scripts letter by letter', async () => {
  const a = await SecondClient.signIn(server.url, 'anna@example.org'), b = await SecondClient.signIn(server.url, 'anna@example.org');
  const made = markup.map(text => [a.create({ first_name: text, last_name: text }), text]);
  await a.sync();
  await b.sync();
  assert.equal(a.refused.length, 0);
  for (const [id, text] of made) {
    assert.equal(b.get(id, 'first_name'), text);
    assert.equal((await call('GET', '/v1/records/person/' + id)).json.first_name, text);
  }
  const headers = { cookie: a.cookie, Authorization: '' };
  for (const path of ['/v1/snapshot', '/v1/pull?cursor=' + a.cursor]) assert.equal((await call('GET', path, undefined, headers)).headers.get('content-type'), 'application/octet-stream');
  assert.equal((await call('POST', '/v1/push', script, headers)).status, 400);
});

test('names of members, teams, devices and files may be markup, and are text', async () => {
  const cleo = await call('POST', '/v1/members', { name: script, email: 'cleo@example.org', password });
  assert.equal(cleo.status, 201);
  assert.equal((await call('GET', '/v1/records/member/' + cleo.json.id)).json.name, script);
  const team = (await call('POST', '/v1/teams', { name: script, members: [cleo.json.id] })).json.id;
  assert.equal((await call('GET', '/v1/records/team/' + team)).json.name, script);
  const device = await call('POST', '/v1/login', { email: 'cleo@example.org', password, install: '01890000-0000-7000-8000-0000000000ab', device_name: script });
  assert.equal(device.json.name, script);
  const seen = (await call('GET', '/v1/devices')).json.items.find(d => d.device === device.json.device);
  assert.deepEqual([seen.name, seen.member_name], [script, script]);
  for (const mail of [script, script + '@example.org']) {
    const r = await call('POST', '/v1/members', { name: 'x', email: mail, password });
    if (r.status === 201) assert.equal((await call('GET', '/v1/records/member/' + r.json.id)).json.email, mail);
    else assert.equal(r.status, 400);
  }
});

test('answers that repeat what was wrong say it as JSON', async () => {
  const at = encodeURIComponent(script);
  const person = (await call('POST', '/v1/records/person', { last_name: 'x' })).json.id;
  const wrong = [
    ['POST', '/v1/records/person', { [script]: 1 }], ['POST', '/v1/records/person', { birthday: script }], ['POST', '/v1/records/person', { company: script }], ['POST', '/v1/records/person', script],
    ['POST', '/v1/records/activity', { minutes: script }], ['PATCH', '/v1/records/person/' + person, { [markup[1]]: script }], ['POST', '/v1/records/' + at, {}], ['GET', '/v1/records/' + at],
    ['GET', '/v1/records/person/' + at], ['GET', '/v1/records/person?sort=' + at], ['GET', '/v1/records/person?after=' + at], ['GET', '/v1/records/person?limit=' + at], ['GET', '/v1/records/person?birthday=' + at],
    ['POST', `/v1/records/person/${person}/purge?with=${at}`], ['PATCH', '/v1/members/' + at, {}], ['POST', '/v1/teams', { name: 'x', members: [script] }], ['POST', `/v1/devices/${at}/remove`],
    ['POST', '/v1/login', { email: script, password: script }], ['POST', '/v1/login', { email: 'anna@example.org', password, install: script }], ['POST', '/v1/setup', { code: script }], ['POST', '/v1/renew', { install: script }],
    ['POST', '/v1/password', { old: script, new: script }], ['GET', `/v1/blobs/${at}/${at}`], ['GET', '/v1/' + at], ['GET', `/${at}.html`], ['GET', `/v1/${at}.html`], ['POST', '/' + at, script], ['DELETE', '/' + at],
    ['GET', '/v1/pull?cursor=' + at, undefined, { cookie: 'holdfast=' + at, Authorization: '' }], ['GET', '/v1/me', undefined, { Authorization: 'Bearer ' + script }], ['GET', '/', undefined, { Origin: 'https://' + at }],
  ];
  let repeated = 0;
  for (const [method, path, body, headers] of wrong) {
    const r = await call(method, path, body, headers);
    const what = `${method} ${decodeURIComponent(path)} ${JSON.stringify(body)}: ${r.text}`;
    assert.ok(r.status >= 400 && r.status < 500, what);
    assert.ok(r.json.error.length > 10, what);
    if (/<script|onerror/.test(r.text)) repeated++;
  }
  assert.ok(repeated > 1, 'none of these answers repeats anything: the test tests nothing');
});

test('what a form on a page would send is refused with JSON', async () => {
  const form = new FormData();
  form.append('email', script);
  form.append(script, new Blob([script], { type: 'text/html' }), script + '.html');
  for (const path of ['/v1/login', '/v1/setup', '/v1/records/person', '/v1/members', '/v1/teams', '/v1/push', '/v1/renew'])
    for (const body of [form, new URLSearchParams({ [script]: script }), `{"${script}": "` + script])
      for (const headers of [{ 'X-Holdfast': '1' }, { 'X-Holdfast': '' }]) {
        const r = await call('POST', path, body, { Authorization: '', ...headers });
        assert.ok(r.status >= 400 && r.json.error.length > 10, `${path}: ${r.status} ${r.text}`);
      }
});

test('requests that are none get JSON too', async () => {
  const raw = bytes => new Promise((resolve, reject) => {
    const socket = net.connect(server.port, '127.0.0.1', () => socket.end(bytes));
    let answer = '';
    socket.on('data', d => { answer += d; });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
  const host = new URL(server.url).host, end = `Host: ${host}\r\nConnection: close\r\n\r\n`;
  for (const request of [`${script} / HTTP/1.1\r\n${end}`, `GET ${script} HTTP/1.1\r\n${end}`, `GET /${script.replaceAll(' ', '')} ${script}\r\n${end}`, `GET / HTTP/1.1\r\nHost: ${script}\r\nConnection: close\r\n\r\n`,
    `GET / HTTP/1.1\r\n${script}: x\r\n${script}\r\n${end}`, `GET /${'a'.repeat(3000)}${script} HTTP/1.1\r\n${end}`, `GET / HTTP/1.1\r\nExpect: ${script}\r\n${end}`, `GET / HTTP/1.1\r\nRange: ${script}\r\n${end}`, `PUT /${script} HTTP/1.1\r\n${end}`,
    `OPTIONS / HTTP/1.1\r\n${end}`, `TRACE /${script} HTTP/1.1\r\nX: ${script}\r\n${end}`]) {
    const answer = await raw(request);
    if (!answer) continue;  // Only cut off.
    const [head, body] = answer.split('\r\n\r\n');
    if (/^HTTP\/1.1 (2|3)/.test(head)) assert.match(head, /^HTTP\/1.1 (200|204) /, request);
    assert.match(head, /\r\nX-Content-Type-Options: nosniff(\r\n|$)/, request);
    assert.match(head, /\r\nContent-Security-Policy: default-src 'self'/, request);
    if (!/^HTTP\/1.1 2/.test(head)) assert.match(head, /\r\nContent-Type: application\/json(\r\n|$)/, request);
    assert.ok(!body.includes('alert(1)') || head.includes('application/json'), request);
  }
});

test('an address with markup in it shows the app itself, and nothing of the address', async () => {
  const page = await (await fetch(server.url + '/')).text();
  for (const path of ['/people/' + encodeURIComponent(script.replaceAll('/', '')), '/people?search=' + encodeURIComponent(script)]) {
    const r = await fetch(server.url + path);
    assert.equal(await r.text(), page);
    assert.match(r.headers.get('content-security-policy'), /script-src 'self' 'wasm-unsafe-eval';/);
    assert.equal(r.headers.get('x-content-type-options'), 'nosniff');
  }
});

test('files of types that a browser runs are handed out as bytes to be saved', async () => {
  const files = [
    ['page.html', 'text/html', `<!DOCTYPE html>${script}`], ['drawing.svg', 'image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'], ['code.js', 'text/javascript', 'alert(1)'],
    ['page.xhtml', 'application/xhtml+xml', `<html xmlns="http://www.w3.org/1999/xhtml">${script}</html>`], [script, 'text/html\r\nX-Injected: 1', script], ['photo.jpg', 'image/jpeg', `<html>${script}`],
  ];
  for (const [name, mime, content] of files) {
    const bytes = Buffer.from(content), sha = createHash('sha256').update(bytes).digest('hex');
    const made = await call('POST', '/v1/records/attachment', { name, mime, size: bytes.length, sha256: sha });
    assert.equal(made.status, 201, made.text);
    assert.equal(made.json.name, name);
    const at = `/v1/blobs/${made.json.id}/${sha}`;
    assert.equal((await call('POST', `${at}?at=0&size=${bytes.length}`, bytes, { 'Content-Type': mime.split('\r')[0] })).json.complete, true);
    // However it is asked for, also as a browser asks for a page, an image or a script.
    for (const query of ['', '?at=0', '?type=text/html', '?at=0&mime=text%2Fhtml'])
      for (const accept of ['*/*', 'text/html,application/xhtml+xml', 'image/svg+xml,image/*', 'text/javascript']) {
        const r = await call('GET', at + query, undefined, { Accept: accept });
        assert.equal(r.status, 200);
        assert.equal(r.text, content);
        assert.equal(r.headers.get('content-type'), 'application/octet-stream');
        assert.match(r.headers.get('content-disposition'), /^attachment/);
        assert.equal(r.headers.get('cache-control'), 'no-store');
        assert.equal(r.headers.get('x-injected'), null);
      }
  }
});

test('hints are a stream of events and nothing else', async () => {
  const stop = new AbortController();
  const r = await fetch(server.url + '/v1/live', { headers: { Authorization: 'Bearer ' + token }, signal: stop.signal });
  assert.equal(r.status, 200);
  harmless(r, '/v1/live');
  stop.abort();
});
