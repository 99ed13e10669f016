// What the simulator says of a run that breaks a promise: how to repeat it, and the shortest one found that breaks it too.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

const run = (...words) => spawnSync('build/native/holdfast-sim-mutants', words, { encoding: 'utf8' });

test('a run with a fault planted is told, with what repeats it and what is left of it', () => {
  const failed = run('--with', 'group_torn', '--seeds', '1', '--first-seed', '1');
  assert.equal(failed.status, 1, failed.stdout);
  const [, command] = /^seed 1 failed; repeat with: build\/native\/holdfast-sim-mutants (.+)$/m.exec(failed.stdout);
  const [, events] = /the shortest run found that still fails, (\d+) events:/.exec(failed.stdout);
  assert.ok(+events > 0 && +events < 60, events + ' of 400 events');
  assert.match(failed.stdout, /→ model: /);
  assert.match(failed.stdout, /0 passed, 1 failed\n$/);
  assert.equal(run(...command.split(' ')).stdout, failed.stdout);
  assert.equal(run('--seeds', '1', '--first-seed', '1').status, 0, 'without the fault nothing is wrong');
});

test('a run in which an assumption of the core breaks is told in the same way', () => {
  const failed = run('--with', 'sequence_with_gaps', '--seeds', '1', '--first-seed', '1');
  assert.equal(failed.status, 1);
  assert.match(failed.stdout, /^seed 1 failed, a broken assumption; repeat with: build\/native\/holdfast-sim-mutants --with sequence_with_gaps --seeds 1 --first-seed 1 --ops 400$/m);
  assert.match(failed.stdout, /the shortest run found that still fails:\n {4}\S/);
});
