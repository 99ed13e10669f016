// Members whose standing changes, and two of them in one browser, in two tabs that share its cookie and its memory: nobody gets
// another's data, nor loses their own.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { addUser, dataFolder, password, scriptClient, startServer } from '../support/server.mjs';
import { addPerson, goto, openBrowser, phone, press, profile, ready, signIn, stats } from '../support/browser.mjs';

const data = dataFolder(), p = profile();
after(() => { data.remove(); p.remove(); });

test('a deactivated member’s unsent work stays on the device, and is sent once the member is active again', async t => {
  const own = dataFolder(), q = profile();
  addUser(own.folder, 'anna@example.org', 'Anna');
  addUser(own.folder, 'ben@example.org', 'Ben', 'member');
  const server = await startServer(own.folder, { web: 'build/web' });
  let context = null;
  t.after(async () => { server.child.kill('SIGKILL'); await context?.close(); own.remove(); q.remove(); });
  const api = await scriptClient(server.url, 'anna@example.org');
  const ben = (await api('GET', '/v1/records/member?search=Ben')).json.items[0].id, known = (await api('POST', '/v1/records/person', { last_name: 'Known' })).json.id;
  const opened = await openBrowser(q.folder, phone), page = opened.page;
  context = opened.context;
  await signIn(page, server.url, 'ben@example.org');
  await goto(page, `/people/${known}/edit`);
  await context.setOffline(true);
  await page.getByLabel('Job title').fill('Written offline');
  await press(page, 'Save');
  await addPerson(page, 'Made', 'Offline');
  assert.equal((await api('PATCH', '/v1/members/' + ben, { active: false })).status, 200);
  await context.setOffline(false);
  await goto(page, '/sync');
  await page.getByRole('button', { name: 'Sign in again' }).waitFor();
  assert.equal((await stats(page)).pending_ops, 2);

  // The right password does not help; going on with what is on the device does.
  await press(page, 'Sign in again');
  await page.getByLabel('E-mail').fill('ben@example.org');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('alert').filter({ hasText: 'deactivated' }).waitFor();
  await page.getByRole('button', { name: 'Go on without signing in' }).click();
  await ready(page);
  await addPerson(page, 'Made', 'Deactivated');
  await page.reload();
  await ready(page);
  assert.equal((await stats(page)).pending_ops, 3);
  assert.equal((await api('GET', '/v1/records/person?first_name=Made')).json.items.length, 0);

  assert.equal((await api('PATCH', '/v1/members/' + ben, { active: true })).status, 200);
  await goto(page, '/sync');
  await press(page, 'Sign in again');
  await signIn(page, null, 'ben@example.org');
  await goto(page, '/sync');
  await press(page, 'Sync now');
  assert.equal((await stats(page)).pending_ops, 0);
  assert.deepEqual((await api('GET', '/v1/records/person?first_name=Made')).json.items.map(x => x.last_name).sort(), ['Deactivated', 'Offline']);
  assert.equal((await api('GET', '/v1/records/person/' + known)).json.job_title, 'Written offline');
  assert.deepEqual(page.errors, []);
});

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
