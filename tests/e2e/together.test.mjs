// Two people at one record at the same time: who is writing sees what the other does, and nothing is overruled unseen.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { dataFolder, scriptClient, startServer } from '../support/server.mjs';
import { goto, idle, openBrowser, phone, press, profile, setUp } from '../support/browser.mjs';

const data = dataFolder(), folder = profile();
after(() => { data.remove(); folder.remove(); });

test('who is writing in a form sees what others write in it, and what is typed stays where it is', async t => {
  const server = await startServer(data.folder, { web: 'build/web' });
  t.after(() => server.stop());
  const { context, page } = await openBrowser(folder.folder, phone);
  t.after(() => context.close());
  await setUp(page, server.url, server.code);
  const office = await scriptClient(server.url, 'anna@example.org');
  const id = (await office('POST', '/v1/records/person', { first_name: 'Ada', last_name: 'Byron', job_title: 'Buyer', notes: 'Met in May' })).json.id;
  const at = '/v1/records/person/' + id;
  await page.getByRole('link', { name: /Ada Byron/ }).first().waitFor();
  await goto(page, `/people/${id}/edit`);
  const title = page.getByRole('textbox', { name: 'Job title' }), notes = page.getByRole('textbox', { name: 'Notes' });
  await title.fill('Head of buying');
  await notes.fill('Met in May. Wants a call');
  const before = (await notes.boundingBox()).y;
  await office('PATCH', at, { job_title: 'Director', notes: 'Back on Monday. Met in May', first_name: 'Augusta' });
  await page.getByText('Changed meanwhile: Director').waitFor();
  await page.getByText('has written here too').waitFor();
  assert.ok(Math.abs((await notes.boundingBox()).y - before) < 2, 'the field somebody types in has moved');
  assert.equal(await page.getByRole('textbox', { name: 'First name' }).inputValue(), 'Augusta');
  assert.equal(await title.inputValue(), 'Head of buying');
  // A field that has the focus and was not written in shows what is there now.
  const nickname = page.getByRole('textbox', { name: 'Nickname' });
  await nickname.focus();
  await office('PATCH', at, { nickname: 'Gus' });
  await page.waitForFunction(() => document.activeElement.value === 'Gus');
  await page.keyboard.press('End');
  await page.keyboard.type('sie');
  await idle(page);
  await press(page, 'Use Director');
  await press(page, 'Save');
  assert.deepEqual(page.errors, []);
  await goto(page, '/sync');
  await page.getByText('Nothing. Everything you changed is on the server.').waitFor();
  const now = (await office('GET', at)).json;
  assert.equal(now.job_title, 'Director');
  assert.equal(now.nickname, 'Gussie');
  assert.equal(now.first_name, 'Augusta');
  assert.equal(now.notes, 'Back on Monday. Met in May. Wants a call');
  assert.equal((await office('GET', '/v1/records/conflict')).json.items.length, 0);
});
