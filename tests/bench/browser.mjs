// W1 to W3 in Chromium, on the browser's own files, each of three runs beside the same work run natively just before: JSON lines
// of medians, whose floor is the native figure, with the least and the largest ratio of one run to the native one before it. Needs
// `scripts/build native holdfast-bench` and `scripts/build wasm bench-core`.
//   node tests/bench/browser.mjs [RUNS] [W1 W2 W3]
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { openBrowser, profile } from '../support/browser.mjs';

const asked = process.argv.slice(2), runs = /^[1-9]\d*$/.test(asked[0]) ? +asked.shift() : 3, works = asked.length ? asked : ['W1', 'W2', 'W3'];
// All that place() is asked for in a browser; place_web.cpp has the same.
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

const middle = list => { const l = list.toSorted((a, b) => a - b), n = l.length; return (l[(n - 1) >> 1] + l[n >> 1]) / 2; };
const round = x => Math.round(x * 100) / 100;

/// The work's results by what they are of: one native run, and one in a browser that has not been here before.
async function pair(work) {
  const native = new Map(), web = [];
  for (const line of execFileSync('build/native/holdfast-bench', [work]).toString().trim().split('\n')) { const r = JSON.parse(line); native.set(r.what, r); }
  const p = profile(), { context, page } = await openBrowser(p.folder);
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  const lines = await page.evaluate(n => new Promise(done => {
    const lines = [], w = new Worker('/worker.js');
    w.onmessage = ({ data }) => { if (data) lines.push(data); else { w.terminate(); done(lines); } };
    w.postMessage(n);
  }), +work[1]);
  await context.close();
  p.remove();
  for (const line of lines) {
    if (line[0] !== '{') { console.error(line); process.exitCode = 1; continue; }
    const r = JSON.parse(line);
    if (r.unit === 'ms' || r.unit === 'us' || /memory/.test(r.what)) web.push({ ...r, beside: native.get(r.what).value });
  }
  return web;
}

for (const work of works) {
  const all = new Map();
  for (let i = 0; i < runs; i++) for (const r of await pair(work)) all.set(r.what, [...all.get(r.what) || [], r]);
  for (const [what, of] of all) {
    const ratios = of.map(r => r.value / r.beside), own = of.map(r => r.ratio).filter(r => r !== null);
    console.log(JSON.stringify({ work: work + ' in Chromium', what, value: round(middle(of.map(r => r.value))), unit: of[0].unit, floor: round(middle(of.map(r => r.beside))), ratio: round(middle(ratios)),
      least: round(Math.min(...ratios)), largest: round(Math.max(...ratios)), runs: of.length, beside_own_floor: own.length ? round(middle(own)) : null }));
  }
}
server.close();
