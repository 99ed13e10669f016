// A browser profile that is copied, as a new laptop is set up from the old one's backup: both go on, and nobody loses a change.
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { after, test } from 'node:test';
import { dataFolder, scriptClient, startServer } from '../support/server.mjs';
import { addPerson, desktop, goto, openBrowser, phone, press, profile, ready, setUp, stats } from '../support/browser.mjs';

const data = dataFolder(), first = profile(), second = profile();
after(() => { data.remove(); first.remove(); second.remove(); });

test('a copied profile becomes a device of its own, and what both changed is settled by a person', async t => {
  const server = await startServer(data.folder, { web: 'build/web' });
  t.after(() => server.stop());
  let original = await openBrowser(first.folder, phone);
  t.after(() => original.context.close());
  await setUp(original.page, server.url, server.code);
  await addPerson(original.page, 'Ben', 'Cash');
  const at = new URL(original.page.url()).pathname;
  await goto(original.page, '/sync');
  await press(original.page, 'Sync now');
  assert.equal((await stats(original.page)).pending_ops, 0);
  await original.context.close();
  cpSync(first.folder, second.folder, { recursive: true, filter: f => !/Singleton/.test(f) });
  original = await openBrowser(first.folder, phone);
  const copy = await openBrowser(second.folder, desktop);
  t.after(() => copy.context.close());

  const edit = async ({ page, context }, title) => {
    await page.goto(server.url);
    await ready(page);
    await context.setOffline(true);
    await goto(page, at + '/edit');
    await page.getByLabel('Job title').fill(title);
    await press(page, 'Save');
    assert.equal((await stats(page)).pending_ops, 1);
  };
  await edit(original, 'Buyer');
  await edit(copy, 'Head of buying');
  const sync = async ({ page, context }) => {
    await context.setOffline(false);
    await goto(page, '/sync');
    await press(page, 'Sync now');
    await press(page, 'Sync now');  // A copy is told with the first, and has its own number by now.
    assert.equal((await stats(page)).pending_ops, 0);
  };
  await sync(original);
  await sync(copy);
  await sync(original);

  // Both have both values, who, when and on which device; either may be chosen.
  for (const { page } of [original, copy]) {
    const card = page.getByRole('group', { name: 'Conflict' });
    await goto(page, '/sync');
    await card.getByText('Head of buying', { exact: true }).waitFor();
    await card.getByText('Buyer', { exact: true }).waitFor();
    await card.getByText(/Kept · Anna Berg/).waitFor();
    await card.getByText(/Overruled · Anna Berg/).waitFor();
  }
  await goto(original.page, '/devices');
  assert.equal(await original.page.getByRole('listitem').count(), 2);
  await goto(copy.page, '/sync');
  await press(copy.page, 'Use the other');
  await sync(copy);
  await sync(original);
  const api = await scriptClient(server.url, 'anna@example.org');
  const person = (await api('GET', '/v1/records/person?search=cash')).json.items[0];
  for (const { page } of [original, copy]) {
    await goto(page, '/sync');
    await page.getByText('Nothing to settle').waitFor();
    await goto(page, at);
    await page.getByRole('region', { name: 'Details' }).getByText(person.job_title, { exact: true }).first().waitFor();
    assert.deepEqual(page.errors, []);
  }
});
