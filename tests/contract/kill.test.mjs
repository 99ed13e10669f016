// The server is killed while it writes: whatever it acknowledged is there, and the files are whole. Scripts write through the
// HTTP interface; devices push, pull, and send again after the kill what got no answer.
// HOLDFAST_KILLS says how often.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { addUser, binary, dataFolder, scriptClient, startServer } from '../support/server.mjs';
import { SecondClient } from './second-client.mjs';

const kills = +(process.env.HOLDFAST_KILLS || 5), writers = 4, pushers = 3;

test(`${kills} kills of a writing server lose nothing acknowledged`, async t => {
  let running = null;
  t.after(() => running?.child.kill('SIGKILL'));  // Also when something is not as it should be.
  const data = dataFolder(), promised = new Map(), made = new Map(), devices = [];
  addUser(data.folder, 'anna@example.org', 'Anna');
  for (let kill = 1; kill <= kills; kill++) {
    const server = running = await startServer(data.folder), api = await scriptClient(server.url, 'anna@example.org');
    while (devices.length < pushers) devices.push(await SecondClient.signIn(server.url, 'anna@example.org'));
    let acknowledged = 0, dying = null;
    const enough = 20 + kill * 37 % 60;
    const pushing = devices.map(async (device, d) => {
      device.url = server.url;
      for (let n = 0, mine = null; ; n++) {
        const name = `kill ${kill} device ${d} write ${n}`;
        if (n % 3 && mine) device.set(mine, 'last_name', name);
        else mine = device.create({ last_name: name });
        made.set(mine, name);
        try {
          await device.sync();
        } catch (e) {
          if (!dying) throw e;
          return;
        }
        if (++acknowledged === enough) dying = server.kill();
      }
    });
    await Promise.all(Array.from({ length: writers }, async (_, writer) => {
      for (let n = 0, mine = null; ; n++) {
        const name = `kill ${kill} writer ${writer} write ${n}`;
        try {
          // A new record, or another name for the last one.
          const r = mine && n % 3 ? await api('PATCH', '/v1/records/person/' + mine, { last_name: name }) : await api('POST', '/v1/records/person', { last_name: name });
          assert.ok(r.status === 200 || r.status === 201, r.text);
          mine = r.json.id;
          promised.set(mine, name);
        } catch (e) {
          if (!dying) throw e;
          if (mine && n % 3) promised.set(mine, [promised.get(mine), name]);  // Whether the last change was written is open.
          return;
        }
        if (++acknowledged === enough) dying = server.kill();
      }
    }));
    await Promise.all(pushing);
    await dying;
    assert.match(execFileSync(binary, ['check', '--data', data.folder]).toString(), /All is well/);
  }
  const server = running = await startServer(data.folder), api = await scriptClient(server.url, 'anna@example.org');
  for (const [id, name] of promised) {
    const found = (await api('GET', '/v1/records/person/' + id)).json;
    assert.ok([name].flat(9).includes(found.last_name), `${found.last_name} instead of ${name}`);
  }
  assert.ok(promised.size > kills * 4 && made.size > kills);
  for (const device of devices) {
    device.url = server.url;
    await device.sync();
    await device.sync();
    assert.equal(device.outbox.length + device.refused.length, 0);
  }
  await devices[0].sync();  // It has the others' too.
  // What a device made is there once and as it last was, acknowledged before the kill or not.
  for (const [id, name] of made) assert.equal((await api('GET', '/v1/records/person/' + id)).json.last_name, name);
  assert.equal([...devices[0].records.values()].filter(r => r.entity === 'person' && r.values.last_name.includes('device')).length, made.size);
  await server.stop();
  data.remove();
});
