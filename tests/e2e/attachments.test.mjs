// A photo taken at a door without a network reaches the office.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addUser, dataFolder, scriptClient, startServer } from '../support/server.mjs';
import { desktop, goto, idle, openBrowser, phone, press, profile, signIn } from '../support/browser.mjs';

const data = dataFolder(), profiles = [profile(), profile()];
let server, anna, ben, visit;
before(async () => {
  addUser(data.folder, 'anna@example.org', 'Anna');
  addUser(data.folder, 'ben@example.org', 'Ben', 'member');
  server = await startServer(data.folder, { web: 'build/web' });
  const api = await scriptClient(server.url, 'anna@example.org');
  const person = (await api('POST', '/v1/records/person', { first_name: 'Zoë', last_name: 'Quist' })).json.id;
  visit = (await api('POST', '/v1/records/activity', { type: 'visit', subject: 'Looked at the roof', person })).json.id;
  anna = await openBrowser(profiles[0].folder, phone);
  ben = await openBrowser(profiles[1].folder, desktop);
  await signIn(anna.page, server.url, 'anna@example.org');
  await signIn(ben.page, server.url, 'ben@example.org');
});
after(async () => {
  await anna?.context.close();
  await ben?.context.close();
  await server.stop();
  data.remove();
  profiles.forEach(p => p.remove());
});

const width = (page, name) => page.getByRole('img', { name }).evaluate(async img => { await img.decode(); return img.naturalWidth; });

test('a photo taken offline is seen at once, waits, and reaches another device', async () => {
  const { page, context } = anna;
  await context.setOffline(true);
  await goto(page, '/activity/' + visit);
  const picture = await ben.page.screenshot({ clip: { x: 0, y: 0, width: 1280, height: 800 }, type: 'png' });
  assert.equal(await page.getByLabel('Take a photo').getAttribute('capture'), 'environment', 'a phone opens its camera');
  await page.getByLabel('Take a photo').setInputFiles({ name: 'roof.png', mimeType: 'image/png', buffer: picture });
  await page.getByRole('img', { name: 'roof.jpg' }).waitFor();
  await idle(page);
  assert.equal(await width(page, 'roof.jpg'), 1280);
  await page.screenshot({ path: 'build/screenshots/photo-phone-light.png' });
  // It outlives the app, still without a network.
  await page.reload();
  await page.getByRole('img', { name: 'roof.jpg' }).waitFor();
  assert.equal(await width(page, 'roof.jpg'), 1280);
  await context.setOffline(false);
  await goto(page, '/sync');
  await press(page, 'Sync now');

  await goto(ben.page, '/sync');
  await press(ben.page, 'Sync now');
  await goto(ben.page, '/activity/' + visit);
  await ben.page.getByRole('img', { name: 'roof.jpg' }).waitFor();
  await idle(ben.page);
  assert.equal(await width(ben.page, 'roof.jpg'), 1280);
  assert.deepEqual(anna.page.errors.concat(ben.page.errors), []);
});

test('a file of another kind is attached, saved elsewhere, and removed', async () => {
  const { page } = anna;
  await goto(page, '/activity/' + visit);
  await page.getByLabel('Add a file').setInputFiles({ name: 'offer.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4 not much of an offer') });
  await page.getByText('offer.pdf', { exact: true }).waitFor();
  await idle(page);
  await goto(ben.page, '/sync');
  await press(ben.page, 'Sync now');
  await goto(ben.page, '/activity/' + visit);
  await press(ben.page, 'Save offer.pdf');  // Fetches it.
  await idle(ben.page);
  const download = ben.page.waitForEvent('download');
  await press(ben.page, 'Save offer.pdf');
  const saved = await (await download).createReadStream();
  let text = '';
  for await (const part of saved) text += part;
  assert.equal(text, '%PDF-1.4 not much of an offer');
  await press(ben.page, 'Remove offer.pdf');
  assert.equal(await ben.page.getByText('offer.pdf', { exact: true }).count(), 0);
});
