// W1 to W3 in Chromium, on the browser's own files, beside the same works run natively just before: JSON lines whose floor is the
// native figure. Needs `scripts/build native holdfast-bench` and `scripts/build wasm bench-core`.
//   node tests/bench/browser.mjs [W1 W2 W3]
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { openBrowser, profile } from '../support/browser.mjs';

const works = process.argv.length > 2 ? process.argv.slice(2) : ['W1', 'W2', 'W3'];
// All that place() is asked for; place_web.cpp has the same.
const databases = ['server.db', 'a.db', 'b.db', 'd.db', 'colleague.db', 'floor.db', 'floor-server.db', 'floor-a.db', 'floor-b.db', 'lean.db', 'lean-server.db', 'plain.db'];
const worker = `importScripts('/bench-core.js');
onmessage = async ({ data: work }) => {
  try {
    const dir = await navigator.storage.getDirectory(), names = ${JSON.stringify(databases)}.flatMap(n => [n, n + '-journal', n + '-wal']);
    const handles = [];
    for (const name of names) handles.push(await (await dir.getFileHandle(name, { create: true })).createSyncAccessHandle());
    const core = await createBench({ print: line => postMessage(line), printErr: line => postMessage(line), runs: [], fontFamily: '' });
    core.files = { names, handles };
    core._bench_run(work);
    handles.forEach(h => h.close());
    postMessage('');
  } catch (e) { postMessage(String(e.stack || e)); postMessage(''); }
};`;
const files = { '/': ['text/html', '<!doctype html><title>bench</title>'], '/worker.js': ['text/javascript', worker],
  '/bench-core.js': ['text/javascript', readFileSync('build/wasm/bench-core.js')], '/bench-core.wasm': ['application/wasm', readFileSync('build/wasm/bench-core.wasm')] };
const server = createServer((q, r) => {
  const [type, body] = files[q.url] || ['text/plain', null];
  r.writeHead(body === null ? 404 : 200, { 'Content-Type': type });
  r.end(body);
}).listen(0, '127.0.0.1');
await new Promise(done => server.once('listening', done));

for (const work of works) {
  const native = new Map();
  for (const line of execFileSync('build/native/holdfast-bench', [work]).toString().trim().split('\n')) { const r = JSON.parse(line); native.set(r.what, r); }
  const p = profile(), { context, page } = await openBrowser(p.folder);
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  const lines = await page.evaluate(n => new Promise(done => {
    const lines = [], w = new Worker('/worker.js');
    w.onmessage = ({ data }) => { if (data) lines.push(data); else { w.terminate(); done(lines); } };
    w.postMessage(n);
  }), +work[1]);
  for (const line of lines) {
    if (line[0] !== '{') { console.error(line); process.exitCode = 1; continue; }
    const r = JSON.parse(line), beside = native.get(r.what);
    if (r.unit !== 'ms' && r.unit !== 'us' && !/memory/.test(r.what)) continue;
    console.log(JSON.stringify({ work: work + ' in Chromium', what: r.what, value: r.value, unit: r.unit, floor: beside.value, ratio: Math.round(r.value / beside.value * 100) / 100, beside_own_floor: r.ratio }));
  }
  await context.close();
  p.remove();
}
server.close();
