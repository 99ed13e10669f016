// Keeps the whole app, so that it starts without a network. FILES and VERSION are put in by the build.
const VERSION = '__VERSION__', FILES = __FILES__;

addEventListener('install', e => e.waitUntil(caches.open(VERSION).then(cache => cache.addAll(FILES.map(f => new Request(f, { cache: 'reload' }))))));
addEventListener('activate', e => e.waitUntil(caches.keys().then(keys => Promise.all(keys.filter(k => k !== VERSION).map(k => caches.delete(k)))).then(() => clients.claim())));
addEventListener('message', e => { if (e.data === 'take over') skipWaiting(); });
addEventListener('fetch', e => {
  const url = new URL(e.request.url);
  if (e.request.method !== 'GET' || url.origin !== location.origin || url.pathname.startsWith('/v1/') || url.pathname === '/healthz' || url.pathname === '/metrics') return;
  const page = e.request.mode === 'navigate';
  e.respondWith(caches.open(VERSION).then(cache => cache.match(page ? '/' : url.pathname)).then(kept => kept || fetch(e.request)));
});
