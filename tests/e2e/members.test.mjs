// Two members in one browser, in two tabs that share its cookie and its memory: neither gets the other's data, nor loses their own.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { addUser, dataFolder, scriptClient, startServer } from '../support/server.mjs';
import { addPerson, goto, openBrowser, phone, press, profile, ready, signIn, stats } from '../support/browser.mjs';

const data = dataFolder(), p = profile();
after(() => { data.remove(); p.remove(); });

test('a tab that was left to somebody else takes nothing from them', async t => {
  addUser(data.folder, 'anna@example.org', 'Anna');
  addUser(data.folder, 'ben@example.org', 'Ben');
  const server = await startServer(data.folder, { web: 'build/web' });
  const { context, page } = await openBrowser(p.folder, phone);
  t.after(async () => { await context.close(); await server.stop(); });
  await signIn(page, server.url, 'anna@example.org');
  // Anna goes on in a second tab, signs out there, and Ben signs in.
  const other = await context.newPage();
  await other.goto(server.url);
  await other.getByRole('button', { name: 'Use it here' }).click();
  await ready(other);
  await page.getByRole('heading', { name: 'Open in another tab' }).waitFor();
  await goto(other, '/settings');
  await press(other, 'Sign out');
  await other.getByLabel('E-mail').waitFor();
  await signIn(other, server.url, 'ben@example.org');
  await context.setOffline(true);
  await addPerson(other, 'Unsent', 'Of Ben');
  assert.equal((await stats(other)).pending_ops, 1);
  await context.setOffline(false);
  // The first tab is used again: it is Ben's browser now.
  await page.getByRole('button', { name: 'Use it here' }).click();
  await page.getByRole('heading', { name: 'Open in another tab' }).waitFor();
  await goto(other, '/sync');
  await press(other, 'Sync now');
  assert.equal((await stats(other)).pending_ops, 0);
  const api = await scriptClient(server.url, 'ben@example.org');
  assert.equal((await api('GET', '/v1/records/person?search=unsent')).json.items.length, 1);
});
