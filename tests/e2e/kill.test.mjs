// The browser is killed in the middle of commits: what the screen had reported is there, and goes on to the server.
// HOLDFAST_KILLS says how often.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { addUser, binary, dataFolder, scriptClient, startServer } from '../support/server.mjs';
import { goto, openKillable, press, profile, ready, signIn, stats } from '../support/browser.mjs';

const kills = +(process.env.HOLDFAST_KILLS || 2), rows = 1500;
const book = Array.from({ length: rows }, (_, i) => `First${i},Last${i},person${i}@example.org`);

/// People in the list: what its first row says of how many.
async function people(page) {
  await goto(page, '/people');
  const first = page.getByRole('list', { name: 'People' }).getByRole('listitem').first();
  return await first.count() ? +await first.getAttribute('aria-setsize') : 0;
}

test(`${kills} kills of a browser that imports lose nothing reported`, async t => {
  const data = dataFolder(), p = profile();
  addUser(data.folder, 'anna@example.org', 'Anna');
  const server = await startServer(data.folder, { web: 'build/web' });
  let b = await openKillable(p.folder), known = 0;
  t.after(async () => { await b.kill(); await server.stop(); data.remove(); p.remove(); });
  await signIn(b.page, server.url, 'anna@example.org');
  for (let kill = 1; kill <= kills; kill++) {
    await goto(b.page, '/import');
    await b.page.getByLabel('Choose a file').setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from('First name,Last name,E-mail\n' + book.join('\n') + '\n') });
    await b.page.getByRole('button', { name: `Import ${rows} rows` }).click();
    const wanted = Math.min(rows - 100, 60 + Math.floor(kill * rows * 0.6 / kills));
    const reported = await b.page.waitForFunction(n => {
      const bar = document.querySelector('[role=progressbar]'), done = bar ? parseInt(bar.getAttribute('aria-label')) : 0;
      return done >= n && done;
    }, wanted, { polling: 'raf' }).then(h => h.jsonValue());
    await b.kill();
    b = await openKillable(p.folder);
    await b.page.goto(server.url);
    await ready(b.page);
    const now = await people(b.page);
    assert.ok(now >= Math.max(reported, known) && now <= rows, `${reported} rows were reported, ${now} people are there`);
    known = now;
  }
  // A killed browser forgets young cookies, not its files.
  await goto(b.page, '/sync');
  if (await b.page.getByRole('button', { name: 'Sign in again' }).count()) {
    await press(b.page, 'Sign in again');
    await signIn(b.page, null, 'anna@example.org');
    await goto(b.page, '/sync');
  }
  await press(b.page, 'Sync now');
  assert.equal((await stats(b.page)).pending_ops, 0);
  const api = await scriptClient(server.url, 'anna@example.org');
  let onServer = 0, after = '';
  do {
    const page = (await api('GET', `/v1/records/person?sort=last_name&limit=500${after && '&after=' + encodeURIComponent(after)}`)).json;
    onServer += page.items.length;
    after = page.next;
  } while (after);
  assert.equal(onServer, known);
  await server.stop();
  assert.match(execFileSync(binary, ['check', '--data', data.folder]).toString(), /All is well/);
});
