// The semantic mirror: real elements over the canvas, made from the nodes the worker sends. They take every tap, key,
// text and scroll; the worker only learns what was meant.

const elements = new Map();   // id → element
const TAGS = { button: 'button', link: 'a', textbox: 'input', searchbox: 'input', date: 'input', checkbox: 'input', file: 'input', textarea: 'textarea', select: 'select', navigation: 'nav', heading: 'h2', text: 'p', main: 'main', alert: 'p', image: 'img' };
const ROLES = { dialog: 'dialog', status: 'status', list: 'list', listitem: 'listitem', group: 'group', progressbar: 'progressbar', region: 'region' };
const EDITS = new Set(['textbox', 'searchbox', 'textarea', 'date']);
// Boxes of no size: what stands in them has its place in the page, or in the content of the scroller around them.
const GROUPS = new Set(['navigation', 'main', 'group', 'listitem']);
const behind = new Set();     // What is written in, or was, and has not taken over what the worker has.
let root, send, returnFocus = [], told = 0;

export function startMirror(mirror, post) {
  root = mirror;
  send = post;
  root.addEventListener('click', onClick);
  root.addEventListener('input', e => { const el = e.target; if (idOf(el) && isEdit(el)) { el.written_ = true; if (!e.isComposing) sendValue(el); } });
  root.addEventListener('compositionend', e => { if (idOf(e.target)) sendValue(e.target); });
  root.addEventListener('change', onChange);
  root.addEventListener('focusin', e => { if (isEdit(e.target)) send({ t: 'edit', id: idOf(e.target) }); });
  root.addEventListener('focusout', e => { if (isEdit(e.target)) { e.target.written_ = false; send({ t: 'edit', id: 0 }); } });
  root.addEventListener('keydown', onKey);
}

/// With the number of the changes that brought what was written over: it may be something else by now.
const sendValue = el => { el.said_ = el.value; el.number_ = send({ t: 'value', id: idOf(el), v: el.value, over: el.over_ }); };
const takeOver = el => { if (el.value !== el.given_) el.value = el.given_; el.said_ = el.given_; el.over_ = told; behind.delete(el); };

/// The worker has seen what was sent up to a number, and has answered it.
export function answered(number) {
  for (const el of behind) if (!el.isConnected) behind.delete(el); else if (!el.written_ && (el.number_ || 0) <= number) takeOver(el);
}
const idOf = el => el && el.dataset ? +el.dataset.id || 0 : 0;
const isEdit = el => el instanceof HTMLElement && el.classList.contains('edit');

function onClick(e) {
  const el = e.target.closest('.n');
  if (!el) return;
  if (el.tagName === 'A') {
    if (e.defaultPrevented || e.button || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return;
    const href = el.getAttribute('href');
    if (href && href.startsWith('/')) { e.preventDefault(); send({ t: 'go', url: href }); }
    return;
  }
  // A button may change what the element that still has the focus holds.
  if (el.tagName === 'BUTTON') { if (isEdit(document.activeElement)) document.activeElement.written_ = false; send({ t: 'activate', id: idOf(el) }); }
  else if (el.type === 'checkbox') send({ t: 'activate', id: idOf(el), on: el.checked });
}

function onChange(e) {
  const el = e.target, id = idOf(el);
  if (!id) return;
  if (el.type === 'file') { if (el.files[0]) send({ t: 'file', file: el.files[0], attach: !!el.use_, to: el.to_ }); el.value = ''; }
  else if (el.tagName === 'SELECT' || (isEdit(el) && el.said_ !== el.value)) sendValue(el);
}

function onKey(e) {
  if (e.isComposing || e.keyCode === 229) return;
  if (e.key === 'Escape') { if (root.querySelector('[role=dialog]')) send({ t: 'dismiss' }); else if (isEdit(e.target)) e.target.blur(); }
  if (e.key === 'Enter' && e.target.tagName === 'INPUT' && isEdit(e.target)) {
    // Enter goes to the next field, and from the last presses the main button that follows.
    const scope = e.target.closest('[role=dialog]') ?? root, inputs = [...scope.querySelectorAll('.edit')], next = inputs[inputs.indexOf(e.target) + 1];
    const main = [...scope.querySelectorAll('button')].find(b => b.main_ && !b.disabled && e.target.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING);
    e.preventDefault();
    if (e.target.type === 'search') return e.target.blur();
    if (next) return next.focus();
    if (main) main.click();
    e.target.blur();
  }
}

function make(n) {
  const el = document.createElement(n.r === 'heading' ? 'h' + (n.level || 2) : TAGS[n.r] || 'div');
  el.className = 'n';
  el.dataset.id = n.id;
  if (ROLES[n.r]) el.setAttribute('role', ROLES[n.r]);
  if (n.r === 'button') { el.type = 'button'; el.classList.add('hit'); }
  if (n.r === 'link') el.classList.add('hit');
  if (n.r === 'checkbox') { el.type = 'checkbox'; el.classList.add('hit'); }
  if (n.r === 'file') { el.type = 'file'; el.classList.add('hit'); }
  if (n.r === 'searchbox') { el.type = 'search'; el.classList.add('search'); el.setAttribute('enterkeyhint', 'search'); }
  if (EDITS.has(n.r) || n.r === 'select') el.classList.add('edit');
  if (GROUPS.has(n.r)) el.classList.add('group');
  if (n.r === 'dialog') { el.setAttribute('aria-modal', 'true'); el.style.overflow = 'visible'; el.style.zIndex = 20; }
  if (n.r === 'region' || n.r === 'list') {
    if (n.ch !== undefined) {
      el.classList.add('scroll');
      el.tabIndex = 0;
      el.spacer = document.createElement('div');
      el.spacer.className = 'spacer';
      el.append(el.spacer);
      el.addEventListener('scroll', () => send({ t: 'scroll', id: n.id, y: el.scrollTop }), { passive: true });
    } else el.classList.add('group');
  }
  if (n.r === 'progressbar') { el.setAttribute('aria-valuemin', 0); el.setAttribute('aria-valuemax', 100); }
  el.role_ = n.r;
  el.level_ = n.level;
  return el;
}

// Photos by the name the worker gives them, as addresses of this page.
const photos = new Map();
const showPhoto = el => { const url = photos.get(el.photo_); if (url) { if (el.src !== url) el.src = url; el.style.visibility = ''; } else { el.removeAttribute('src'); el.style.visibility = 'hidden'; } };
export function addPhoto(name, bytes) {
  if (!photos.has(name)) photos.set(name, URL.createObjectURL(new Blob([bytes])));
  for (const el of elements.values()) if (el.photo_ === name) showPhoto(el);
}

const attribute = (el, name, value) => { if (value === undefined || value === '' || value === false) el.removeAttribute(name); else if (el.getAttribute(name) !== String(value)) el.setAttribute(name, value); };

/// Only where a link may lead. A record's web address can be a script, which nobody's tap shall run.
const leads = href => /^(\/(?!\/)|(https?|mailto|tel|geo):)/i.test(href || '') ? href : undefined;

function update(el, n) {
  const s = el.style;
  if (!el.classList.contains('group')) { s.left = n.x + 'px'; s.top = n.y + 'px'; s.width = n.w + 'px'; s.height = n.h + 'px'; }
  if (n.rad) s.borderRadius = n.rad + 'px';
  if (el.spacer) { el.spacer.style.height = (n.ch || 0) + 'px'; }
  if (n.r === 'heading' || n.r === 'text' || n.r === 'status' || n.r === 'alert') { if (el.textContent !== (n.n || '')) el.textContent = n.n || ''; }
  else attribute(el, 'aria-label', n.n);
  attribute(el, 'aria-description', n.d);
  if (n.r === 'link') { attribute(el, 'href', leads(n.href)); attribute(el, 'aria-current', n.cur ? 'page' : undefined); if (/^https?:/.test(n.href || '')) { el.target = '_blank'; el.rel = 'noopener'; } }
  if (n.r === 'button') { el.main_ = !!n.main; el.disabled = !!n.dis; attribute(el, 'aria-pressed', n.cur ? 'true' : undefined); }
  if (n.r === 'checkbox') el.checked = !!n.chk;
  if (n.r === 'file') { attribute(el, 'accept', n.v); el.use_ = n.input; el.to_ = n.href || ''; attribute(el, 'capture', n.input === 'camera' ? 'environment' : undefined); }
  if (n.r === 'image') { attribute(el, 'alt', n.n || ''); el.photo_ = n.v || ''; showPhoto(el); }
  if (n.r === 'progressbar') attribute(el, 'aria-valuenow', n.v);
  if (n.r === 'listitem') { attribute(el, 'aria-posinset', n.pos); attribute(el, 'aria-setsize', n.size); }
  if (n.r === 'textbox') {
    const type = { tel: 'tel', url: 'url', password: 'password', 'datetime-local': 'datetime-local', time: 'time' }[n.input] || 'text';
    if (el.type !== type) el.type = type;
    attribute(el, 'inputmode', n.input === 'email' ? 'email' : n.input === 'decimal' ? 'decimal' : undefined);
    if (n.input === 'email' || n.input === 'url') attribute(el, 'autocapitalize', 'none');
    attribute(el, 'autocomplete', n.ac);
  }
  if (n.r === 'date' && el.type !== 'date') el.type = 'date';
  if (n.r === 'select') {
    const key = JSON.stringify(n.opts || []);
    if (el.key_ !== key) { el.key_ = key; el.replaceChildren(...(n.opts || []).map(o => new Option(o.n || '', o.v || ''))); }
  }
  if (EDITS.has(n.r) || n.r === 'select') {
    attribute(el, 'aria-invalid', n.inv ? 'true' : undefined);
    attribute(el, 'aria-required', n.req ? 'true' : undefined);
    // While it is being written in, the element is the master.
    el.given_ = n.v || '';
    if (!el.written_ || document.activeElement !== el || n.r === 'select') takeOver(el);
    else behind.add(el);
  }
}

function inertBelow(dialog) {
  // Everything but the dialog and its ancestors leaves the order of focus.
  for (const el of elements.values()) if (el.inert) el.inert = false;
  if (!dialog) return;
  for (let keep = dialog; keep !== root; keep = keep.parentElement)
    for (const sibling of keep.parentElement.children) if (sibling !== keep) sibling.inert = true;
}

export function applyChanges(text) {
  const changes = JSON.parse(text), parents = new Map();
  told = changes.no;
  // What somebody types in stays where it is when something appears above it.
  const typing = EDITS.has(document.activeElement?.role_) ? document.activeElement : null, was = typing?.offsetTop;
  const hadDialog = root.querySelector('[role=dialog]');
  for (const id of changes.del) { const el = elements.get(id); if (el) { el.remove(); elements.delete(id); } }
  for (const n of changes.up) {
    let el = elements.get(n.id);
    if (el && (el.role_ !== n.r || el.level_ !== n.level || (n.ch !== undefined && !el.spacer))) { el.remove(); elements.delete(n.id); el = null; }
    if (!el) { el = make(n); elements.set(n.id, el); }
    el.parent_ = n.p;
    const parent = n.p ? elements.get(n.p) || root : root;
    if (el.parentElement !== parent) parent.append(el);
    update(el, n);
  }
  if (changes.order) {
    // Reading order is the order of the nodes. Elements that stand right already are not touched: moving one loses its focus.
    for (const id of changes.order) {
      const el = elements.get(id);
      if (!el) continue;
      const parent = el.parent_ ? elements.get(el.parent_) || root : root;
      const before = parents.get(parent), want = before ? before.nextSibling : parent.spacer ? parent.spacer.nextSibling : parent.firstChild;
      if (want !== el) {
        if (el.contains(document.activeElement)) { for (let n = want; n && n !== el;) { const next = n.nextSibling; parent.append(n); n = next; } }
        else parent.insertBefore(el, want);
      }
      parents.set(parent, el);
    }
  }
  if (typing && document.activeElement === typing && typing.offsetTop !== was) {
    const scroller = typing.closest('.scroll');
    if (scroller) scroller.scrollTop += typing.offsetTop - was;
  }
  const dialog = root.querySelector('[role=dialog]');
  if (dialog !== hadDialog) {
    inertBelow(dialog);
    if (dialog) { returnFocus.push(document.activeElement); dialog.querySelector('button,input,a')?.focus({ preventScroll: true }); }
    else returnFocus.pop()?.focus?.({ preventScroll: true });
  }
  if (changes.focus) elements.get(changes.focus)?.focus({ preventScroll: true });
  return changes.say;
}

/// A new worker knows nothing of the elements and photos an earlier one asked for; it may be another member's.
export function clearMirror() {
  elements.clear();
  for (const url of photos.values()) URL.revokeObjectURL(url);
  photos.clear();
  returnFocus = [];
  root.replaceChildren();
}
