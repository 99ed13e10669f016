// 200 devices, open loop: each pushes one change and pulls once every 2 s for a minute, whether or not the answer before has
// come; beside it one device alone. JSON lines like holdfast-bench's. Needs what scripts/run builds.
//   node tests/bench/server.mjs [devices] [seconds]
import http from 'node:http';
import { addUser, dataFolder, scriptClient, startServer } from '../support/server.mjs';
import { SecondClient } from '../contract/second-client.mjs';

const devices = +process.argv[2] || 200, seconds = +process.argv[3] || 60, every = 2000, each = 4;
const report = (what, value, unit, floor = null) => console.log(JSON.stringify({ work: 'server', what, value: Math.round(value * 100) / 100, unit, floor, ratio: floor ? Math.round(value / floor * 100) / 100 : null }));
const at = (list, share) => list.sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * share))];

const data = dataFolder();
addUser(data.folder, 'admin@example.org', 'Admin');
for (let i = 0; i < Math.ceil(devices / each); i++) addUser(data.folder, `m${i}@example.org`, 'Member ' + i, 'member');
const server = await startServer(data.folder), url = server.url;

/// Like fetch, over connections of one device alone, which it keeps: each holds a thread of the server.
function ownConnections() {
  const agent = new http.Agent({ keepAlive: true });
  const request = (to, { method = 'GET', headers = {}, body } = {}) => new Promise((done, failed) => {
    const q = http.request(to, { method, headers, agent }, answer => {
      const parts = [];
      answer.on('data', d => parts.push(d));
      answer.on('error', failed);
      answer.on('end', () => done(new Response(parts.length ? Buffer.concat(parts) : null, { status: answer.statusCode, headers: Object.entries(answer.headers).map(([k, v]) => [k, String(v)]) })));
    });
    // A kept connection that was closed as this went out: it is sent again, as browsers do.
    q.on('error', e => { if (q.reusedSocket && e.code === 'ECONNRESET') request(to, { method, headers, body }).then(done, failed); else failed(e); });
    q.end(body);
  });
  return request;
}
const clients = [];
for (let i = 0; i < devices; i++) clients.push(await SecondClient.signIn(url, `m${Math.floor(i / each)}@example.org`, { request: ownConnections() }));
for (const c of clients) { c.own = c.create({ first_name: 'First', last_name: 'Last', job_title: 'none' }); await c.sync(); }
for (const c of clients) await c.sync();  // What the others made meanwhile is not part of a turn.

async function load(some, time) {
  const push = [], pull = [], errors = [], under = [];
  const began = performance.now();
  let late = 0;
  const turn = async c => {
    if (c.busy) { late++; return; }  // Counted: its change goes with the next turn.
    c.busy = true;
    try {
      let t = performance.now();
      await c.push();
      push.push(performance.now() - t);
      t = performance.now();
      await c.pull();
      pull.push(performance.now() - t);
    } catch (e) { errors.push(e.message); }
    c.busy = false;
  };
  some.forEach((c, i) => {
    for (let t = i * every / some.length; t < time; t += every)
      under.push(new Promise(done => setTimeout(() => { c.set(c.own, 'job_title', c.last = `turn ${Math.round(t)}`); turn(c).then(done); }, Math.max(0, t - (performance.now() - began)))));
  });
  await Promise.all(under);
  for (const c of some) await c.sync();
  return { push, pull, errors, late };
}

const alone = await load(clients.slice(0, 1), 20000), all = await load(clients, seconds * 1000);
const api = await scriptClient(url, 'admin@example.org');
let lost = 0;
for (const c of clients) if ((await api('GET', '/v1/records/person/' + c.own)).json.job_title !== c.last) lost++;
report(`push, median, ${devices} devices beside one`, at(all.push, 0.5), 'ms', at(alone.push, 0.5));
report('push, 99 of 100', at(all.push, 0.99), 'ms');
report(`pull, median, ${devices} devices beside one`, at(all.pull, 0.5), 'ms', at(alone.pull, 0.5));
report('pull, 99 of 100', at(all.pull, 0.99), 'ms');
report('turns that found the one before under way', all.late, 'turns');
report('errors', all.errors.length + alone.errors.length, 'errors');
report('lost writes', lost, 'writes');
report('memory of the server', +/VmRSS:\s+(\d+)/.exec((await import('node:fs')).readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))[1] / 1000, 'MB');
await server.stop();
data.remove();
if (all.errors.length || lost) { console.error([...new Set(all.errors)].slice(0, 5)); process.exitCode = 1; }
