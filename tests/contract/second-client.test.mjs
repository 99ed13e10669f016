// The protocol as docs/sync.md describes it is enough to write another client from.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { addUser, binary, dataFolder, password, scriptClient, startServer } from '../support/server.mjs';
import { newId } from './frames.mjs';
import { SecondClient } from './second-client.mjs';

const data = dataFolder();
let server, api;
before(async () => {
  addUser(data.folder, 'anna@example.org', 'Anna');
  server = await startServer(data.folder);
  api = await scriptClient(server.url, 'anna@example.org');
});
after(async () => { await server.stop(); data.remove(); });

test('a client in another language signs in, pushes, pulls and converges', async () => {
  for (let i = 0; i < 40; i++) await api('POST', '/v1/records/person', { first_name: 'Before', last_name: 'Number ' + i, tags: ['old'] });
  const a = await SecondClient.signIn(server.url, 'anna@example.org'), b = await SecondClient.signIn(server.url, 'anna@example.org');
  await a.sync();
  await b.sync();
  assert.equal([...a.records.values()].filter(r => r.entity === 'person').length, 40);
  const id = a.create({ first_name: 'Zoë', last_name: '張偉' });
  a.set(id, 'job_title', 'Buyer');  // Offline, on top of what is not yet judged.
  await a.sync();
  await b.sync();
  assert.equal(b.get(id, 'first_name'), 'Zoë');
  assert.equal((await api('GET', '/v1/records/person/' + id)).json.job_title, 'Buyer');

  // The same field and another one, neither knowing of the other.
  a.set(id, 'job_title', 'Owner');
  b.set(id, 'job_title', 'Technician');
  b.set(id, 'last_name', 'Zhang');
  b.set(id, 'last_name', 'Zhang-Berg');
  await a.sync();
  await b.sync();
  await a.sync();
  for (const key of ['first_name', 'last_name', 'job_title']) assert.equal(a.get(id, key), b.get(id, key), key);
  // Which of two changes within the same moment is the later one is the server's to say.
  const kept = a.get(id, 'job_title'), lost = kept === 'Owner' ? 'Technician' : 'Owner';
  assert.equal(a.get(id, 'last_name'), 'Zhang-Berg');
  for (const client of [a, b]) {
    const conflicts = [...client.records.values()].filter(r => r.entity === 'conflict');
    assert.deepEqual(conflicts.map(c => [c.values.field, c.values.kept, c.values.lost]), [['job_title', kept, lost]]);
    assert.equal(client.outbox.length, 0);
  }

  // Sent twice, judged once; erased for good, gone everywhere, and no longer to be changed.
  b.set(id, 'first_name', 'Zoe');
  const frame = b.pushFrame(), headers = { cookie: b.cookie, 'X-Holdfast': '1' };
  for (let i = 0; i < 2; i++) assert.equal((await fetch(server.url + '/v1/push', { method: 'POST', headers, body: frame })).status, 200);
  await api('DELETE', '/v1/records/person/' + id);
  assert.equal((await api('POST', `/v1/records/person/${id}/purge`)).status, 200);
  await b.sync();
  assert.ok(!b.records.has(id));
  a.set(id, 'first_name', 'Too late');
  await a.sync();
  assert.deepEqual(a.refused.map(r => r.code), ['purged']);
  assert.ok(!a.records.has(id));
});

test('what the device of a deactivated member has not sent waits there, and all of it arrives once the member is active again', async () => {
  const member = (await api('POST', '/v1/members', { name: 'Ben', email: 'ben@example.org', password })).json.id;
  const ben = await SecondClient.signIn(server.url, 'ben@example.org'), number = ben.device, script = await scriptClient(server.url, 'ben@example.org');
  const shared = ben.create({ first_name: 'Shared', last_name: 'First' });
  await ben.sync();
  // One change was taken and its answer lost; two were never sent.
  ben.set(shared, 'first_name', 'Answer lost');
  const headers = () => ({ cookie: ben.cookie, 'X-Holdfast': '1' });
  assert.equal((await fetch(server.url + '/v1/push', { method: 'POST', headers: headers(), body: ben.pushFrame() })).status, 200);
  const made = new Map([[ben.create({ first_name: 'Made', last_name: 'Before it' }), 'Before it']]);
  ben.set(shared, 'last_name', 'Of Ben');

  const stream = await fetch(server.url + '/v1/live', { headers: { cookie: ben.cookie } });
  assert.equal((await api('PATCH', '/v1/members/' + member, { active: false })).status, 200);
  assert.equal((await api('PATCH', '/v1/records/person/' + shared, { last_name: 'Of Anna' })).status, 200);
  const head = (await (await fetch(server.url + '/healthz')).json()).head;
  // The stream that was open tells that there is something to see, and ends.
  assert.match(await new Response(stream.body).text(), /data: moved\n\n$/);
  // No door is open: not to the device, nor with the right password, nor to the member's scripts.
  for (const [method, path, body] of [['POST', '/v1/push', ben.pushFrame()], ['GET', '/v1/pull?cursor=' + ben.cursor], ['GET', '/v1/snapshot'], ['GET', '/v1/live'], ['GET', '/v1/me'], ['POST', '/v1/renew', JSON.stringify({ install: newId() })]])
    assert.equal((await fetch(server.url + path, { method, headers: headers(), body })).status, 401, path);
  await assert.rejects(ben.signInAgain(), /account is deactivated/);
  assert.equal((await script('POST', '/v1/records/person', { last_name: 'By a script' })).status, 401);
  for (let n = 0; n < 3; n++) made.set(ben.create({ first_name: 'Made', last_name: 'While deactivated ' + n }), 'While deactivated ' + n);
  await assert.rejects(ben.sync(), /Sign in first/);
  assert.equal(ben.unsent().length, 6);
  assert.equal((await (await fetch(server.url + '/healthz')).json()).head, head);

  assert.equal((await api('PATCH', '/v1/members/' + member, { active: true })).status, 200);
  await assert.rejects(ben.sync(), /Sign in first/);  // The old session does not come back.
  await ben.signInAgain();
  assert.equal(ben.device, number, 'the same device, so that its numbers go on');
  await ben.sync();
  await ben.sync();
  assert.deepEqual([ben.outbox, ben.refused], [[], []]);
  const anna = await SecondClient.signIn(server.url, 'anna@example.org');
  await anna.sync();
  const people = (await api('GET', '/v1/records/person?first_name=Made')).json.items;
  assert.deepEqual(people.map(p => [p.id, p.last_name]).sort(), [...made].sort());  // Each once.
  for (const client of [anna, ben]) {
    for (const [id, name] of made) assert.equal(client.get(id, 'last_name'), name);
    assert.equal(client.get(shared, 'first_name'), 'Answer lost');
    // Where Anna wrote meanwhile, both values are there.
    const conflicts = [...client.records.values()].filter(r => r.entity === 'conflict' && r.values.record === shared);
    assert.deepEqual(conflicts.map(c => [c.values.field, [c.values.kept, c.values.lost].sort()]), [['last_name', ['Of Anna', 'Of Ben']]]);
    assert.equal(client.get(shared, 'last_name'), conflicts[0].values.kept);
  }
});

test('what goes out of a member’s sight goes from the client, without being erased, and comes back with the sight of it', async () => {
  assert.equal((await api('POST', '/v1/members', { name: 'Cleo', email: 'cleo@example.org', password })).status, 201);
  const cleo = await SecondClient.signIn(server.url, 'cleo@example.org');
  const id = (await api('POST', '/v1/records/person', { first_name: 'Now', last_name: 'Hidden' })).json.id;
  const see = async visibility => {
    assert.equal((await api('PATCH', '/v1/records/person/' + id, { visibility })).status, 200);
    await cleo.sync();
    return cleo.get(id, 'last_name');
  };
  await cleo.sync();
  assert.equal(cleo.get(id, 'last_name'), 'Hidden');
  assert.equal(await see('private'), undefined);
  assert.equal((await api('GET', '/v1/records/person/' + id)).json.last_name, 'Hidden');
  assert.equal(await see('everyone'), 'Hidden');
});

/// The hex block that follows a heading of docs/sync.md, without what is said beside it.
function bytesInDoc(heading) {
  const doc = readFileSync('docs/sync.md', 'utf8').split('### ' + heading + '\n')[1];
  const hex = /```hex\n([\s\S]*?)```/.exec(doc)[1].split('\n').map(line => line.replace(/ {2,}.*$/, ''));
  return Buffer.from(hex.join('').replaceAll(' ', ''), 'hex');
}

test('the page of docs/sync.md is what another client can read', () => {
  const page = new SecondClient().readPage(bytesInDoc('A page'));
  assert.deepEqual([page.head, page.acked, page.more, page.refusals], [9, 3, false, [{ no: 3, code: 'forbidden', reason: 'No.' }]]);
  assert.deepEqual(page.rows.map(r => [r.seq, r.whole, r.life, r.values]), [
    [8, false, 0, { last_name: 'Berg' }],
    [9, true, 0, { owner: null, source: null, external_ids: null, first_name: 'Ben', last_name: null }],
    [9, false, 3, {}]]);
  assert.deepEqual(page.rows[0].versions, { last_name: 8 });
});

test('the worked example of docs/sync.md is what the server takes', async () => {
  const example = bytesInDoc('An example');
  // The example belongs to a workspace and a device of its own; with this server's in their places it is taken.
  const c = await SecondClient.signIn(server.url, 'anna@example.org');
  await c.sync();
  const { default: xxhash } = await import('xxhash-wasm');
  const { h32Raw } = await xxhash();
  assert.equal(h32Raw(example.subarray(0, -4), 0), example.readUInt32LE(example.length - 4), 'the checksum of the example');
  const own = Buffer.from(example);
  Buffer.from(c.workspace.replaceAll('-', ''), 'hex').copy(own, 3);
  Buffer.from(c.install.replaceAll('-', ''), 'hex').copy(own, 19);
  Buffer.from(c.epoch.replaceAll('-', ''), 'hex').copy(own, 35);
  own[51] = c.device;
  own.writeUInt32LE(h32Raw(own.subarray(0, -4), 0), own.length - 4);
  const answer = await fetch(server.url + '/v1/push', { method: 'POST', headers: { cookie: c.cookie, 'X-Holdfast': '1' }, body: own });
  assert.equal(answer.status, 200, await answer.clone().text());
  const found = (await api('GET', '/v1/records/person?search=example')).json.items;
  assert.deepEqual(found.map(p => [p.first_name, p.last_name]), [['Ada', 'Example']]);
  await server.stop();
  assert.match(execFileSync(binary, ['check', '--data', data.folder]).toString(), /All is well/);
});
