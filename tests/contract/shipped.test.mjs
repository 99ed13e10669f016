// What is handed out has none of what is only for tests.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { binary } from '../support/server.mjs';

test('no planted fault is in a shipped program', () => {
  const names = [...readFileSync('tests/sim/mutants.txt', 'utf8').matchAll(/^([a-z_]+) \d+$/gm)].map(m => m[1]);
  assert.ok(names.length > 60);
  const planted = path => { const bytes = readFileSync(path, 'latin1'); return names.filter(name => bytes.includes(name)); };
  assert.deepEqual(planted('build/native/holdfast-sim-mutants'), names);  // So that what follows means something.
  const modules = readdirSync('build/web').filter(name => name.endsWith('.wasm'));
  assert.ok(modules.length > 0);
  for (const path of [binary, ...modules.map(name => 'build/web/' + name)]) assert.deepEqual(planted(path), [], path);
});
