// The browser is killed in the middle of commits: whatever the screen had reported is there, value by value, and goes on to the
// server. HOLDFAST_KILLS says how often.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { addUser, binary, dataFolder, scriptClient, startServer } from '../support/server.mjs';
import { goto, openKillable, press, profile, ready, signIn, stats } from '../support/browser.mjs';

const kills = +(process.env.HOLDFAST_KILLS || 2), rows = 1500;
const row = i => [`First${i}`, `Last${i}`, `person${i}@example.org`];
const book = ['First name,Last name,E-mail', ...Array.from({ length: rows }, (_, i) => row(i).join(','))].join('\n') + '\n';

/// The people in the browser's own database: what it gives away as a file. None of the values here needs more of CSV than quotes.
async function inBrowser(page) {
  await goto(page, '/export');
  const download = page.waitForEvent('download');
  await press(page, 'Export People');
  let text = '';
  for await (const part of await (await download).createReadStream()) text += part;
  const [head, ...lines] = text.replace('\uFEFF', '').trim().split(/\r?\n/).map(line => line.split(',').map(cell => cell.replace(/^"(.*)"$/, '$1')));
  const at = name => { const i = head.indexOf(name); assert.ok(i >= 0, name); return i; };
  const [id, first, last, title, mail] = ['Id', 'First name', 'Last name', 'Job title', 'E-mail'].map(at);
  return new Map(lines.map(cells => [cells[id], [cells[first], cells[last], cells[title], cells[mail]].join(' ')]));
}

/// The same, of the server's.
async function onServer(url) {
  const api = await scriptClient(url, 'anna@example.org'), mails = new Map(), people = new Map();
  const all = async (entity, take) => {
    let after = '';
    do {
      const page = (await api('GET', `/v1/records/${entity}?sort=created_at&limit=500${after && '&after=' + encodeURIComponent(after)}`)).json;
      page.items.forEach(take);
      after = page.next;
    } while (after);
  };
  await all('contact_point', c => mails.set(c.person, c.email));
  await all('person', p => people.set(p.id, [p.first_name, p.last_name, p.job_title, mails.get(p.id)].map(v => v ?? '').join(' ')));
  return people;
}

async function begin(t) {
  const data = dataFolder(), p = profile();
  addUser(data.folder, 'anna@example.org', 'Anna');
  const server = await startServer(data.folder, { web: 'build/web' }), use = { data, server };
  const open = async () => { use.browser = await openKillable(p.folder); use.page = use.browser.page; };
  await open();
  t.after(async () => { server.child.kill('SIGKILL'); await use.browser.kill().catch(() => { /* It had ended. */ }); data.remove(); p.remove(); });
  /// Kills it, and has it come up again with what its files hold.
  use.kill = async () => {
    await use.browser.kill();
    await open();
    await use.page.goto(server.url);
    await ready(use.page);
  };
  /// Everything goes to the server, which then has what the browser has.
  use.sentAndTheSame = async () => {
    const { page } = use;
    // A killed browser forgets young cookies, not its files.
    await goto(page, '/sync');
    if (await page.getByRole('button', { name: 'Sign in again' }).count()) {
      await press(page, 'Sign in again');
      await signIn(page, null, 'anna@example.org');
      await goto(page, '/sync');
    }
    await press(page, 'Sync now');
    assert.equal((await stats(page)).pending_ops, 0);
    const here = await inBrowser(page), there = await onServer(server.url);
    assert.deepEqual([...here].sort(), [...there].sort());
    await server.stop();
    assert.match(execFileSync(binary, ['check', '--data', data.folder]).toString(), /All is well/);
    return there;
  };
  /// What the app itself says of the file that the killed browser left.
  use.whole = async () => {
    await goto(use.page, '/sync');
    await press(use.page, 'Check this device');
    await use.page.getByText('All is well').waitFor();
  };
  return use;
}

test(`${kills} kills of a browser that imports lose no row reported, and none is there twice`, async t => {
  const use = await begin(t), promised = new Set();
  await signIn(use.page, use.server.url, 'anna@example.org');
  const wanted = i => { const [first, last, mail] = row(i); return `${first} ${last}  ${mail}`; };
  const possible = new Set(Array.from({ length: rows }, (_, i) => wanted(i)));
  const look = people => {
    const values = [...people.values()], there = new Set(values);
    assert.equal(there.size, values.length, 'somebody is there twice');
    assert.deepEqual([...promised].filter(v => !there.has(v)), [], 'reported, and not there');
    // What was not reported is there whole or not at all.
    assert.deepEqual(values.filter(v => !possible.has(v)), []);
    values.forEach(v => promised.add(v));  // What is shown once stays.
  };
  for (let kill = 1; kill <= kills; kill++) {
    await goto(use.page, '/import');
    await use.page.getByLabel('Choose a file').setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from(book) });
    await use.page.getByRole('button', { name: `Import ${rows} rows` }).click();
    const enough = Math.min(rows - 100, 60 + Math.floor(kill * rows * 0.6 / kills));
    const reported = await use.page.waitForFunction(n => {
      const bar = document.querySelector('[role=progressbar]'), done = bar ? parseInt(bar.getAttribute('aria-label')) : 0;
      return done >= n && done;
    }, enough, { polling: 'raf' }).then(h => h.jsonValue());
    await use.kill();
    for (let i = 0; i < reported; i++) promised.add(wanted(i));
    await use.whole();
    look(await inBrowser(use.page));
  }
  assert.ok(promised.size >= 60);
  look(await use.sentAndTheSame());
});

test(`${kills} kills of a browser in which somebody edits lose no value that was saved`, async t => {
  const use = await begin(t), api = await scriptClient(use.server.url, 'anna@example.org'), saved = new Map();
  for (let i = 0; i < 4; i++) saved.set((await api('POST', '/v1/records/person', { first_name: 'Edited', last_name: 'No' + i })).json.id, ['']);
  await signIn(use.page, use.server.url, 'anna@example.org');
  const ids = [...saved.keys()];
  const look = people => {
    assert.deepEqual([...people.keys()].sort(), [...ids].sort());
    ids.forEach((id, i) => {
      const shown = people.get(id), fitting = saved.get(id).filter(title => shown === `Edited No${i} ${title} `);
      assert.equal(fitting.length, 1, `'${shown}' instead of ${saved.get(id).map(title => `'${title}'`).join(' or ')}`);
      saved.set(id, fitting);  // What is shown once stays.
    });
  };
  for (let kill = 1; kill <= kills; kill++) {
    for (let n = 0, last = 3 + kill; n <= last; n++) {
      const id = ids[n % ids.length], title = `kill${kill}edit${n}`;
      await goto(use.page, `/people/${id}/edit`);
      await use.page.getByLabel('Job title').fill(title);
      await use.page.getByRole('button', { name: 'Save', exact: true }).click();
      // The last one's save is under way when the browser dies: whether it was written is open. Of every other kill, it is done.
      if (n === last && kill % 2) { saved.get(id).push(title); break; }
      await use.page.waitForFunction(() => !document.querySelector('#mirror [aria-label=Save]'), null, { polling: 'raf' });
      saved.set(id, [title]);
    }
    await use.kill();
    await use.whole();
    look(await inBrowser(use.page));
  }
  look(await use.sentAndTheSame());
});
