import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Ledger } from './ledger.js';
import type { Match, Side } from './match.js';
import { outcomesOf } from './outcome.js';
import { runMatches, type RunOptions } from './run-matches.js';
import { outcomeTable } from './table.js';

const machine = { cpu: 'test', cores: 2, node: '20' };
const side = (id: string, extra: Partial<Side> = {}): Side => ({
  id,
  command: ['bench', '/folder/of/peers', id],
  ...extra,
});
const match: Match = {
  id: 'sft-x',
  title: 'SFT x',
  metric: { key: 'tokens_per_s', unit: 'tokens/s', better: 'higher' },
  sides: [side('ours'), side('a-threads'), side('a-processes', { scale: 2 }), side('b', { missing: 'no Python' })],
  comparisons: [
    { peer: 'A', sides: ['a-threads', 'a-processes'], goal: 2 },
    { peer: 'B', sides: ['b'], goal: 1 },
  ],
};
const RATES: Readonly<Record<string, number>> = { ours: 300, 'a-threads': 90, 'a-processes': 60 };

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'preheat-bench-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Options whose sides answer at once; `ran` collects who ran. */
function optionsFor(ran: string[], extra: Partial<RunOptions> = {}): RunOptions {
  return {
    rounds: 2,
    budgetS: Infinity,
    folder,
    folders: { PEERS: '/folder/of/peers' },
    revision: 'r1',
    machine: null,
    tell: () => undefined,
    run: async ({ id }) => {
      ran.push(id);
      return { lines: [{ tokens_per_s: RATES[id] }], firstLineS: 1, peakRssMib: 2, wallS: 3 };
    },
    ...extra,
  };
}

describe('runMatches', () => {
  it('interleaves the sides, every second round backwards, and runs nothing that is missing', async () => {
    const ran: string[] = [];
    await runMatches([match], Ledger.open(null, machine), optionsFor(ran));
    // Two processes of 60 each beat 90: in the second round the threads are left out.
    expect(ran).toEqual(['ours', 'a-threads', 'a-processes', 'a-processes', 'ours']);
  });

  it('gives every row a round before any has its second, and keeps splits that are close', async () => {
    const ran: string[] = [];
    const close = {
      ...match,
      id: 'sft-y',
      sides: [side('ours'), side('a-threads'), side('a-processes', { scale: 1.4 })],
    };
    await runMatches([match, close], Ledger.open(null, machine), optionsFor(ran));
    expect(ran).toEqual([
      ...['ours', 'a-threads', 'a-processes', 'ours', 'a-threads', 'a-processes'],
      ...['a-processes', 'ours', 'a-processes', 'a-threads', 'ours'],
    ]);
  });

  it('goes on where a file of measurements ends, and measures a changed command anew', async () => {
    const path = join(folder, 'bench.json');
    const ran: string[] = [];
    await runMatches([match], Ledger.open(path, machine), optionsFor([], { rounds: 1 }));
    await runMatches([match], Ledger.open(path, machine), optionsFor(ran));
    expect(ran).toEqual(['a-processes', 'ours']);
    const changed = {
      ...match,
      sides: [side('ours', { command: ['bench', '--steps', '7'] }), ...match.sides.slice(1)],
    };
    const again: string[] = [];
    await runMatches([changed], Ledger.open(path, machine), optionsFor(again));
    expect(again).toEqual(['ours', 'ours']);
  });

  it('refuses measurements of another machine', async () => {
    const path = join(folder, 'bench.json');
    await runMatches([match], Ledger.open(path, machine), optionsFor([], { rounds: 1 }));
    expect(() => Ledger.open(path, { ...machine, cores: 64 })).toThrow('use another file for this machine');
  });

  it('records no folder of this machine', async () => {
    const ledger = Ledger.open(null, machine);
    await runMatches([match], ledger, optionsFor([], { rounds: 1 }));
    expect(ledger.entries[0]?.command).toBe('bench $PEERS ours');
  });

  it('begins nothing when the time given is over', async () => {
    const ran: string[] = [];
    await runMatches([match], Ledger.open(null, machine), optionsFor(ran, { budgetS: -1 }));
    expect(ran).toEqual([]);
  });

  it('reports a side that fails and goes on with the others', async () => {
    const ledger = Ledger.open(null, machine);
    const broken = {
      ...match,
      sides: [match.sides[0] as Side, { ...side('a-threads'), command: ['node', '-e', 'throw 7'] }],
    };
    const { run: _, ...real } = optionsFor([], { rounds: 1 });
    const ours = {
      ...broken,
      sides: [{ ...side('ours'), command: ['node', '-p', `'{"tokens_per_s": 5}'`] }, ...broken.sides.slice(1)],
    };
    const failures = await runMatches([ours], ledger, real);
    expect([...failures.keys()]).toEqual(['sft-x a-threads']);
    const [first] = outcomesOf(ours, ledger, failures, real.folders);
    expect(first).toMatchObject({ ours: 5, ratio: undefined, verdict: expect.stringContaining('not run: ') as string });
  });
});

describe('outcomesOf', () => {
  it('compares with the better split of a peer and says what was not run', async () => {
    const ledger = Ledger.open(null, machine);
    const options = optionsFor([]);
    const failures = await runMatches([match], ledger, options);
    const [a, b] = outcomesOf(match, ledger, failures, options.folders);
    // Two processes of 60 each are better than 90.
    expect(a).toMatchObject({ peer: 'A', side: 'a-processes', theirs: 120, verdict: 'met' });
    expect(a?.ratio?.median).toBe(2.5);
    expect(b).toMatchObject({ peer: 'B', verdict: 'not run: no Python' });
    expect(outcomeTable([a, b].flatMap((x) => x ?? []))).toContain(
      '| SFT x | A, processes | 300 tokens/s | 120 tokens/s |',
    );
  });
});
