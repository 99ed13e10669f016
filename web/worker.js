// The dedicated worker: loads the core, owns the canvas and the database files, draws only when something happened.
importScripts('/core.js', '/icons.js');

let core = null, started = false, opened = false;
let pending = 0, frame = 0, timer = 0, resting = 0, busy = 0, hidden = false, seen = 0;
const timed = work => { const began = performance.now(); try { return work(); } finally { busy += performance.now() - began; } };
const queue = [];
const FILES = ['holdfast.db', 'holdfast.db-journal', 'holdfast.db-wal'];
const INTER = [['latin', 'U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+0304,U+0308,U+0329,U+2000-206F,U+20AC,U+2122,U+2191,U+2193,U+2212,U+2215,U+FEFF,U+FFFD'],
  ['latin-ext', 'U+0100-02BA,U+02BD-02C5,U+02C7-02CC,U+02CE-02D7,U+02DD-02FF,U+1D00-1DBF,U+1E00-1E9F,U+1EF2-1EFF,U+2020,U+20A0-20AB,U+20AD-20C0,U+2113,U+2C60-2C7F,U+A720-A7FF'],
  ['cyrillic', 'U+0301,U+0400-045F,U+0490-0491,U+04B0-04B1,U+2116'], ['greek', 'U+0370-0377,U+037A-037F,U+0384-038A,U+038C,U+038E-03A1,U+03A3-03FF']];

const withText = (text, use) => { const n = core.lengthBytesUTF8(text) + 1, p = core._malloc(n); core.stringToUTF8(text, p, n); const r = use(p, n - 1); core._free(p); return r; };
const withBytes = (bytes, use) => { const p = core._malloc(bytes.length || 1); core.HEAPU8.set(bytes, p); const r = use(p, bytes.length); core._free(p); return r; };
const event = m => withText(JSON.stringify(m), p => core._app_event(p));

function kick(frames = 2) {
  if (!opened) return;
  clearTimeout(resting);
  pending = Math.max(pending, frames);
  if (!frame) frame = next();
}
// A page that is not on screen is given no frames; what a person did last is carried out all the same.
const next = () => hidden ? setTimeout(draw) : requestAnimationFrame(draw);
const cancel = () => { if (hidden) clearTimeout(frame); else cancelAnimationFrame(frame); frame = 0; };
function draw() {
  frame = 0;
  clearTimeout(timer);
  const wait = timed(() => core._app_frame(performance.now()));
  pending--;
  if (pending > 0) frame = next();
  else if (wait >= 0) { if (wait < 1) kick(1); else timer = setTimeout(() => kick(1), wait); }
  clearTimeout(resting);
  if (idle()) resting = setTimeout(() => timed(() => core._app_rest()), 500);
  postMessage({ t: 'frame', idle: idle(), seen });
}
const idle = () => opened && pending <= 0 && !frame && !!core._app_idle();

let folder_ = null;
/// Whose files these are, where a killed browser cannot forget it.
async function noteInstall(install, anew) {
  const note = await (await folder_.getFileHandle('install', { create: true })).createSyncAccessHandle();
  if (anew || note.getSize() === 0) { note.truncate(0); note.write(new TextEncoder().encode(install), { at: 0 }); note.flush(); }
  note.close();
}

async function openFiles({ folder, install }) {
  let dir = await navigator.storage.getDirectory();
  for (const part of ['holdfast', folder]) dir = await dir.getDirectoryHandle(part, { create: true });
  const handles = [];
  folder_ = dir;
  if (install) await noteInstall(install, false);
  await dir.removeEntry('signed-out').catch(() => {});
  try {
    for (const name of FILES) handles.push(await (await dir.getFileHandle(name, { create: true })).createSyncAccessHandle());
  } catch (e) { handles.forEach(h => h.close()); throw e; }
  return { names: FILES, handles };
}

async function loadFonts() {
  const faces = INTER.map(([name, range]) => new FontFace('Inter', `url(/inter-${name}.woff2)`, { weight: '100 900', unicodeRange: range }));
  faces.forEach(f => self.fonts.add(f));
  await Promise.allSettled([faces[0].load()]);
}

// A network that went away answers nothing and says so to nobody: what syncs is asked for again over the next, which harms nothing.
const syncing = new Set();
async function fetchFor(number, method, path, body) {
  // The cookie is every tab's: another may have signed somebody else in. Then the server says so.
  let status = 0, bytes = new Uint8Array();
  const device = String(core._app_device()), syncs = /^\/v1\/(push|pull|snapshot|blobs\/)/.test(path), stop = new AbortController();
  // Silence ends it, slowness does not: a minute, and what a kilobyte a second takes.
  let timer = 0;
  const alive = bytes => { clearTimeout(timer); timer = setTimeout(() => stop.abort(), 60_000 + bytes); };
  alive(body ? body.length : 0);
  if (syncs) syncing.add(stop);
  try {
    const answer = await fetch(path, { method, credentials: 'same-origin', cache: 'no-store',
      headers: method === 'GET' ? { 'X-Holdfast': '1', 'X-Holdfast-Device': device } : { 'X-Holdfast': '1', 'X-Holdfast-Device': device, 'Content-Type': path === '/v1/push' || path.startsWith('/v1/blobs/') ? 'application/octet-stream' : 'application/json' },
      body: method === 'GET' ? undefined : body,
      signal: stop.signal });
    const parts = [], reader = answer.body?.getReader();
    for (let part; reader && !(part = await reader.read()).done; alive(0)) parts.push(part.value);
    bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
    status = answer.status;
  } catch { status = 0; }
  clearTimeout(timer);
  syncing.delete(stop);
  if (!opened) return;
  timed(() => withBytes(bytes, (p, n) => core._app_fetched(number, status, p, n)));
  kick();
}

const messages = {
  async start(m) {
    hidden = m.hidden;
    try {
      const files = openFiles(m.identity).catch(e => e), fonts = loadFonts();
      const loading = createCore({ canvas: m.canvas, fontFamily: 'Inter, "Noto Sans", system-ui, sans-serif', runs: [], icons: ICONS, locateFile: f => '/' + f,
        onSemantics: text => postMessage({ t: 'mirror', changes: text }),
        onTell: text => { const m = JSON.parse(text); if (m.t === 'renewed') noteInstall(m.install, true); postMessage({ ...m, seen }); },
        onFetch: (number, method, path, body) => { fetchFor(number, method, path, body); },
        onPhoto: (name, bytes) => postMessage({ t: 'photo', name, bytes }, [bytes.buffer]),
        onSave: (name, type, bytes) => postMessage({ t: 'save', name, type, bytes }, [bytes.buffer]) });
      // A browser's first graphics context takes longest of all: it is made while the core is fetched and compiled, with
      // the attributes the core asks for, and the core is then given the same one.
      m.canvas.getContext('webgl2', { alpha: false, depth: false, stencil: false, antialias: false, powerPreference: 'low-power' });
      core = await loading;
      core.files = await files;
      if (core.files instanceof Error) throw core.files;
      await fonts;
      if (!core._app_start(m.width, m.height, m.density)) throw new Error('no graphics');
      started = true;
      const result = JSON.parse(withText(JSON.stringify(m.identity), p => core.UTF8ToString(core._app_open(p))));
      if (!result.ok) { close(); postMessage(result.again ? { t: 'sign_in_again', empty: result.empty } : { t: 'broken', error: result.error }); return; }
      opened = true;
      noteInstall(result.install, true);
      queue.splice(0).forEach(q => messages[q.t](q));
      kick(3);
      postMessage({ t: 'opened', identity: result });
    } catch (e) {
      postMessage(e.name === 'NoModificationAllowedError' ? { t: 'taken' } : { t: 'broken', error: `${e.name}: ${e.message}` });
    }
  },
  event(m) { timed(() => event(m.event)); kick(); },
  hidden(m) { const drawing = frame; if (drawing) cancel(); hidden = m.hidden; if (drawing) frame = next(); kick(1); },
  other_network() { syncing.forEach(stop => stop.abort()); },
  resize(m) { core._app_resize(m.width, m.height, m.density); kick(); },
  async file(m) { const bytes = new Uint8Array(m.bytes); withText(m.name, name => withBytes(bytes, (p, n) => core._app_file(name, p, n))); kick(); },
  async attachment(m) { const bytes = new Uint8Array(m.bytes); withText(m.to, to => withText(m.name, name => withText(m.mime, mime => withText(m.sha, sha => withBytes(bytes, (p, n) => core._app_attachment(to, name, mime, sha, p, n)))))); kick(); },
  stats(m) { postMessage({ t: 'reply', number: m.number, value: { ...JSON.parse(core.UTF8ToString(core._app_stats())), wasm_bytes: core.HEAPU8.length, busy_ms: Math.round(busy * 10) / 10, idle: idle() } }); },
  close(m) { postMessage({ t: 'reply', number: m.number, value: close() }); },
};
/// Answers how much of the person's work is on this device alone.
function close() {
  let left = 0;
  try {
    // What was done before is done, also when its frame has not come yet.
    if (opened && frame) { cancel(); for (let i = 0; i < 10 && core._app_frame(performance.now()) === 0; i++); }
    if (opened) left = core._app_only_here();
  } catch { left = 1; /* It cannot be known: then there may be some. */ }
  opened = false;
  if (started) core._app_close();
  if (core && core.files && core.files.handles) core.files.handles.forEach(h => h.close());
  return left;
}
onmessage = ({ data: m }) => { if (m.n) seen = m.n; if (m.t === 'start' || opened || m.t === 'close') messages[m.t](m); else if (m.t === 'stats') postMessage({ t: 'reply', number: m.number, value: { frames: 0, busy_ms: 0, wasm_bytes: 0, db_bytes: 0, pending_ops: 0 } }); else queue.push(m); };
