// Networks as they are at the door: they swallow what is sent, come back without a word, and servers restart behind them. Nobody
// has to press anything for the changes to get there.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { addUser, binary, dataFolder, scriptClient, startServer } from '../support/server.mjs';
import { addPerson, goto, idle, openBrowser, phone, press, profile, signIn, stats } from '../support/browser.mjs';

/// Between browser and server. While it swallows, what comes from the browser goes nowhere, on connections old and new, and those
/// connections stay open and silent for ever.
async function network(port) {
  let swallows = false, told = () => {};
  const sockets = new Set();
  const server = createServer(near => {
    const far = connect(port, '127.0.0.1');
    let lost = false;
    for (const s of [near, far]) { sockets.add(s); s.on('error', () => {}).on('close', () => { sockets.delete(s); if (!lost) (s === near ? far : near).destroy(); }); }
    near.on('data', d => { lost ||= swallows; if (lost) told(); else far.write(d); });
    far.on('data', d => { if (!lost) near.write(d); });
  });
  await new Promise(done => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /// Until something was swallowed.
    swallow: () => new Promise(done => { swallows = true; told = done; }),
    pass() { swallows = false; told = () => {}; },
    close() { server.close(); sockets.forEach(s => s.destroy()); },
  };
}

/// Sooner than a request is given up for being silent.
const everythingSent = page => page.evaluate(async () => {
  for (const began = performance.now(); (await holdfast.stats()).pending_ops;) { if (performance.now() - began > 40_000) throw new Error('changes are still not sent'); await new Promise(requestAnimationFrame); }
});
/// Without the timer by which an app that missed everything looks again.
const withoutTimer = page => page.addInitScript(() => { const real = globalThis.setInterval; globalThis.setInterval = (f, ms, ...rest) => ms === 45000 ? 0 : real(f, ms, ...rest); });

test('what a network swallowed is sent again over the next one', async t => {
  const data = dataFolder(), p = profile();
  addUser(data.folder, 'anna@example.org', 'Anna');
  const server = await startServer(data.folder, { web: 'build/web' }), between = await network(server.port);
  const { context, page } = await openBrowser(p.folder, phone);
  t.after(async () => { await context.close(); between.close(); server.child.kill('SIGKILL'); data.remove(); p.remove(); });
  await signIn(page, between.url, 'anna@example.org');
  const swallowed = between.swallow();
  await goto(page, '/people/new');
  await page.getByLabel('Last name', { exact: true }).fill('Swallowed');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await swallowed;
  assert.equal((await stats(page)).pending_ops, 1);
  between.pass();
  // The phone moves from one network to another, of which a page is told no more than this.
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await everythingSent(page);
  const api = await scriptClient(server.url, 'anna@example.org');
  assert.deepEqual((await api('GET', '/v1/records/person')).json.items.map(x => x.last_name), ['Swallowed']);
  assert.deepEqual(page.errors, []);
});

/// Anna's phone, which nobody wakes but what is tested, and a server that can be away.
async function annasPhone(t) {
  const data = dataFolder(), p = profile();
  addUser(data.folder, 'anna@example.org', 'Anna');
  const it = { folder: data.folder, server: await startServer(data.folder, { web: 'build/web' }), ...await openBrowser(p.folder, phone) };
  t.after(async () => { await it.context.close(); it.server.child.kill('SIGKILL'); data.remove(); p.remove(); });
  await withoutTimer(it.page);
  it.back = async () => { it.server = await startServer(data.folder, { web: 'build/web', port: it.server.port }); };
  return it;
}

/// Adds a person while the server is away.
function somebodyElse({ folder }) {
  writeFileSync(join(folder, 'people.csv'), 'First name,Last name\nFrom,Elsewhere\n');
  execFileSync(binary, ['import', join(folder, 'people.csv'), '--data', folder]);
}

test('a server that was away is found again, and both sides have what the other did', async t => {
  const it = await annasPhone(t), { context, page } = it;
  await context.route('**/v1/live', route => route.abort());  // Nobody hints.
  await signIn(page, it.server.url, 'anna@example.org');
  await it.server.kill();
  await addPerson(page, 'Made', 'Meanwhile');
  assert.equal((await stats(page)).pending_ops, 1);
  await goto(page, '/sync');
  await page.getByRole('status').filter({ hasText: 'cannot be reached' }).waitFor();
  somebodyElse(it);  // Before it is back: nobody hints, and the phone asks once.
  await it.back();
  const api = await scriptClient(it.server.url, 'anna@example.org');
  await everythingSent(page);
  assert.deepEqual((await api('GET', '/v1/records/person')).json.items.map(x => x.last_name).sort(), ['Elsewhere', 'Meanwhile']);
  await goto(page, '/people');
  await page.getByRole('link', { name: 'From Elsewhere' }).waitFor();
});

test('what was hinted at while the stream of hints was down is fetched when it is back', async t => {
  const it = await annasPhone(t), { page } = it;
  await signIn(page, it.server.url, 'anna@example.org');
  await goto(page, '/people');
  await it.server.kill();
  somebodyElse(it);
  await it.back();
  await page.getByRole('link', { name: 'From Elsewhere' }).waitFor();
  await idle(page);
});
