// A new version of the app waits until the person takes it, and a form being written survives it.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { addUser, dataFolder, startServer } from '../support/server.mjs';
import { goto, openBrowser, phone, press, profile, ready, signIn } from '../support/browser.mjs';

test('an update is offered, taken, and loses nothing', async () => {
  const data = dataFolder(), p = profile(), web = mkdtempSync(join(tmpdir(), 'holdfast-web-'));
  cpSync('build/web', web, { recursive: true });
  addUser(data.folder, 'anna@example.org', 'Anna');
  let server = await startServer(data.folder, { web });
  const { context, page } = await openBrowser(p.folder, phone);
  await signIn(page, server.url, 'anna@example.org');
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  await page.reload();
  await ready(page);
  await goto(page, '/people/new');
  await page.getByLabel('First name', { exact: true }).fill('Half written');

  // The same server, with another version of the app.
  const { port } = server;
  await server.stop();
  for (const f of ['sw.js', 'page.js']) { writeFileSync(join(web, f), readFileSync(join(web, f), 'utf8').replace(/VERSION = '/, "VERSION = 'new-") + '\n// new\n'); for (const c of ['.br', '.gz']) rmSync(join(web, f + c)); }
  server = await startServer(data.folder, { web, port });
  await page.evaluate(() => navigator.serviceWorker.getRegistration().then(r => r.update()).then(() => true));
  await goto(page, '/');
  await page.getByRole('button', { name: 'Update now' }).waitFor();
  const loaded = page.waitForEvent('load');
  await page.getByRole('button', { name: 'Update now' }).click();
  await loaded;
  await ready(page);
  assert.match((await page.evaluate(() => fetch('/page.js').then(r => r.text()))), /\/\/ new/);
  await goto(page, '/people/new');
  await page.waitForFunction(() => [...document.querySelectorAll('#mirror input')].some(i => i.value === 'Half written'));
  await press(page, 'Save');
  await page.getByRole('heading', { name: 'Half written' }).first().waitFor();
  await context.close();
  await server.stop();
  data.remove();
  p.remove();
  rmSync(web, { recursive: true, force: true });
});
