// What the server says with a status, and with the switches it is started with, to a client that speaks the protocol itself.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { addUser, binary, dataFolder, password, scriptClient, startServer } from '../support/server.mjs';
import { newId, opened } from './frames.mjs';
import { SecondClient } from './second-client.mjs';

async function started(t, ...extra) {
  const data = dataFolder(), use = { folder: data.folder };
  t.after(() => { use.server?.child.kill('SIGKILL'); data.remove(); });
  addUser(data.folder, 'anna@example.org', 'Anna');
  use.start = async () => { use.server = await startServer(data.folder, { extra, port: use.server?.port ?? 0 }); };
  await use.start();
  use.client = () => SecondClient.signIn(use.server.url, 'anna@example.org');
  return use;
}
const push = (client, body) => fetch(client.url + '/v1/push', { method: 'POST', headers: { cookie: client.cookie, 'X-Holdfast': '1' }, body });

test('another version of the protocol is told to be updated, and nothing of it is taken', async t => {
  const use = await started(t), client = await use.client();
  await client.pull();
  client.create({ last_name: 'Of tomorrow' });
  const frame = client.pushFrame();
  const { h32Raw } = await (await import('xxhash-wasm')).default();
  frame[1] = 2;
  frame.writeUInt32LE(h32Raw(frame.subarray(0, -4), 0), frame.length - 4);
  const told = await push(client, frame);
  assert.equal(told.status, 426);
  assert.ok((await told.json()).error);
  await client.sync();
  assert.equal(client.outbox.length, 0);
  assert.equal([...client.records.values()].filter(r => r.entity === 'person').length, 1);
});

test('other changes under numbers that were judged come from a copy: 409 and a sentence', async t => {
  const use = await started(t), client = await use.client();
  await client.sync();
  client.create({ last_name: 'By the original' });
  const before = client.judged;
  await client.push();
  client.opNo = before;
  client.judged = before;
  client.outbox = [];
  client.create({ last_name: 'By the copy' });
  const told = await push(client, client.pushFrame());
  assert.equal(told.status, 409);
  assert.match((await told.json()).error, /copied from another device/);
});

test('after a restore a push of the lost history is answered with a page that says where to begin again', async t => {
  const use = await started(t), client = await use.client(), copy = join(use.folder, 'copy.db');
  await client.sync();
  client.create({ last_name: 'Before' });
  await client.sync();
  execFileSync(binary, ['backup', '--data', use.folder, '--to', copy]);
  client.create({ last_name: 'After' });
  await client.sync();
  await use.server.stop();
  execFileSync(binary, ['restore', '--from', copy, '--data', use.folder]);
  await use.start();
  client.create({ last_name: 'Not sent yet' });
  const told = await push(client, client.pushFrame());
  assert.equal(told.status, 409);
  const bytes = new Uint8Array(await told.arrayBuffer());
  opened(bytes, 'R');
  const page = client.readPage(bytes);
  assert.equal(page.flags & 2, 2);
  assert.notEqual(page.epoch, client.epoch);
  assert.equal(page.acked, 1, 'it has judged the first change only');
});

test('ten wrong passwords make an address wait, the right one too; another address does not', async t => {
  const use = await started(t);
  const signIn = (email, secret) => fetch(use.server.url + '/v1/login', { method: 'POST', headers: { 'X-Holdfast': '1' }, body: JSON.stringify({ email, password: secret, install: newId() }) });
  for (let i = 0; i < 10; i++) assert.equal((await signIn('anna@example.org', 'wrong ' + i)).status, 401);
  const told = await signIn('anna@example.org', password);
  assert.equal(told.status, 429);
  assert.match((await told.json()).error, /Wait a quarter of an hour/);
  assert.equal((await signIn('ben@example.org', 'wrong')).status, 401);
});

test('--offline-days is told to devices, --records-max is kept', async t => {
  const use = await started(t, '--offline-days', '14', '--records-max', '3'), client = await use.client();
  await client.pull();
  const answer = await fetch(`${use.server.url}/v1/pull?acked=0&max=2000&epoch=${client.epoch}&cursor=${client.cursor}`, { headers: { cookie: client.cookie } });
  assert.equal(client.readPage(new Uint8Array(await answer.arrayBuffer())).offlineDays, 14);
  for (let i = 0; i < 4; i++) client.create({ last_name: 'Number ' + i });
  await client.sync();
  const api = await scriptClient(use.server.url, 'anna@example.org');
  const there = (await api('GET', '/v1/records/person')).json.items.length;
  assert.equal(there, 2, 'with the member, three');
  assert.deepEqual(client.refused.map(r => r.code), ['full', 'full']);
});
