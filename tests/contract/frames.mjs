// The bytes of a frame: numbers, texts and ids, and the sum at its end, as docs/sync.md has them.
import xxhash from 'xxhash-wasm';
import { randomBytes } from 'node:crypto';

const { h32Raw } = await xxhash();
export const KINDS = ['text', 'multiline', 'boolean', 'integer', 'decimal', 'money', 'date', 'instant', 'choice', 'tags', 'ref', 'email', 'phone', 'url'];
export const STORED_AS_NUMBER = new Set(['boolean', 'integer', 'decimal', 'date', 'instant']);
const utf8 = new TextEncoder();
export const text8 = new TextDecoder();
export const idText = b => Buffer.from(b).toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
const idBytes = t => Buffer.from(t.replaceAll('-', ''), 'hex');

/// A UUID of version 7: milliseconds, then chance.
export function newId() {
  const b = randomBytes(16);
  b.writeUIntBE(Date.now(), 0, 6);
  b[6] = b[6] & 15 | 0x70;
  b[8] = b[8] & 63 | 0x80;
  return idText(b);
}

export class Writer {
  bytes = [];
  byte(v) { this.bytes.push(v); }
  varint(v) { while (v >= 128) { this.byte(v % 128 + 128); v = Math.floor(v / 128); } this.byte(v); }
  signed(v) { this.varint(v >= 0 ? v * 2 : -v * 2 - 1); }
  raw(b) { for (const x of b) this.byte(x); }
  text(t) { const b = typeof t === 'string' ? utf8.encode(t) : t; this.varint(b.length); this.raw(b); }
  id(t) { this.raw(idBytes(t)); }
  sealed() { const body = Uint8Array.from(this.bytes), sum = h32Raw(body, 0), end = Buffer.alloc(4); end.writeUInt32LE(sum); return Buffer.concat([body, end]); }
}

export class Reader {
  constructor(bytes) { this.bytes = bytes; this.at = 0; }
  byte() { if (this.at >= this.bytes.length) throw new Error('cut short'); return this.bytes[this.at++]; }
  varint() { let v = 0, scale = 1; for (;;) { const b = this.byte(); v += (b & 127) * scale; if (b < 128) return v; scale *= 128; } }
  signed() { const v = this.varint(); return v % 2 ? -(v + 1) / 2 : v / 2; }
  raw(n) { if (this.at + n > this.bytes.length) throw new Error('cut short'); return this.bytes.subarray(this.at, this.at += n); }
  text() { return text8.decode(this.raw(this.varint())); }
  id() { return idText(this.raw(16)); }
}
export const NIL = '00000000-0000-0000-0000-000000000000';

export function opened(bytes, tag) {
  const body = bytes.subarray(0, bytes.length - 4);
  if (String.fromCharCode(body[0]) !== tag || h32Raw(body, 0) !== Buffer.from(bytes).readUInt32LE(bytes.length - 4)) throw new Error('a damaged frame');
  const r = new Reader(body);
  r.byte();
  if (r.varint() !== 1) throw new Error('another protocol');
  return r;
}
