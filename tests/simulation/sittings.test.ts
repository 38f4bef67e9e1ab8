/** The ledger of long runs: sittings that follow each other are one, others stay apart, and the page says which is which. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { playedAt, readSittings, type Sitting, sittingsTable, withSitting, writeSittings } from './sittings.js';

const sitting = (from: number, to: number, more: Partial<Sitting> = {}): Sitting => ({
  from,
  to,
  commit: 'c1',
  machine: 'two cores',
  seconds: 60,
  failed: [],
  ...more,
});

it('goes on with the sitting that stopped where it begins, at the same commit on the same machine', () => {
  const first = withSitting([], sitting(0, 999, { failed: [7] }));
  expect(withSitting(first, sitting(1_000, 1_999, { seconds: 30, failed: [1_234] }))).toEqual([
    sitting(0, 1_999, { seconds: 90, failed: [7, 1_234] }),
  ]);
  for (const other of [sitting(1_000, 1_999, { commit: 'c2' }), sitting(1_000, 1_999, { machine: 'one core' })]) {
    expect(withSitting(first, other)).toEqual([...first, other]);
  }
  expect(withSitting(first, sitting(1_001, 1_999))).toHaveLength(2);
});

it('counts each seed of a commit once', () => {
  const all = [sitting(500, 1_499), sitting(0, 999), sitting(2_000, 2_009), sitting(1_500, 1_999, { commit: 'c2' })];
  expect(playedAt(all, 'c1')).toBe(1_510);
  expect(playedAt(all, 'c2')).toBe(500);
  expect(playedAt(all, 'c3')).toBe(0);
});

it('is kept in a file, a line a sitting, and shown as a table', () => {
  const folder = mkdtempSync(join(tmpdir(), 'preheat-sittings-'));
  try {
    const file = pathToFileURL(join(folder, 'not-there-yet', 'simulation.json'));
    expect(readSittings(file)).toEqual([]);
    const all = [sitting(0, 1_199), sitting(5_000, 5_599, { commit: 'c2-dirty', failed: [5_001, 5_003] })];
    writeSittings(all, file);
    expect(readSittings(file)).toEqual(all);
    expect(sittingsTable(all).split('\n').slice(2)).toEqual([
      '| 0 to 1,199 | none | `c1` | 1 min, 20.0 a second | two cores |',
      '| 5,000 to 5,599 | 5001, 5003 | `c2-dirty` | 1 min, 10.0 a second | two cores |',
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
