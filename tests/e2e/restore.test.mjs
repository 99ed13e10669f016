// The office's server comes back from last night's backup: what devices had sent since is there again, nobody has to do anything, and
// what was not sent yet is sent.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { binary, dataFolder, scriptClient, startServer } from '../support/server.mjs';
import { addPerson, desktop, goto, openBrowser, phone, press, profile, setUp, signIn, stats } from '../support/browser.mjs';

test('a server back from a backup gets from devices what it lost, and they show what it has', async t => {
  const data = dataFolder(), profiles = [profile(), profile()], copy = join(data.folder, 'backup.db');
  let server = await startServer(data.folder, { web: 'build/web' });
  const [a, b] = [await openBrowser(profiles[0].folder, phone), await openBrowser(profiles[1].folder, desktop)];
  t.after(async () => { await a.context.close(); await b.context.close(); server.child.kill('SIGKILL'); data.remove(); profiles.forEach(p => p.remove()); });
  const sync = async ({ page }) => { await goto(page, '/sync'); await press(page, 'Sync now'); };
  await setUp(a.page, server.url, server.code);
  await addPerson(a.page, 'Ada', 'Before');
  await sync(a);
  execFileSync(binary, ['backup', '--data', data.folder, '--to', copy]);

  // After the backup: one more person, seen by a second browser that signs in, and another that is not sent yet.
  await addPerson(a.page, 'Ben', 'Since');
  await sync(a);
  await signIn(b.page, server.url, 'anna@example.org');
  await goto(b.page, '/people');
  await b.page.getByRole('link', { name: /Ben Since/ }).waitFor();
  await a.context.setOffline(true);
  await addPerson(a.page, 'Cleo', 'Unsent');
  assert.equal((await stats(a.page)).pending_ops, 1);

  await server.stop();
  execFileSync(binary, ['restore', '--from', copy, '--data', data.folder]);
  server = await startServer(data.folder, { web: 'build/web', port: server.port });
  const api = await scriptClient(server.url, 'anna@example.org');
  const people = async () => (await api('GET', '/v1/records/person')).json.items.map(p => p.last_name).sort();
  assert.deepEqual(await people(), ['Before'], 'the backup has no more');

  await a.context.setOffline(false);
  await sync(a);
  await sync(a);
  assert.equal((await stats(a.page)).pending_ops, 0);
  assert.deepEqual(await people(), ['Before', 'Since', 'Unsent']);
  // The second browser's session began after the backup: it signs in again, and has all of it.
  await sync(b);
  await b.page.getByRole('button', { name: 'Sign in again', exact: true }).first().click();
  await signIn(b.page, null, 'anna@example.org');
  for (const { page } of [a, b]) {
    await goto(page, '/people');
    for (const name of [/Ada Before/, /Ben Since/, /Cleo Unsent/]) await page.getByRole('link', { name }).waitFor();
    assert.equal((await stats(page)).rejected ?? 0, 0);
    assert.deepEqual(page.errors, []);
  }
  await server.stop();
  assert.match(execFileSync(binary, ['check', '--data', data.folder]).toString(), /All is well/);
});
