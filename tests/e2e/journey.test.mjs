// A person's way through the product, in a real browser against the real server.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { dataFolder, password, scriptClient, startServer } from '../support/server.mjs';
import { addPerson, desktop, follow, goto, idle, openBrowser, openKillable, phone, press, profile, ready, setUp, signIn, stats } from '../support/browser.mjs';

const data = dataFolder(), profiles = [profile(), profile(), profile()];
const web = 'build/web';
let server, anna;
before(async () => {
  server = await startServer(data.folder, { web });
  anna = await openBrowser(profiles[0].folder, phone);
});
after(async () => {
  await anna?.context.close();
  await server.stop();
  data.remove();
  profiles.forEach(p => p.remove());
});

const card = 'BEGIN:VCARD\nVERSION:3.0\nFN:Ben Cash\nN:Cash;Ben;;;\nORG:Acme\nTITLE:Buyer\nTEL;TYPE=CELL:+44 20 7946 0018\nEMAIL:ben@acme.example\nEND:VCARD\nBEGIN:VCARD\nVERSION:3.0\nFN:Cleo Dorn\nN:Dorn;Cleo;;;\nEND:VCARD\n';

test('set-up takes the code and makes the first account', async () => {
  await anna.page.goto(server.url);
  await anna.page.getByLabel('Set-up code').fill('WRONG');
  await anna.page.getByLabel('Your name').fill('Anna Berg');
  await anna.page.getByLabel('E-mail').fill('anna@example.org');
  await anna.page.getByLabel('Password').fill(password);
  await anna.page.getByRole('button', { name: 'Create account' }).click();
  await anna.page.getByRole('alert').filter({ hasText: 'set-up code is wrong' }).waitFor();
  await setUp(anna.page, server.url, server.code);
  await anna.page.getByRole('heading', { name: 'Today', level: 1 }).waitFor();
});

test('an address book is looked over and imported', async () => {
  const { page } = anna;
  await goto(page, '/import');
  await page.getByLabel('Choose a file').setInputFiles({ name: 'book.vcf', mimeType: 'text/vcard', buffer: Buffer.from(card) });
  await page.getByText('2 new').waitFor();
  await press(page, 'Import 2 rows');
  await page.getByRole('heading', { name: 'Import finished' }).waitFor();
  await idle(page);
  await follow(page, 'Show people');
  await page.getByRole('link', { name: /Ben Cash/ }).click();
  await idle(page);
  assert.equal(await page.getByRole('link', { name: 'Call', exact: true }).getAttribute('href'), 'tel:+442079460018');
  const api = await scriptClient(server.url, 'anna@example.org');
  assert.equal((await api('GET', '/v1/records/person')).json.items.length, 2);
});

test('a name of two scripts is typed and found by parts of both', async () => {
  const { page } = anna;
  await addPerson(page, 'Zoë', '張偉');
  await goto(page, '/people');
  for (const words of ['偉', 'zoe', 'zoë 張']) {
    await page.getByRole('searchbox', { name: 'Search' }).fill(words);
    await idle(page);
    assert.equal(await page.getByRole('list', { name: 'People' }).getByRole('link').count(), 1, words);
  }
  await page.getByRole('searchbox', { name: 'Search' }).fill('');
  await idle(page);
});

test('composed input is one value, and shortcuts do not see it', async () => {
  const { page } = anna;
  await goto(page, '/people/new');
  await page.getByLabel('First name', { exact: true }).focus();
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Input.imeSetComposition', { text: 'に', selectionStart: 1, selectionEnd: 1 });
  await cdp.send('Input.imeSetComposition', { text: '日本', selectionStart: 2, selectionEnd: 2 });
  await cdp.send('Input.insertText', { text: '日本' });
  await press(page, 'Save');
  await page.getByRole('heading', { name: '日本', level: 2 }).waitFor();
  await press(page, 'Delete');
  await page.getByRole('button', { name: 'Undo' }).waitFor();
});

test('two people work offline on the same person, and meet', async () => {
  const { page } = anna;
  await goto(page, '/members');
  await page.getByLabel('Name', { exact: true }).fill('Ben Miller');
  await page.getByLabel('E-mail', { exact: true }).fill('ben@example.org');
  await page.getByLabel('First password').fill(password);
  await press(page, 'Add member');
  const ben = await openBrowser(profiles[1].folder, desktop);
  await signIn(ben.page, server.url, 'ben@example.org');
  const api = await scriptClient(server.url, 'anna@example.org');
  const person = (await api('GET', '/v1/records/person?search=cash')).json.items[0];
  const at = '/people/' + person.id;

  // Ben has it; then both lose the network.
  await goto(ben.page, at);
  await ben.page.getByRole('heading', { name: 'Ben Cash', level: 2 }).waitFor();
  await anna.context.setOffline(true);
  await ben.context.setOffline(true);
  await page.reload();  // From the service worker.
  await ready(page);
  await goto(page, at + '/edit');
  await page.getByLabel('Job title').fill('Head of buying');
  await page.getByLabel('Nickname').fill('Benny');
  await press(page, 'Save');
  await addPerson(page, 'Made', 'Offline');
  const cleo = (await api('GET', '/v1/records/person?search=cleo')).json.items[0];
  await goto(page, '/people/' + cleo.id);
  await press(page, 'Delete');
  assert.equal((await stats(page)).pending_ops, 3);

  await goto(ben.page, at + '/edit');
  await ben.page.getByLabel('Job title').fill('Chief buyer');
  await ben.page.getByLabel('Suffix').fill('MBA');
  await press(ben.page, 'Save');
  assert.ok((await stats(ben.page)).pending_ops > 0);

  await anna.context.setOffline(false);
  await goto(page, '/sync');
  await press(page, 'Sync now');
  await ben.context.setOffline(false);
  await goto(ben.page, '/sync');
  await press(ben.page, 'Sync now');
  await press(page, 'Sync now');
  for (const p of [page, ben.page]) {
    assert.equal((await stats(p)).pending_ops, 0);
    await goto(p, at);
    for (const text of ['Chief buyer', 'Benny', 'MBA']) await p.getByRole('region', { name: 'Details' }).getByText(text, { exact: true }).first().waitFor();
    await goto(p, '/sync');
    await p.getByText('Head of buying').waitFor();  // What was overruled stands in the list.
    await goto(p, '/people');
    await p.getByRole('link', { name: /Made Offline/ }).waitFor();
    assert.equal(await p.getByRole('link', { name: /Cleo/ }).count(), 0);
  }
  await goto(page, '/sync');
  await press(page, 'Use the other');
  await goto(ben.page, '/sync');
  await press(ben.page, 'Sync now');
  await goto(ben.page, at);
  await ben.page.getByRole('region', { name: 'Details' }).getByText('Head of buying', { exact: true }).first().waitFor();
  assert.deepEqual([...page.errors, ...ben.page.errors], []);
  await ben.context.close();
});

test('a second tab is told, can take over, and sends what the first one had not sent', async () => {
  await anna.context.setOffline(true);
  await addPerson(anna.page, 'Tab', 'Unsent');
  const unsent = (await stats(anna.page)).pending_ops;
  assert.ok(unsent > 0);
  const second = await anna.context.newPage();
  await second.goto(server.url);
  await second.getByRole('heading', { name: 'Open in another tab' }).waitFor();
  await second.getByRole('button', { name: 'Use it here' }).click();
  await ready(second);
  assert.equal((await stats(second)).pending_ops, unsent);
  await anna.context.setOffline(false);
  await goto(second, '/sync');
  await press(second, 'Sync now');
  assert.equal((await stats(second)).pending_ops, 0);
  await anna.page.getByRole('heading', { name: 'Open in another tab' }).waitFor();
  await anna.page.getByRole('button', { name: 'Use it here' }).click();
  await ready(anna.page);
  await second.close();
});

test('what is done just before going on, or before the page is hidden, is done', async () => {
  const { page } = anna;
  const fill = (label, text) => page.getByLabel(label, { exact: true }).fill(text);
  await goto(page, '/people/new');
  await fill('First name', 'Saved');
  // In one go, as on a phone too slow to draw in between.
  await page.evaluate(() => {
    const button = document.querySelector('#mirror [aria-label=Save]');
    button.click();
    history.pushState(null, '', '/companies');
    dispatchEvent(new PopStateEvent('popstate'));
  });
  await idle(page);
  await page.getByRole('heading', { name: 'Companies' }).first().waitFor();
  assert.equal(new URL(page.url()).pathname, '/companies');
  await goto(page, '/people');
  await page.getByRole('link', { name: /Saved/ }).waitFor();

  // A hidden page is given no frames.
  await goto(page, '/people/new');
  await fill('First name', 'Hidden');
  await idle(page);
  const worker = page.workers().find(w => w.url().endsWith('/worker.js'));
  await worker.evaluate(() => { self.kept = self.requestAnimationFrame; self.requestAnimationFrame = () => 1; });
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  assert.equal((await stats(page)).pending_ops, 0);
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { value: true, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await idle(page);
  await worker.evaluate(() => { self.requestAnimationFrame = self.kept; });
  await page.evaluate(() => { delete document.hidden; document.dispatchEvent(new Event('visibilitychange')); });
  await goto(page, '/people');
  await page.getByRole('link', { name: /Hidden/ }).waitFor();
});

test('an expired session keeps the work: sign in again and it is sent', async () => {
  const { page } = anna;
  await anna.context.clearCookies();
  await addPerson(page, 'Kept', 'Anyway');
  await goto(page, '/sync');
  await page.getByRole('button', { name: 'Sign in again' }).click();
  await page.getByRole('alert').filter({ hasText: 'expired' }).waitFor();
  await signIn(page, null, 'anna@example.org');
  const api = await scriptClient(server.url, 'anna@example.org');
  assert.equal((await api('GET', '/v1/records/person?search=anyway')).json.items.length, 1);
});

test('a browser without space says so, keeps what it has, and goes on when there is space again', async () => {
  const { page } = anna;
  const cdp = await page.context().newCDPSession(page), origin = new URL(server.url).origin;
  await goto(page, '/people/new');
  await page.getByRole('textbox', { name: 'Last name', exact: true }).fill('Toomuch');
  await page.getByLabel('Notes').fill('n'.repeat(19000));
  await cdp.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 });
  // The database may still have room within its files: saving goes on until that is used up.
  let refused = false;
  for (let i = 0; i < 200 && !refused; i++) {
    await press(page, 'Save');
    // Sync may run into it first; what counts is that a form was not saved.
    refused = await page.getByRole('textbox', { name: 'Last name', exact: true }).count() > 0 && await page.getByText('The disk is full').count() > 0;
    if (!refused) {
      await goto(page, '/people/new');
      await page.getByRole('textbox', { name: 'Last name', exact: true }).fill('Toomuch ' + i);
      await page.getByLabel('Notes').fill('n'.repeat(19000));
    }
  }
  assert.ok(refused, 'never told that space ran out');
  const typed = await page.getByRole('textbox', { name: 'Last name', exact: true }).inputValue();
  await goto(page, '/people');
  await page.getByRole('searchbox', { name: 'Search' }).fill('cash');
  await idle(page);
  await page.getByRole('link', { name: /Ben Cash/ }).waitFor();
  await page.getByRole('searchbox', { name: 'Search' }).fill('');
  await cdp.send('Storage.overrideQuotaForOrigin', { origin });
  await addPerson(page, '', typed);
  await goto(page, '/sync');
  await press(page, 'Sync now');
  const api = await scriptClient(server.url, 'anna@example.org');
  assert.equal((await api('GET', '/v1/records/person?search=' + encodeURIComponent(typed))).json.items.length, 1);
  assert.deepEqual(page.errors, []);
});

test('signing out warns of unsent changes, and keeps them for the next sign-in', async () => {
  const { page, context } = anna;
  await context.setOffline(true);
  await addPerson(page, 'Unsent', 'Change');
  await goto(page, '/settings');
  await page.getByText('Only on this device').waitFor();
  await press(page, 'Sign out');
  await page.getByRole('dialog', { name: 'Sign out and leave work here?' }).waitFor();
  await press(page, 'Stay signed in');
  assert.equal(await page.getByRole('dialog').count(), 0);
  await press(page, 'Sign out');
  await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('E-mail').waitFor();
  await context.setOffline(false);
  await page.goto(server.url);
  await signIn(page, null, 'anna@example.org');
  await goto(page, '/people');
  await page.getByRole('link', { name: /Unsent Change/ }).waitFor();
  assert.equal((await stats(page)).pending_ops, 0);  // Sent with the sign-in.
});

test('a lost device is removed from another one, and lets its data go', async t => {
  const { page } = anna;
  const lost = profile(), other = await openBrowser(lost.folder, desktop);
  t.after(async () => { await other.context.close(); lost.remove(); });
  await signIn(other.page, server.url, 'anna@example.org');
  await goto(other.page, '/people');
  await other.page.getByRole('link', { name: /Ben Cash/ }).waitFor();
  await goto(page, '/devices');
  const devices = page.getByRole('list', { name: 'Devices' });
  await devices.getByRole('button', { name: /^Rename/ }).last().click();  // The youngest.
  const outer = await page.getByRole('dialog').boundingBox(), inner = await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).boundingBox();
  assert.ok(inner.x >= outer.x && inner.y >= outer.y && inner.x + inner.width <= outer.x + outer.width && inner.y + inner.height <= outer.y + outer.height, 'it is where it is painted');
  await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('Left on the train');
  await page.keyboard.press('Enter');  // In the last field: what the main button does.
  await page.getByRole('status').filter({ hasText: 'Device renamed' }).waitFor();
  await devices.getByRole('button', { name: 'Remove Left on the train' }).click();
  await idle(page);
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('status').filter({ hasText: 'Device removed' }).waitFor();
  await other.page.getByRole('alert').filter({ hasText: 'This device was removed' }).waitFor();
  const files = await other.page.evaluate(async () => { const names = []; for await (const [name] of (await (await navigator.storage.getDirectory()).getDirectoryHandle('holdfast')).entries()) names.push(name); return names; });
  assert.deepEqual(files, []);
  await signIn(other.page, null, 'anna@example.org');  // As a new device.
  await goto(other.page, '/people');
  await other.page.getByRole('link', { name: /Ben Cash/ }).waitFor();
});

test('nothing is drawn while nothing happens', async () => {
  const { page } = anna;
  await goto(page, '/more');
  await page.waitForFunction(() => !document.getElementById('mirror').textContent.includes('Undo'));
  const began = await page.evaluate(() => performance.now());
  await page.waitForFunction(t => performance.now() > t + 8000, began, { polling: 500, timeout: 20000 });  // Past the snackbar's own end.
  const before = (await stats(page)).frames, from = await page.evaluate(() => performance.now());
  await page.waitForFunction(t => performance.now() > t + 5000, from, { polling: 500, timeout: 20000 });
  assert.equal((await stats(page)).frames, before);
});

test('a save is there after the browser is killed', async () => {
  let b = await openKillable(profiles[2].folder);
  await signIn(b.page, server.url, 'anna@example.org');
  await addPerson(b.page, 'Survives', 'Kill');
  await b.kill();
  b = await openKillable(profiles[2].folder);
  await b.page.goto(server.url);
  await ready(b.page);
  await goto(b.page, '/people');
  await b.page.getByRole('link', { name: /Survives Kill/ }).waitFor();
  await b.kill();
});
