// The way in for a phone in the same network: TLS with a certificate of the server's own authority, which the browser
// is made to trust as a phone would.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { binary, dataFolder, startServer } from '../support/server.mjs';
import { addPerson, openBrowser, phone, profile, ready, setUp } from '../support/browser.mjs';

test('set up over TLS, save, and start again without a network', async () => {
  const data = dataFolder(), p = profile(), home = mkdtempSync(join(tmpdir(), 'holdfast-home-'));
  const made = execFileSync(binary, ['cert', '--data', data.folder]).toString();
  assert.match(made, /127\.0\.0\.1/);
  const tls = name => join(data.folder, 'tls', name);
  const nss = 'sql:' + join(home, '.pki/nssdb');
  mkdirSync(join(home, '.pki/nssdb'), { recursive: true });
  execFileSync('certutil', ['-d', nss, '-N', '--empty-password']);
  execFileSync('certutil', ['-d', nss, '-A', '-t', 'C,,', '-n', 'holdfast', '-i', tls('ca.crt')]);
  const server = await startServer(data.folder, { web: 'build/web', extra: ['--tls-cert', tls('server.crt'), '--tls-key', tls('server.key')] });
  assert.match(server.url, /^https:/);
  const { context, page } = await openBrowser(p.folder, { ...phone, env: { HOME: home } });
  await page.goto(server.url + '/trust');
  await page.getByRole('link', { name: 'Get the certificate' }).waitFor();
  await setUp(page, server.url, server.code);
  assert.equal((await context.cookies())[0].name, '__Host-holdfast');
  await addPerson(page, 'Over', 'TLS');
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  await context.setOffline(true);
  await page.reload();
  await ready(page);
  await page.getByRole('heading', { name: 'Over TLS' }).first().waitFor();
  assert.deepEqual(page.errors, []);
  await context.close();
  await server.stop();
  data.remove();
  p.remove();
  rmSync(home, { recursive: true, force: true });
});
