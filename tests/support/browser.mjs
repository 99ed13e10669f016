// Debian's Chromium with a profile of its own, driven as a person would: by role and name.
import { chromium } from 'playwright-core';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { password } from './server.mjs';

const args = ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];
export const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, deviceScaleFactor: 2 };
export const desktop = { viewport: { width: 1280, height: 800 } };

export function profile() {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-profile-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }) };
}

export async function openBrowser(folder, options = {}) {
  const { env, ...rest } = options;
  const context = await chromium.launchPersistentContext(folder, { executablePath: '/usr/bin/chromium', headless: true, args, locale: 'en-GB', timezoneId: 'Europe/London', env: { ...process.env, ...env }, ...rest });
  return { context, page: watchErrors(context.pages()[0] || await context.newPage()) };
}

/// A browser in a process group of its own, to be killed as a whole.
export async function openKillable(folder) {
  for (const f of ['DevToolsActivePort', 'SingletonLock', 'SingletonSocket', 'SingletonCookie']) rmSync(join(folder, f), { force: true });
  mkdirSync(folder, { recursive: true });
  const child = spawn('/usr/bin/chromium', [...args, '--headless=new', '--remote-debugging-port=0', '--lang=en-GB', '--user-data-dir=' + folder, 'about:blank'], { detached: true, stdio: 'ignore' });
  const file = join(folder, 'DevToolsActivePort');
  const port = await new Promise((done, failed) => {
    const look = () => { if (existsSync(file)) { const n = readFileSync(file, 'utf8').split('\n')[0]; if (n) { watcher.close(); done(n); } } };
    const watcher = watch(folder, look);
    child.once('exit', () => failed(new Error('the browser ended')));
    look();
  });
  const browser = await chromium.connectOverCDP('http://127.0.0.1:' + port);
  const context = browser.contexts()[0], page = watchErrors(context.pages()[0] || await context.newPage());
  return { page, kill: () => new Promise(done => { child.once('exit', done); process.kill(-child.pid, 'SIGKILL'); }) };
}

function watchErrors(page) {
  page.errors = [];
  page.on('pageerror', e => page.errors.push(e.message));
  page.on('console', m => { if (m.type() === 'error' && !/ERR_INTERNET_DISCONNECTED|Failed to load resource/.test(m.text())) page.errors.push(m.text()); });
  return page;
}

export async function ready(page) {
  await page.waitForSelector('html[data-ready]', { timeout: 30000 });
  await idle(page);
}
export const idle = page => page.evaluate(() => holdfast.idle());
export const stats = page => page.evaluate(() => holdfast.stats());

export async function setUp(page, url, code, { name = 'Anna Berg', email = 'anna@example.org' } = {}) {
  await page.goto(url);
  await page.getByLabel('Set-up code').fill(code);
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await ready(page);
}

export async function signIn(page, url, email) {
  if (url) await page.goto(url);
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await ready(page);
}

export async function follow(page, name, exact = true) {
  await page.getByRole('link', { name, exact }).first().click();
  await idle(page);
}
export async function press(page, name) {
  await page.getByRole('button', { name, exact: true }).first().click();
  await idle(page);
}
export async function goto(page, path) {
  await page.evaluate(p => { history.pushState(null, '', p); dispatchEvent(new PopStateEvent('popstate')); }, path);
  await idle(page);
}
export async function addPerson(page, first, last) {
  await goto(page, '/people/new');
  await page.getByLabel('First name', { exact: true }).fill(first);
  await page.getByLabel('Last name', { exact: true }).fill(last);
  await press(page, 'Save');
}
