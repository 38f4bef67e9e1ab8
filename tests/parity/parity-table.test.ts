import { describe, expect, it } from 'vitest';
import type { Comparison } from './comparison.js';
import { hasFailed, parityTable, type ReportedTest } from './parity-table.js';

const comparison = (configuration: string, difference: number): Comparison => ({
  ...{ check: 'logits', peers: ['torch'], configuration, difference, bound: 1e-4, unit: 'absolute' },
});
const passed = (...comparisons: Comparison[]): ReportedTest => ({
  ...{ title: 'a', fullName: 'a', status: 'passed', meta: { comparisons } },
});
const table = (...assertionResults: ReportedTest[]) =>
  parityTable([{ name: 'file', status: 'passed', assertionResults }], { torch: '2.0' })
    .split('\n')
    .slice(2);

describe('the table of parity', () => {
  it('shows the worst case of a comparison with its name, and counts the others', () => {
    expect(table(passed(comparison('llama', 2e-5)), passed(comparison('gpt2', 3e-5), comparison('gemma', 0)))).toEqual([
      '| logits | torch 2.0 | 3 | 3.0e-5 (gpt2) | 1.0e-4 absolute | within |',
    ]);
  });

  it('takes a number that is none, which JSON makes null, for the worst', () => {
    const [row] = table(passed(comparison('llama', 2e-5), comparison('gpt2', null as never)));
    expect(row).toBe('| logits | torch 2.0 | 2 | not a number (gpt2) | 1.0e-4 absolute | **beyond** |');
  });

  it('lists what was not run with its reason, and what failed', () => {
    const skipped = { title: 'x (needs PEER: a peer)', fullName: 'x', status: 'skipped' };
    const failed = { title: 'y', fullName: 'group y', status: 'failed' };
    expect(table(skipped, failed)).toEqual([
      '| x |  |  |  |  | not run: needs PEER: a peer |',
      '| group y |  |  |  |  | **failed** |',
    ]);
    expect(hasFailed([{ name: 'file', status: 'failed', assertionResults: [failed] }])).toBe(true);
    expect(hasFailed([{ name: 'file', status: 'failed', assertionResults: [] }])).toBe(true);
    expect(hasFailed([{ name: 'file', status: 'passed', assertionResults: [skipped] }])).toBe(false);
  });
});
