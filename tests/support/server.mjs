// Starts the real server on a free port and a fresh data folder, and stops it again.
import { spawn, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const binary = 'build/native/holdfast';
export const password = 'correct horse battery';

export function dataFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export function addUser(folder, email, name, role = 'admin') {
  execFileSync(binary, ['user', 'add', email, '--name', name, '--role', role, '--data', folder], { input: password + '\n' });
}

export async function startServer(folder, { web = null, extra = [], port = 0 } = {}) {
  const child = spawn(binary, ['serve', '--data', folder, '--listen', `127.0.0.1:${port}`, ...(web ? ['--web', web] : []), ...extra], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '', log = '';
  child.stderr.on('data', d => { log += d; });
  await new Promise((resolve, reject) => {
    child.stdout.on('data', d => { output += d; if (/listens on \S+\n/.test(output)) resolve(); });
    child.on('exit', code => reject(new Error(`the server ended with ${code}: ${log}`)));
  });
  const url = /listens on (\S+)/.exec(output)[1];
  return {
    url, child, port: +new URL(url).port,
    get code() { return /account: (\S+)/.exec(output)?.[1]; },
    get output() { return output; },
    get log() { return log; },
    kill: () => new Promise(resolve => { child.once('exit', resolve); child.kill('SIGKILL'); }),
    stop: () => new Promise(resolve => { if (child.exitCode !== null) return resolve(child.exitCode); child.once('exit', resolve); child.kill('SIGTERM'); }),
  };
}

/// Requests as a script makes them, with a bearer token.
export async function scriptClient(url, email) {
  const answer = await fetch(url + '/v1/login', { method: 'POST', headers: { 'X-Holdfast': '1' }, body: JSON.stringify({ email, password, token: true, name: 'test' }) });
  const { token } = await answer.json();
  const client = async (method, path, body) => {
    const r = await fetch(url + path, { method, headers: { Authorization: 'Bearer ' + token }, body: body === undefined ? undefined : JSON.stringify(body) });
    const text = await r.text();
    let json = null;
    try { json = JSON.parse(text); } catch { /* Not JSON. */ }
    return { status: r.status, json, text, headers: r.headers };
  };
  client.token = token;
  return client;
}
