// The server is killed while it writes: whatever it acknowledged is there, and the files are whole.
// HOLDFAST_KILLS says how often.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { addUser, binary, dataFolder, scriptClient, startServer } from '../support/server.mjs';

const kills = +(process.env.HOLDFAST_KILLS || 5), writers = 6;

test(`${kills} kills of a writing server lose nothing acknowledged`, async () => {
  const data = dataFolder(), promised = new Map();
  addUser(data.folder, 'anna@example.org', 'Anna');
  for (let kill = 1; kill <= kills; kill++) {
    const server = await startServer(data.folder), api = await scriptClient(server.url, 'anna@example.org');
    let acknowledged = 0, dying = null;
    const enough = 20 + kill * 37 % 60;
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
    await dying;
    assert.match(execFileSync(binary, ['check', '--data', data.folder]).toString(), /All is well/);
  }
  const server = await startServer(data.folder), api = await scriptClient(server.url, 'anna@example.org');
  for (const [id, name] of promised) {
    const found = (await api('GET', '/v1/records/person/' + id)).json;
    assert.ok([name].flat(9).includes(found.last_name), `${found.last_name} instead of ${name}`);
  }
  assert.ok(promised.size > kills * 5);
  await server.stop();
  data.remove();
});
