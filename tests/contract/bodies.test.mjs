// Bodies that no proper client sends, at every door that reads one: each gets an answer, none breaks the server.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { addUser, dataFolder, scriptClient, startServer } from '../support/server.mjs';

const seed = Number(process.env.HOLDFAST_SEED ?? randomInt(1, 2 ** 31));
let state = seed;
const below = n => {  // Numerical Recipes' linear congruence; the high bits are the good ones.
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor(state / 2 ** 32 * n);
};
const one = list => list[below(list.length)];
const quoted = JSON.stringify;

const keys = ['email', 'password', 'old', 'new', 'install', 'device_name', 'code', 'name', 'role', 'active', 'members', 'token', 'first_name', 'last_name', 'tags', 'company',
  'birthday', 'annual_revenue', 'due_on', 'due_at', 'order', 'visibility', 'team', 'id', 'version', 'do_not_call', '', '__proto__', 'no_such_field'];
/// JSON as text, since some of it no object in memory can say.
const value = depth => one([
  () => 'null', () => 'true', () => '-1', () => '0.5', () => '1e308', () => '9223372036854775808', () => '-9223372036854775809', () => '1e999',
  () => quoted(''), () => quoted('x'.repeat(below(5000))), () => '"\\u0000"', () => '"\\ud800"', () => quoted('2026-02-30'), () => quoted('12.345 EUR'), () => quoted('member'),
  () => quoted('00000000-0000-7000-8000-00000000000' + below(10)), () => '"\xff\xfe"', () => '[]', () => '{}',
  () => '['.repeat(200) + ']'.repeat(200),
  () => depth > 3 ? '1' : '[' + Array.from({ length: below(4) }, () => value(depth + 1)).join(',') + ']',
  () => depth > 3 ? '1' : object(depth + 1),
])();
const object = depth => '{' + Array.from({ length: below(6) }, () => quoted(one(keys)) + ':' + value(depth)).join(',') + '}';
const body = () => {
  const text = below(8) ? object(0) : value(0);
  return Buffer.from(below(6) ? text : text.slice(0, below(text.length + 1)), 'latin1');
};

test('any JSON, and what is none, gets an answer at every door', async t => {
  t.diagnostic('repeat with HOLDFAST_SEED=' + seed);
  const data = dataFolder();
  addUser(data.folder, 'anna@example.org', 'Anna');
  addUser(data.folder, 'ben@example.org', 'Ben', 'member');
  const server = await startServer(data.folder);
  t.after(() => server.child.kill('SIGKILL'));  // Also when something is not as it should be.
  const api = await scriptClient(server.url, 'anna@example.org');
  const person = (await api('POST', '/v1/records/person', { first_name: 'Zoë' })).json.id, company = (await api('POST', '/v1/records/company', { name: 'Acme' })).json.id;
  const team = (await api('POST', '/v1/teams', { name: 'North' })).json.id;
  const ben = (await api('GET', '/v1/records/member')).json.items.find(m => m.name === 'Ben').id;
  assert.ok(person && company && team && ben);
  const doors = [['POST', '/v1/records/person'], ['POST', '/v1/records/company'], ['POST', '/v1/records/task'], ['POST', '/v1/records/contact_point'], ['POST', '/v1/records/attachment'],
    ['PATCH', '/v1/records/person/' + person], ['PATCH', '/v1/records/company/' + company], ['POST', '/v1/members'], ['PATCH', '/v1/members/' + ben], ['POST', '/v1/teams'], ['PATCH', '/v1/teams/' + team],
    ['POST', '/v1/setup'], ['POST', '/v1/login'], ['POST', '/v1/password'], ['POST', '/v1/renew'], ['POST', '/v1/push'], [
      'POST', `/v1/blobs/${person}/${'0'.repeat(64)}`], ['POST', `/v1/records/person/${person}/restore`]];
  const answers = {};
  for (let i = 0; i < 900; i++) {
    const [method, path] = doors[i % doors.length], sent = body();
    const headers = { 'X-Holdfast': '1', 'Content-Type': 'application/json', Authorization: 'Bearer ' + api.token };
    const r = await fetch(server.url + path, { method, headers, body: sent });
    const said = await r.text();
    const what = `seed ${seed}: ${method} ${path} ${sent.toString('latin1').slice(0, 300)} → ${r.status} ${said.slice(0, 200)}`;
    assert.ok(r.status < 500, what);
    if (r.status >= 400) assert.ok(JSON.parse(said).error.length > 5, what);
    answers[r.status] = (answers[r.status] ?? 0) + 1;
  }
  assert.ok(answers[400] > 200 && (answers[200] ?? 0) + (answers[201] ?? 0) > 20, JSON.stringify(answers));
  assert.equal((await api('GET', '/v1/me')).status, 200);
  await server.stop();
  data.remove();
});
