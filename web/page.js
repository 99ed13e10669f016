// The page: who is signed in, the worker's life, history, and the door in front of it all.
import { startMirror, applyChanges, answered, clearMirror, addPhoto } from '/mirror.js';
import { showDoor, hideDoor } from '/door.js';

const stage = document.getElementById('stage'), canvas = document.getElementById('canvas'), mirror = document.getElementById('mirror'), polite = document.getElementById('polite');
const store = { get: k => localStorage.getItem('holdfast.' + k), set: (k, v) => v === null ? localStorage.removeItem('holdfast.' + k) : localStorage.setItem('holdfast.' + k, v) };
let running = null, worker = null, opened = false, lastIdle = false, waiters = [], replies = new Map(), number = 0, persisted = false, updateReady = false, live = null, releaseLock = null, sent = 0, visited = 0, again = 0;

const size = () => ({ width: stage.clientWidth, height: stage.clientHeight, density: Math.min(devicePixelRatio || 1, 3) });
const dark = matchMedia('(prefers-color-scheme: dark)');
const post = m => { lastIdle = false; worker?.postMessage({ ...m, n: ++sent }); return sent; };  // Numbered: frames say how far they have seen.
const event = m => post({ t: 'event', event: m });
const visit = () => { event({ t: 'route', url: location.pathname + location.search }); visited = sent; };
const language = () => store.get('language') || (navigator.language.startsWith('de') ? 'de' : 'en');
const around = () => ({ t: 'around', online: navigator.onLine, persisted, update_ready: updateReady, system_dark: dark.matches, zone_minutes: -new Date().getTimezoneOffset() });

function applyTheme() {
  const theme = store.get('theme') || 'system';
  document.documentElement.classList.toggle('dark', theme === 'dark' || (theme === 'system' && dark.matches));
  document.documentElement.lang = language();
}

// ---- who is signed in

const identity = () => { try { return JSON.parse(store.get('identity')); } catch { return null; } };

async function door(problem) {
  stop();
  stage.hidden = true;
  let needed = false, reachable = true;
  try { needed = (await (await fetch('/v1/setup', { cache: 'no-store' })).json()).needed; } catch { reachable = false; }
  const kept = identity();
  await showDoor({ language: language(), setUp: needed, reachable, email: kept?.email || store.get('email') || '', problem, cancel: kept && kept.folder ? () => start(kept) : null,
    async signIn(email, password) {
      const me = await login(email, password, '');
      if (me.error) return me.error;
      // Files of this member from before go on as the installation they were: its numbers must not start again.
      const known = await installOf(me.folder);
      let same = known && await login(email, password, known);
      if (same?.status === 410) { await leaveFiles(me.folder, false); same = null; }  // It was removed; this is a new one.
      if (same?.error) return same.error;
      if (same) return finish(same, false);
      const fresh = await login(email, password, crypto.randomUUID());
      if (fresh.error) return fresh.error;
      finish(fresh, true);
    },
    async setUpNow(values) {
      const answer = await fetch('/v1/setup', { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Holdfast': '1' }, body: JSON.stringify(values) });
      return answer.ok ? null : (await answer.json()).error;
    } });
}

async function login(email, password, install) {
  const answer = await fetch('/v1/login', { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Holdfast': '1' }, body: JSON.stringify({ email, password, install, device_name: deviceName() }) });
  const body = await answer.json();
  return answer.ok ? { ...body, install, folder: `${body.workspace}-${body.member}` } : { error: body.error, status: answer.status };
}

// The files say who was here, also when the browser was killed before it wrote anything else down.
const filesFolder = async () => (await navigator.storage.getDirectory()).getDirectoryHandle('holdfast');
async function installOf(folder) {
  try { return await (await (await (await (await filesFolder()).getDirectoryHandle(folder)).getFileHandle('install')).getFile()).text() || null; } catch { return null; }
}
async function identityFromFiles() {
  try {
    for await (const [folder, dir] of (await filesFolder()).entries()) {
      if (dir.kind !== 'directory' || await dir.getFileHandle('signed-out').catch(() => null)) continue;
      const install = await installOf(folder);
      if (install) return { folder, install };
    }
  } catch { /* No files: nobody was here. */ }
  return null;
}
/// After signing out: the files go, or, with unsent changes in them, stay until the next sign-in.
async function leaveFiles(folder, keep) {
  try {
    const all = await filesFolder();
    if (keep) await (await all.getDirectoryHandle(folder)).getFileHandle('signed-out', { create: true });
    else await all.removeEntry(folder, { recursive: true });
  } catch { /* Already gone. */ }
}

function finish(me, fresh) {
  store.set('identity', JSON.stringify(me));
  store.set('email', me.email);
  start({ ...me, just_signed_in: fresh });
}

function deviceName() {
  const ua = navigator.userAgent, os = /Android|iPhone|iPad|Windows|Mac OS|Linux/.exec(ua)?.[0] || '', browser = /Edg|Firefox|Chrome|Safari/.exec(ua)?.[0]?.replace('Edg', 'Edge') || '';
  return `${browser} ${os}`.trim() || 'Browser';
}

// ---- the worker's life

async function start(me) {
  stop();
  applyTheme();
  // One tab owns the database; another may be asked to give it up.
  const got = await new Promise(resolve => navigator.locks.request('holdfast:' + me.folder, { ifAvailable: true }, lock => { resolve(!!lock); return lock && new Promise(done => { releaseLock = done; }); }));
  if (!got) return takenDoor(me);
  running = me;  // Whose files are open here; another tab may have signed somebody else in since.
  hideDoor();
  stage.hidden = false;
  const fresh = canvas.cloneNode();
  (document.getElementById('canvas')).replaceWith(fresh);
  const off = fresh.transferControlToOffscreen();
  clearMirror();
  worker = new Worker('/worker.js');
  sent = visited = 0;
  worker.onmessage = ({ data }) => handlers[data.t]?.(data);
  worker.onerror = e => handlers.broken({ error: e.message });
  worker.postMessage({ t: 'start', canvas: off, hidden: document.hidden, ...size(), identity: { ...me, ...around(), zone: Intl.DateTimeFormat().resolvedOptions().timeZone, zones: Intl.supportedValuesOf?.('timeZone') || [], language: language(), theme: store.get('theme') || 'system', route: location.pathname + location.search } }, [off]);
}

function stop() {
  if (worker) { worker.terminate(); worker = null; }
  running = null;
  opened = false;
  clearTimeout(again);
  delete document.documentElement.dataset.ready;
  live?.close();
  live = null;
  releaseLock?.();
  releaseLock = null;
  waiters.splice(0).forEach(w => w());
}

const channel = new BroadcastChannel('holdfast');
channel.onmessage = async ({ data }) => {
  const me = running;
  if (!worker || !me || data?.yield !== me.folder) return;
  await ask('close');
  stop();
  takenDoor(me);
};
const stillSignedIn = me => identity()?.folder === me.folder;
function takenDoor(me) {
  stage.hidden = true;
  let asked = false;
  showDoor({ language: language(), taken: async () => {
    if (asked) return true;
    if (!stillSignedIn(me)) return location.reload();  // Somebody else has signed in in the other tab.
    asked = true;
    channel.postMessage({ yield: me.folder });
    for (let i = 0; i < 30; i++) {
      await new Promise(r => setTimeout(r, 100));
      if ((await navigator.locks.query()).held.every(l => l.name !== 'holdfast:' + me.folder)) return start(me);
    }
    asked = false;
    return false;
  } });
}

const ask = t => new Promise(resolve => { replies.set(++number, resolve); worker.postMessage({ t, number }); });

function settle() { if (lastIdle) waiters.splice(0).forEach(w => w()); }

function startLive() {
  live?.close();
  const stream = live = new EventSource('/v1/live');
  let missed = false;  // What was hinted at while the stream was down.
  stream.onmessage = () => event({ t: 'wake', why: 'hint' });
  stream.onopen = () => { if (missed) event({ t: 'wake', why: 'hint' }); missed = false; };
  stream.onerror = () => { missed = true; if (live === stream && stream.readyState === EventSource.CLOSED) live = null; };
}

const handlers = {
  opened({ identity: i }) {
    opened = true;
    const folder = `${i.workspace}-${i.member}`;
    store.set('identity', JSON.stringify({ workspace: i.workspace, member: i.member, install: i.install, device: i.device, name: i.name, email: i.email, role: i.role, folder }));
    startLive();
    navigator.storage?.persist?.().then(ok => { persisted = ok; event(around()); });
    document.documentElement.dataset.ready = '1';
  },
  frame(m) { answered(m.seen); if (!performance.getEntriesByName('painted').length) performance.mark('painted'); lastIdle = m.idle && m.seen === sent; settle(); },
  mirror(m) { const say = applyChanges(m.changes); if (say) polite.textContent = polite.textContent === say ? say + '.' : say; },
  photo(m) { addPhoto(m.name, m.bytes); },
  reply(m) { replies.get(m.number)?.(m.value); replies.delete(m.number); },
  go(m) { if (m.seen >= visited) history[m.replace ? 'replaceState' : 'pushState'](null, '', m.url); },
  save(m) { const url = URL.createObjectURL(new Blob([m.bytes], { type: m.type })), a = document.createElement('a'); a.href = url; a.download = m.name; a.click(); setTimeout(() => URL.revokeObjectURL(url), 10000); },
  wake_later(m) { clearTimeout(again); again = setTimeout(() => { if (opened) event({ t: 'wake', why: 'again' }); }, m.ms); },  // Also where the browser says that there is no network: it may be wrong.
  setting(m) { store.set(m.key, m.value); applyTheme(); },
  async update() {
    const registration = await navigator.serviceWorker.getRegistration();
    await ask('close');
    navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
    if (registration?.waiting) registration.waiting.postMessage('take over'); else location.reload();
  },
  async persist() { persisted = await navigator.storage.persist(); event(around()); },
  signed_out() { if (!document.getElementById('again')) door(language() === 'de' ? 'Die Anmeldung ist abgelaufen. Ihre Änderungen sind auf diesem Gerät sicher.' : 'Your sign-in has expired. Your changes are safe on this device.'); },
  async sign_out() {
    const me = running;
    if (!worker || !me) return;
    if (stillSignedIn(me)) try { await fetch('/v1/logout', { method: 'POST', headers: { 'X-Holdfast': '1' } }); } catch { /* The session ends by itself. */ }
    const left = await ask('close');
    stop();
    await leaveFiles(me.folder, left > 0);
    if (stillSignedIn(me)) store.set('identity', null);
    history.replaceState(null, '', '/');
    door();
  },
  async sign_in_again(m) {
    const me = running;
    stop();
    if (m.empty && me) await leaveFiles(me.folder, false);
    if (!me || stillSignedIn(me)) store.set('identity', null);
    door(language() === 'de' ? 'Die Daten dieses Browsers wurden gelöscht. Melden Sie sich an, um sie neu zu laden.' : 'This browser’s data was removed. Sign in to load it again.');
  },
  renewed(m) { if (!running) return; running = { ...running, install: m.install, device: m.device }; if (stillSignedIn(running)) store.set('identity', JSON.stringify({ ...identity(), install: m.install, device: m.device })); },
  async removed() {
    const me = running;
    if (!worker || !me) return;
    await ask('close');
    stop();
    await leaveFiles(me.folder, false);
    if (stillSignedIn(me)) store.set('identity', null);
    door(language() === 'de' ? 'Dieses Gerät wurde entfernt, seine Daten sind gelöscht.' : 'This device was removed, and its data with it.');
  },
  taken() { const me = running; stop(); if (me) takenDoor(me); },
  broken(m) { stop(); stage.hidden = true; showDoor({ language: language(), broken: m.error }); },
};

/// Photos are made small enough to travel from a phone, and lose what the camera wrote beside the picture.
async function attach(file, to) {
  const whose = running?.folder;
  let bytes = await file.arrayBuffer(), mime = file.type, name = file.name;
  if (/^image\/(jpeg|png|webp|heic|heif)$/.test(mime)) {
    try {
      const picture = await createImageBitmap(file), scale = Math.min(1, 1600 / Math.max(picture.width, picture.height));
      const small = new OffscreenCanvas(Math.max(1, Math.round(picture.width * scale)), Math.max(1, Math.round(picture.height * scale)));
      const on = small.getContext('2d');
      on.fillStyle = '#fff';  // What is transparent would come out black.
      on.fillRect(0, 0, small.width, small.height);
      on.drawImage(picture, 0, 0, small.width, small.height);
      bytes = await (await small.convertToBlob({ type: 'image/jpeg', quality: 0.85 })).arrayBuffer();
      mime = 'image/jpeg';
      name = name.replace(/\.[^.]*$/, '') + '.jpg';
    } catch { /* Not a picture this browser can read: it goes as it is. */ }
  }
  const sha = [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))].map(b => b.toString(16).padStart(2, '0')).join('');
  if (running?.folder === whose) post({ t: 'attachment', to, name, mime, sha, bytes });
}

startMirror(mirror, m => {
  if (m.t === 'go') { history.pushState(null, '', m.url); visit(); }
  else if (m.t === 'file' && m.attach) attach(m.file, m.to).catch(() => event({ t: 'unreadable' }));
  else if (m.t === 'file') m.file.arrayBuffer().then(bytes => post({ t: 'file', name: m.file.name, bytes })).catch(() => event({ t: 'unreadable' }));
  else event(m);
});
addEventListener('popstate', () => {
  if (mirror.contains(document.activeElement)) document.activeElement.blur();  // What is typed in it belongs to the screen that is left.
  visit();
});
new ResizeObserver(() => { if (worker && stage.clientWidth) post({ t: 'resize', ...size() }); }).observe(stage);
(function watchDensity() { matchMedia(`(resolution: ${devicePixelRatio}dppx)`).addEventListener('change', () => { post({ t: 'resize', ...size() }); watchDensity(); }, { once: true }); })();
dark.addEventListener('change', () => { applyTheme(); event(around()); });
for (const name of ['online', 'offline']) addEventListener(name, () => { event(around()); if (name === 'online') { post({ t: 'other_network' }); event({ t: 'wake', why: 'online' }); if (opened) startLive(); } });  // The old stream may be one that nothing comes through any more.
document.addEventListener('visibilitychange', () => { post({ t: 'hidden', hidden: document.hidden }); if (document.visibilityState === 'visible') event({ t: 'wake', why: 'visible' }); });
setInterval(() => { if (opened && document.visibilityState === 'visible' && navigator.onLine) { if (!live) startLive(); event({ t: 'wake', why: 'timer' }); } }, 45000);
addEventListener('keydown', e => {
  if ((e.ctrlKey || e.metaKey) && (e.key === 'k' || e.key === 'f') && !e.isComposing) {
    const search = mirror.querySelector('input[type=search]');
    if (search && document.activeElement !== search) { e.preventDefault(); search.focus(); }
  }
});

// ---- for tests and monitoring

globalThis.holdfast = {
  idle: () => new Promise(resolve => { if (!worker) return resolve(); waiters.push(resolve); if (opened) event({ t: 'nothing' }); }),
  stats: async () => { const s = worker ? await ask('stats') : { frames: 0, busy_ms: 0, wasm_bytes: 0, db_bytes: 0, pending_ops: 0 }; return { frames: s.frames, busy_ms: s.busy_ms, wasm_bytes: s.wasm_bytes, db_bytes: s.db_bytes, pending_ops: s.pending_ops }; },
};

// ---- the service worker: the whole app starts without a network

if ('serviceWorker' in navigator) {
  navigator.serviceWorker.register('/sw.js').then(registration => {
    const ready = () => { updateReady = true; event(around()); };
    if (registration.waiting && navigator.serviceWorker.controller) ready();
    registration.addEventListener('updatefound', () => registration.installing?.addEventListener('statechange', e => { if (e.target.state === 'installed' && navigator.serviceWorker.controller) ready(); }));
  }).catch(() => { /* Without a secure context there is none; the app then needs the network to start. */ });
}

applyTheme();
const me = identity() || await identityFromFiles();
if (me) start(me); else door();
