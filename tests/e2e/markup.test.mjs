// What others wrote is never run: a real browser shows markup as text, saves files that are pages, and follows only links that
// lead elsewhere. What the server says of its answers: tests/contract/markup.test.mjs.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { addUser, dataFolder, scriptClient, startServer } from '../support/server.mjs';
import { desktop, goto, openBrowser, press, profile, signIn } from '../support/browser.mjs';

const data = dataFolder(), p = profile(), markup = '<img src=x onerror="top.ran=1"><script>top.ran=1</script>';
let server, api, context, page, person;
before(async () => {
  addUser(data.folder, 'anna@example.org', 'Anna');
  server = await startServer(data.folder, { web: 'build/web' });
  api = await scriptClient(server.url, 'anna@example.org');
  person = (await api('POST', '/v1/records/person', { first_name: markup, last_name: 'Markup', notes: markup, job_title: markup, tags: [markup] })).json.id;
  ({ context, page } = await openBrowser(p.folder, desktop));
  await signIn(page, server.url, 'anna@example.org');
});
after(async () => { await context?.close(); await server.stop(); data.remove(); p.remove(); });

const ran = () => page.evaluate(() => window.ran ?? null);

/// An attachment with its bytes, as another device would have sent it.
async function attach(name, mime, content) {
  const bytes = Buffer.from(content), sha256 = createHash('sha256').update(bytes).digest('hex');
  const record = (await api('POST', '/v1/records/attachment', { name, mime, size: bytes.length, sha256, person })).json.id, at = `/v1/blobs/${record}/${sha256}`;
  const sent = await fetch(`${server.url}${at}?at=0&size=${bytes.length}`, { method: 'POST', headers: { Authorization: 'Bearer ' + api.token }, body: bytes });
  assert.equal((await sent.json()).complete, true);
  return at;
}

test('names and notes with markup are shown as they were written', async () => {
  await goto(page, '/people');
  await page.getByRole('link', { name: markup }).waitFor();
  await goto(page, '/people/' + person);
  await page.getByRole('heading', { name: markup + ' Markup', level: 2 }).waitFor();
  await goto(page, `/people/${person}/edit`);
  assert.equal(await page.getByLabel('First name', { exact: true }).inputValue(), markup);
  assert.equal(await page.getByLabel('Notes').inputValue(), markup);
  assert.equal(await page.locator('#mirror img[src=x], #mirror script').count(), 0);
  assert.equal(await ran(), null);
});

test('a file that is a page, opened by its address, is saved and not shown', async () => {
  for (const [name, mime, content] of [['page.html', 'text/html', '<!DOCTYPE html><script>opener.ran = 2</script>'], ['drawing.svg', 'image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg"><script>opener.ran = 2</script></svg>']]) {
    const at = await attach(name, mime, content);
    for (const query of ['', '?at=0']) {
      const saved = context.waitForEvent('page').then(opened => opened.waitForEvent('download')), download = page.waitForEvent('download');
      await page.evaluate(address => { window.open(address); }, at + query);
      await Promise.any([saved, download]);
      assert.equal(await ran(), null);
    }
  }
});

test('a file that is a script or a style does nothing in the app’s own page', async () => {
  const script = await attach('code.js', 'text/javascript', 'window.ran = 3'), style = await attach('look.css', 'text/css', 'body { --ran: 3 }');
  const outcomes = await page.evaluate(async ([script, style]) => {
    const tried = (tag, attributes) => new Promise(done => {
      const el = Object.assign(document.createElement(tag), attributes);
      el.onload = () => done('loaded');
      el.onerror = () => done('refused');
      document.body.append(el);
    });
    const worker = await new Promise(done => { try { const w = new Worker(script); w.onerror = () => done('refused'); w.onmessage = () => done('ran'); } catch { done('refused'); } });
    const service = await navigator.serviceWorker.register(script, { scope: '/v1/blobs/' }).then(() => 'registered', () => 'refused');
    const module = await import(script).then(() => 'loaded', () => 'refused');
    return [await tried('script', { src: script }), await tried('link', { rel: 'stylesheet', href: style }), worker, service, module];
  }, [script, style]);
  assert.deepEqual(outcomes, ['refused', 'refused', 'refused', 'refused', 'refused']);
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).getPropertyValue('--ran')), '');
  assert.equal(await ran(), null);
});

test('a web address that is a script leads nowhere', async () => {
  for (const url of ['javascript://x/%0atop.ran=4', ' JavaScript://%0Atop.ran=4', 'data://text/html,<script>opener.ran=4</script>', 'javascript:top.ran=4', 'https://fine.example/'])
    assert.equal((await api('POST', '/v1/records/contact_point', { person, type: 'web', url })).status, 201);
  await goto(page, '/sync');
  await press(page, 'Sync now');
  await goto(page, '/people/' + person);
  await page.getByRole('link', { name: 'Open https://fine.example/' }).waitFor();
  const contact = page.getByRole('list', { name: 'Contact details' }).getByRole('listitem');
  const leads = await contact.locator('[aria-label^=Open]').evaluateAll(all => all.map(el => { el.click(); return el.href ?? ''; }));
  assert.equal(leads.length, 5);
  assert.deepEqual(leads.filter(href => href && !/^https?:/.test(href)), []);
  assert.ok(leads.includes('https://fine.example/'));
  assert.equal(await ran(), null);
});
