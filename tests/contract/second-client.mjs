// A second client, which needs no more than docs/sync.md says: signs in, pushes, pulls, and holds the records in a Map. It leaves
// out restores, copies and attachments, and stops at any status but 200.
// It merges nothing, as no device does; it keeps what the server said beside what waits to be judged.
import { password } from '../support/server.mjs';
import { KINDS, newId, NIL, opened, Reader, STORED_AS_NUMBER, text8, Writer } from './frames.mjs';

export class SecondClient {
  records = new Map();   // id → { entity, seq, life, values, versions }
  pending = new Map();   // "id/field" → { value, op }: not yet judged
  outbox = [];           // { no, body }
  refused = [];
  cursor = '';
  epoch = NIL;
  acked = 0;
  judged = 0;
  opNo = 0;

  /// What this client writes: entities and fields under numbers of its own.
  keys = [[1, 'person', [[1, 'text', 'first_name'], [2, 'text', 'last_name'], [3, 'text', 'job_title'], [4, 'tags', 'tags']]]];

  static async signIn(url, email, { install = newId(), request = (...q) => fetch(...q) } = {}) {
    const me = new SecondClient();
    Object.assign(me, { url, email, install, request });
    await me.signInAgain();
    return me;
  }

  /// As the same installation: its numbers go on.
  async signInAgain() {
    const answer = await this.request(this.url + '/v1/login', { method: 'POST', headers: { 'X-Holdfast': '1' }, body: JSON.stringify({ email: this.email, password, install: this.install, device_name: 'second client' }) });
    if (answer.status !== 200) throw new Error(await answer.text());
    Object.assign(this, { cookie: answer.headers.get('set-cookie').split(';')[0] }, await answer.json());
  }

  field(name) { return this.keys[0][2].find(([, , key]) => key === name); }

  transaction(write) {
    const w = new Writer();
    w.varint(++this.opNo);
    w.signed(Date.now());
    w.varint(1);  // One stretch of the steady clock.
    w.varint(1);  // Schema.
    w.varint(1);  // One change.
    write(w);
    this.outbox.push({ no: this.opNo, body: w.bytes });
  }

  create(values) {
    const id = newId();
    this.transaction(w => {
      w.byte(0);
      w.varint(1);
      w.id(id);
      w.varint(Object.keys(values).length);
      for (const [key, value] of Object.entries(values)) { w.varint(this.field(key)[0]); w.byte(2); w.text(value); }
    });
    this.records.set(id, { entity: 'person', seq: 0, life: 0, values: {}, versions: {}, made: this.opNo });
    for (const [key, value] of Object.entries(values)) this.pending.set(id + '/' + key, { value, op: this.opNo });
    return id;
  }

  /// The base: what was seen. An own change under way is named by its number, as a negative.
  set(id, key, value) {
    const record = this.records.get(id), mine = this.pending.get(id + '/' + key);
    const base = mine ? -mine.op : record.seq ? record.versions[key] : -record.made;
    this.transaction(w => {
      w.byte(1);
      w.varint(1);
      w.id(id);
      w.signed(base);
      w.varint(1);
      w.varint(this.field(key)[0]);
      if (value === null) w.byte(0); else { w.byte(2); w.text(value); }
    });
    this.pending.set(id + '/' + key, { value, op: this.opNo });
  }

  get(id, key) {
    const mine = this.pending.get(id + '/' + key);
    return mine ? mine.value : this.records.get(id)?.values[key];
  }

  unsent() { return this.outbox.filter(o => o.no > this.judged); }

  pushFrame(unsent = this.unsent()) {
    const w = new Writer();
    w.byte('P'.charCodeAt(0));
    w.varint(1);
    w.varint(1);
    w.id(this.workspace);
    w.id(this.install);
    w.id(this.epoch);
    w.varint(this.device);
    w.signed(Date.now());
    w.varint(1);
    w.byte(1);
    w.varint(this.judged);
    w.varint(this.keys.length);
    for (const [no, entity, fields] of this.keys) {
      w.varint(no);
      w.text(entity);
      w.varint(fields.length);
      for (const [field, kind, key] of fields) { w.varint(field); w.byte(KINDS.indexOf(kind)); w.text(key); }
    }
    w.varint(unsent.length);
    for (const { body } of unsent) w.text(body);
    return w.sealed();
  }

  async push() {
    const unsent = this.unsent();
    if (!unsent.length) return;
    const answer = await this.request(this.url + '/v1/push', { method: 'POST', headers: { cookie: this.cookie, 'X-Holdfast': '1' }, body: this.pushFrame(unsent) });
    if (answer.status !== 200) throw new Error(await answer.text());
    const r = opened(new Uint8Array(await answer.arrayBuffer()), 'A');
    this.judged = Math.min(r.varint(), unsent.at(-1).no);  // What lies beyond was written since, or is a copy's.
  }

  async pull() {
    const staged = [];
    for (;;) {
      const snapshot = !this.cursor || this.cursor[0] === 's';
      const answer = await this.request(`${this.url}/v1/${snapshot ? 'snapshot' : 'pull'}?acked=${this.acked}&max=2000&epoch=${this.epoch}&cursor=${this.cursor}`, { headers: { cookie: this.cookie } });
      if (answer.status !== 200) throw new Error(await answer.text());
      const page = this.readPage(new Uint8Array(await answer.arrayBuffer()));
      if (page.flags & 4) staged.length = 0;  // It begins again.
      staged.push(page);
      this.cursor = page.cursor;
      this.epoch = page.epoch;
      if (!page.more && !snapshot) break;
    }
    // Rows, acknowledgements and refusals become true together.
    for (const page of staged) for (const row of page.rows) this.apply(row);
    const last = staged.at(-1);
    for (const r of last.refusals) {
      this.refused.push(r);
      for (const [id, record] of this.records) if (record.made === r.no && !record.seq) this.records.delete(id);
    }
    this.acked = last.acked;
    this.outbox = this.outbox.filter(o => o.no > this.acked);
    for (const [key, { op }] of this.pending) if (op <= this.acked) this.pending.delete(key);
  }

  apply(row) {
    if (row.life >= 2) return this.records.delete(row.id);
    const known = this.records.get(row.id);
    if (known && row.seq <= known.seq) return;
    const record = row.whole || !known ? { values: {}, versions: {}, made: known?.made } : known;
    Object.assign(record, { entity: row.entity, seq: row.seq, life: row.life });
    Object.assign(record.values, row.values);
    Object.assign(record.versions, row.versions);
    this.records.set(row.id, record);
  }

  readPage(bytes) {
    const r = opened(bytes, 'R');
    const page = { epoch: r.id(), head: r.varint(), serverMs: r.signed(), acked: r.varint(), flags: r.byte(), offlineDays: r.varint(), total: r.varint(), cursor: r.text(), refusals: [], rows: [] };
    page.more = (page.flags & 1) === 1;
    for (let n = r.varint(); n > 0; n--) page.refusals.push({ no: r.varint(), code: r.text(), reason: r.text() });
    const entities = new Map();
    for (let n = r.varint(); n > 0; n--) {
      const no = r.varint(), entity = { key: r.text(), fields: [] };
      for (let f = r.varint(); f > 0; f--) { r.varint(); entity.fields.push({ kind: KINDS[r.byte()], key: r.text() }); }
      entities.set(no, entity);
    }
    for (let n = r.varint(); n > 0; n--) r.id();  // Members: who made and changed a row. Not used here.
    let seq = 0;
    for (let n = r.varint(); n > 0; n--) {
      const entity = entities.get(r.varint()), row = { entity: entity.key, id: r.id(), values: {}, versions: {} };
      row.seq = seq += r.signed();
      const flags = r.byte();
      row.whole = (flags & 1) === 1;
      row.life = flags >> 2;
      if (row.life === 3) { page.rows.push(row); continue; }  // Not to be seen any more: nothing follows.
      r.signed(), r.varint();
      if (row.whole) r.signed(), r.varint();
      const base = row.seq - r.varint(), bitmap = r.raw(Math.ceil(entity.fields.length / 8)), exceptions = new Map();
      for (let e = r.varint(); e > 0; e--) { const position = r.varint(); exceptions.set(position, row.seq - r.varint()); }
      if (flags & 2) r.varint();
      entity.fields.forEach((f, i) => {
        if (row.whole || exceptions.has(i)) row.versions[f.key] = exceptions.get(i) ?? base;
        if (bitmap[i >> 3] >> (i & 7) & 1) row.values[f.key] = this.readCell(r, f.kind);
        else if (row.whole) row.values[f.key] = null;
      });
      page.rows.push(row);
    }
    return page;
  }

  readCell(r, kind) {
    const number = () => { const v = r.varint(); return v ? (v - 1) % 2 ? -v / 2 : (v - 1) / 2 : null; };
    if (kind === 'money') { const minor = number(); return minor === null ? null : { minor, currency: text8.decode(r.raw(3)) }; }
    if (STORED_AS_NUMBER.has(kind)) return number();
    if (kind === 'ref') { const id = r.id(); return id === NIL ? null : id; }
    return r.text() || null;
  }

  async sync() {
    if (this.epoch === NIL) await this.pull();  // A push names the history it speaks of.
    await this.push();
    await this.pull();
  }
}
