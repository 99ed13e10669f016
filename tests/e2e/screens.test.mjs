// Every screen, phone and desktop, light and dark: no accessibility violation, nothing off the side; pictures for people
// to look at go to build/screenshots.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { binary, addUser, dataFolder, scriptClient, startServer } from '../support/server.mjs';
import { desktop, goto, idle, openBrowser, phone, press, profile, signIn } from '../support/browser.mjs';

const axe = readFileSync('node_modules/axe-core/axe.min.js', 'utf8');
const pictures = 'build/screenshots';
const data = dataFolder();
let server, ids;

before(async () => {
  mkdirSync(pictures, { recursive: true });
  addUser(data.folder, 'anna@example.org', 'Anna Berg');
  const file = join(data.folder, 'people.csv');
  const names = ['Zoë;張偉', 'Ben;Cash', 'Cleo;Dorn', 'Daniel;Eckert', 'Élodie;Fournier', 'Fatima;al-Sayed', 'Georg;Groß', 'Hana;Kovářová', 'İpek;Yılmaz', 'Jan;Nowak', 'Katya;Іванова', 'Λίνα;Παππά'];
  writeFileSync(file, 'Vorname;Nachname;Funktion;Firma;Mobil;E-Mail;Straße;PLZ;Ort\n' + names.map((n, i) => `${n};${['Buyer', 'Head of purchasing', 'Technician', 'Owner'][i % 4]};${['Acme Steel', 'Nordlicht GmbH', 'Rossi & Figli'][i % 3]};+49 170 55${i}0${i};person${i}@example.org;Hafenstr. ${i + 1};2045${i % 10};Hamburg`).join('\n') + '\n');
  execFileSync(binary, ['import', file, '--data', data.folder]);
  server = await startServer(data.folder, { web: 'build/web' });
  const api = await scriptClient(server.url, 'anna@example.org');
  const person = (await api('GET', '/v1/records/person?search=zoe')).json.items[0];
  const company = (await api('GET', '/v1/records/company?search=acme')).json.items[0];
  const day = 86400000, date = n => new Date(Date.now() + n * day).toISOString().slice(0, 10);
  for (const [title, due] of [['Send the revised offer', -1], ['Call about the delivery date', 0], ['Prepare the yearly review', 6]]) await api('POST', '/v1/records/task', { title, due_on: date(due), person: person.id });
  await api('POST', '/v1/records/activity', { type: 'visit', subject: 'Showed the new line', at: new Date(Date.now() - 3 * day).toISOString(), person: person.id, company: company.id, body: 'Interested in the yearly plan.' });
  await api('PATCH', '/v1/records/company/' + company.id, { industry: 'Steel', annual_revenue: '4200000.00 EUR', tags: ['key account', 'north'] });
  await api('PATCH', '/v1/records/person/' + person.id, { tags: ['decision maker'], birthday: '1984-03-22', notes: 'Prefers to be called in the morning.' });
  const members = (await api('GET', '/v1/records/member')).json.items;
  const team = (await api('POST', '/v1/teams', { name: 'Field sales', members: members.map(m => m.id) })).json;
  await api('PATCH', '/v1/records/company/' + company.id, { visibility: 'team', team: team.id });
  const trashed = (await api('POST', '/v1/records/person', { first_name: 'Left', last_name: 'Longago' })).json;
  await api('DELETE', '/v1/records/person/' + trashed.id);
  const other = (await api('GET', '/v1/records/person?search=fatima')).json.items[0];
  ids = { person: person.id, other: other.id, company: company.id, team: team.id };
});
after(async () => { await server.stop(); data.remove(); });

const screens = () => [['today', '/'], ['people', '/people'], ['person', '/people/' + ids.person], ['person-edit', `/people/${ids.person}/edit`], ['companies', '/companies'], ['company', '/companies/' + ids.company],
  ['task-new', '/task/new'], ['activity-new', '/activity/new?person=' + ids.person], ['contact-new', '/contact_point/new?type=address&person=' + ids.person], ['more', '/more'], ['import', '/import'], ['export', '/export'],
  ['trash', '/trash'], ['sync', '/sync'], ['members', '/members'], ['teams', '/teams'], ['team', '/teams/' + ids.team], ['access', `/companies/${ids.company}/access`], ['merge', `/people/${ids.person}/merge`], ['compare', `/people/${ids.person}/merge?with=${ids.other}`], ['devices', '/devices'], ['settings', '/settings']];

async function checkScreen(page, name, device, colorScheme) {
  await page.screenshot({ path: join(pictures, `${name}-${device}-${colorScheme}.png`) });
  await page.evaluate(axe);
  const result = await page.evaluate(() => axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  assert.deepEqual(result.violations.map(v => `${name}: ${v.id} ${v.nodes.map(n => n.html.slice(0, 160)).join(' | ')}`), []);
  const wide = await page.evaluate(() => [...document.querySelectorAll('#mirror .hit, #mirror .edit')].filter(e => { const r = e.getBoundingClientRect(); return r.right > innerWidth + 1 || r.left < -1; }).map(e => e.getAttribute('aria-label')));
  assert.deepEqual(wide, [], name + ' runs off the side');
}

for (const [device, options] of [['phone', phone], ['desktop', desktop]])
  for (const colorScheme of ['light', 'dark'])
    test(`${device}, ${colorScheme}`, async () => {
      const p = profile(), { context, page } = await openBrowser(p.folder, { ...options, colorScheme });
      await page.goto(server.url);
      await page.getByRole('button', { name: 'Sign in' }).waitFor();
      await checkScreen(page, 'sign-in', device, colorScheme);
      await signIn(page, null, 'anna@example.org');
      for (const [name, path] of screens()) {
        await goto(page, path);
        await idle(page);
        await checkScreen(page, name, device, colorScheme);
      }
      await checkMoments(context, page, device, colorScheme);
      assert.deepEqual(page.errors, []);
      await context.close();
      p.remove();
    });

/// What screens show only at times: dialogs, mistakes, a plan and a report, conflicts, a refusal, no network, nothing found.
async function checkMoments(context, page, device, colorScheme) {
  const check = name => checkScreen(page, name, device, colorScheme);
  const api = await scriptClient(server.url, 'anna@example.org');
  await goto(page, '/people');
  await press(page, 'Filter');
  await check('filter');
  await page.getByLabel('Tags', { exact: true }).selectOption('decision maker');
  await idle(page);
  await page.getByRole('dialog').getByRole('button', { name: /^Show/ }).click();
  await idle(page);
  await check('people-filtered');
  await press(page, 'Without this filter: Tags: decision maker');
  await page.getByRole('searchbox', { name: 'Search' }).fill('nobody at all');
  await idle(page);
  await check('nothing-found');
  await page.getByRole('searchbox', { name: 'Search' }).fill('');

  await goto(page, '/companies/new');
  await page.getByLabel('Annual revenue').fill('a lot');
  await press(page, 'Save');
  await check('mistake');
  await press(page, 'Cancel');

  await goto(page, '/task/new');
  await page.getByLabel('Title').fill('Call at a time');
  await page.getByLabel('At', { exact: true }).fill('14:00');
  await idle(page);
  await check('task-at');
  await press(page, 'Cancel');

  await goto(page, '/import');
  await page.getByLabel('Choose a file').setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from(`First name;Last name;Birthday;Shoe size\nNew;Person ${device} ${colorScheme};yesterday;42\n;;;\nZoë;張偉;;\n`) });
  await page.getByRole('button', { name: /^Import \d/ }).waitFor();
  await idle(page);
  await check('import-plan');
  await page.getByRole('button', { name: /^Import \d/ }).click();
  await page.getByRole('heading', { name: 'Import finished' }).waitFor();
  await idle(page);
  await check('import-report');

  // The same field, here without a network and meanwhile on the server; one of a single field, one of an address.
  const person = (await api('POST', '/v1/records/person', { first_name: 'Two', last_name: `Authors ${device} ${colorScheme}`, job_title: 'Buyer' })).json;
  const place = (await api('POST', '/v1/records/contact_point', { type: 'address', person: person.id, street: 'Hafenstr. 1', city: 'Hamburg' })).json;
  await goto(page, '/sync');
  await press(page, 'Sync now');
  await context.setOffline(true);
  await goto(page, `/people/${person.id}/edit`);
  await page.getByLabel('Job title').fill('Head of buying');
  await press(page, 'Save');
  await goto(page, `/contact_point/${place.id}/edit`);
  await page.getByLabel('Street').fill('Kaistr. 7');
  await press(page, 'Save');
  await goto(page, '/sync');
  await check('sync-offline');
  await goto(page, '/settings');
  await press(page, 'Sign out');
  await check('sign-out');
  await press(page, 'Stay signed in');
  await api('PATCH', '/v1/records/person/' + person.id, { job_title: 'Technician' });
  await api('PATCH', '/v1/records/contact_point/' + place.id, { street: 'Elbchaussee 3', postcode: '22763' });
  await context.setOffline(false);
  await goto(page, '/sync');
  await press(page, 'Sync now');
  await page.getByText('Head of buying').waitFor();
  await check('conflicts');
  await goto(page, '/people/' + person.id);
  await check('overruled');
  await goto(page, '/sync');
  for (let i = 0; i < 2; i++) await press(page, 'Keep as it is');
  await press(page, 'Sync now');
  await api('DELETE', '/v1/records/person/' + person.id);
}

for (const [device, options] of [['phone', phone], ['desktop', desktop]])
  for (const colorScheme of ['light', 'dark'])
    test(`set-up: ${device}, ${colorScheme}`, async () => {
      const fresh = dataFolder(), p = profile(), empty = await startServer(fresh.folder, { web: 'build/web' });
      const { context, page } = await openBrowser(p.folder, { ...options, colorScheme });
      await page.goto(empty.url);
      await page.getByRole('button', { name: 'Create account' }).waitFor();
      await checkScreen(page, 'set-up', device, colorScheme);
      await page.getByRole('button', { name: 'Create account' }).click();
      await page.getByRole('alert').filter({ hasText: 'set-up code is wrong' }).waitFor();
      await checkScreen(page, 'set-up-wrong', device, colorScheme);
      await context.close();
      await empty.stop();
      fresh.remove();
      p.remove();
    });
