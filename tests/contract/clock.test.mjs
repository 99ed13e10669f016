// A server whose clock has moved unbelievably since its data was last written serves nothing until an operator has looked.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { addUser, binary, dataFolder, scriptClient, startServer } from '../support/server.mjs';

const minute = 60_000, day = 86_400_000;

/// The time at which a stopped server's data was last written, as it is kept there; `by` moves it. (Python comes with emscripten.)
const lastWritten = (folder, by = 0) => +execFileSync('python3', ['-c', `
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
if db.execute("UPDATE meta SET value = CAST(value AS INTEGER) + ? WHERE key = 'clock_ms'", (int(sys.argv[2]),)).rowcount != 1: sys.exit('no such time')
db.commit()
print(db.execute("SELECT value FROM meta WHERE key = 'clock_ms'").fetchone()[0])
`, join(folder, 'holdfast.db'), String(by)]).toString();

/// Starts a server that is to refuse; one that serves instead is ended after a while.
const refusal = folder => spawnSync(binary, ['serve', '--data', folder, '--listen', '127.0.0.1:0'], { timeout: 20_000 });

async function served(t) {
  const data = dataFolder(), use = { folder: data.folder, server: null };
  t.after(() => { use.server?.child.kill('SIGKILL'); data.remove(); });  // Also when something is not as it should be.
  addUser(data.folder, 'anna@example.org', 'Anna');
  use.start = async (...extra) => {
    use.server = await startServer(data.folder, { extra });
    use.api = await scriptClient(use.server.url, 'anna@example.org');
  };
  await use.start();
  use.kept = (await use.api('POST', '/v1/records/person', { last_name: 'Kept' })).json.id;
  assert.equal(await use.server.stop(), 0);
  return use;
}

for (const [moved, by, word] of [['forward by more than seven days', -(7 * day + 10 * minute), 'forward'], ['back by more than five minutes', 10 * minute, 'back'], ['back by more than seven days', 8 * day, 'back']])
  test(`a clock set ${moved} stops the server until it is started with --accept-clock`, async t => {
    const use = await served(t), before = lastWritten(use.folder, by);
    for (let i = 0; i < 2; i++) {  // Asking again changes nothing.
      const refused = refusal(use.folder);
      assert.equal(refused.status, 1, refused.stdout.toString());
      assert.equal(refused.stderr.toString(), `The server’s clock was set ${word} by more than is believable. An operator must check it, and start the server once with --accept-clock.\n`);
      assert.equal(refused.stdout.toString(), '', 'it never listened');
      assert.equal(lastWritten(use.folder), before, 'a refusal is not taken for an answer');
    }
    await use.start('--accept-clock');
    assert.equal((await use.api('GET', '/v1/records/person/' + use.kept)).json.last_name, 'Kept');
    assert.equal(await use.server.stop(), 0);
    // Once is enough, also when nothing was written meanwhile.
    await use.start();
    const made = await use.api('POST', '/v1/records/person', { last_name: 'After' });
    assert.equal(made.status, 201, made.text);
    assert.ok(Math.abs(Date.parse(made.json.created_at) - Date.now()) < 5 * minute);
    assert.equal(await use.server.stop(), 0);
    assert.match(execFileSync(binary, ['check', '--data', use.folder]).toString(), /All is well/);
  });

test('a server that was off for less than seven days, or whose clock went back a little, serves as ever', async t => {
  const use = await served(t);
  for (const by of [-(7 * day - 10 * minute), 2 * minute]) {
    lastWritten(use.folder, by);
    await use.start();
    assert.equal((await use.api('GET', '/v1/records/person/' + use.kept)).json.last_name, 'Kept');
    assert.equal(await use.server.stop(), 0);
  }
});
