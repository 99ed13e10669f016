// The client's and the server's figures: JSON lines like holdfast-bench's. Needs what scripts/run builds.
//   node tests/bench/client.mjs [people]
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addUser, binary, dataFolder, startServer } from '../support/server.mjs';
import { desktop, goto, idle, openBrowser, profile, ready, signIn, stats } from '../support/browser.mjs';

const people = +process.argv[2] || 100000;
const report = (what, value, unit) => console.log(JSON.stringify({ work: 'client', what, value: Math.round(value * 100) / 100, unit, floor: null, ratio: null }));

let sent = 0;
for (const f of readdirSync('build/web')) if (f.endsWith('.br') || /\.(woff2|png)$/.test(f)) sent += /(cyrillic|greek|icon-|latin-ext)/.test(f) ? 0 : statSync(join('build/web', f)).size;
report('first load, brotli', sent / 1e6, 'MB');
report('of it the core', statSync('build/web/core.wasm.br').size / 1e6, 'MB');

const data = dataFolder(), p = profile(), file = join(data.folder, 'people.csv');
addUser(data.folder, 'anna@example.org', 'Anna');
let csv = 'id,first name,last name,job title,notes\n';
for (let i = 0; i < people; i++) csv += `${i},First${i % 997},Last${i % 4999},Buyer,Number ${i} of many\n`;
writeFileSync(file, csv);
let t = performance.now();
execFileSync(binary, ['import', file, '--data', data.folder], { stdio: 'ignore', maxBuffer: 1e9 });
report(`import of ${people} people on the server`, (performance.now() - t) / 1000, 's');
const server = await startServer(data.folder, { web: 'build/web' });
const rss = () => +/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))[1] / 1000;

let { context, page } = await openBrowser(p.folder, desktop);
t = performance.now();
await signIn(page, server.url, 'anna@example.org');
report(`sign in and load ${people} people into the browser`, (performance.now() - t) / 1000, 's');
report('server memory after serving it', rss(), 'MB');
report('module memory after loading', (await stats(page)).wasm_bytes / 1e6, 'MB');
report('database on the device', (await stats(page)).db_bytes / 1e6, 'MB');
await context.close();

for (const kind of ['cold start of the browser to the painted list', 'warm start (reload) to the painted list']) {
  const all = [];
  for (let i = 0; i < 5; i++) {
    if (kind.startsWith('cold') || !context.pages().length) { if (i || kind.startsWith('warm')) await context.close().catch(() => {}); ({ context, page } = await openBrowser(p.folder, desktop)); }
    if (kind.startsWith('cold')) await page.goto(server.url + '/people'); else await page.reload();
    await page.getByRole('link', { name: /First0 Last0/ }).first().waitFor();
    all.push(await page.evaluate(() => performance.getEntriesByName('painted')[0].startTime));
    await ready(page);
  }
  report(kind + ', median of 5 from navigation', all.sort((a, b) => a - b)[2], 'ms');
}
await goto(page, '/people');
const search = page.getByRole('searchbox', { name: 'Search' });
await search.fill('first1');
await idle(page);
const keys = [];
for (const text of ['last1', 'last12', 'last123', 'first5', 'first55']) {
  const began = await page.evaluate(() => performance.now());
  await search.fill(text);
  await idle(page);
  keys.push(await page.evaluate(() => performance.now()) - began);
}
report('a keystroke in search to the new list, median of 5', keys.sort((a, b) => a - b)[2], 'ms');
const from = await page.evaluate(() => performance.now());
await page.waitForFunction(x => performance.now() > x + 8000, from, { polling: 500 });
const before = (await stats(page)).frames, at = await page.evaluate(() => performance.now());
await page.waitForFunction(x => performance.now() > x + 5000, at, { polling: 500 });
report('frames in five idle seconds', (await stats(page)).frames - before, 'frames');
await context.close();
await server.stop();
data.remove();
p.remove();
