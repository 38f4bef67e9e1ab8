import { describe, expect, it } from 'vitest';
import { armsPage } from './arms-page.js';
import { ledgerOf } from './catalogue.js';
import { type LedgerEntry, VERDICTS } from './ledger.js';
import { svgOfArms } from './plot-arms.js';

const entry = (arms: LedgerEntry['arms']): LedgerEntry => ({
  schemaVersion: 1,
  system: 'ift',
  preset: 'small',
  command: 'npm run reproduce -- ift --preset small',
  claim: 'it helps',
  criterion: 'ift > sft',
  notes: ['smaller'],
  base: 'B-mix',
  base_origin: 'model-1',
  experiment_sha256: '0',
  machine: {},
  seeds: [1, 2],
  arms,
  checks: [],
  verdict: VERDICTS.not,
});
const summary = { kk2: { mean: 0.5, low: 0.25, high: 0.75 } };
const seed = { trained_tokens: 1000, steps: 10, wall_seconds: 60, suites: {} };
const rowOf = (page: string, arm: string): string[] =>
  (page.split('\n').findLast((line) => line.startsWith(`| ${arm} |`)) ?? '').split('|').map((cell) => cell.trim());

describe('the page of a system', () => {
  it('shows what an arm reached, cost and forgot as means over seeds', () => {
    const spent = { sampled_tokens: 500, training_flops: 2e9, policy: { entropy: 0.5, approx_kl: 0.01 } };
    const arm = {
      title: 'tuned | plain',
      by_seed: { 1: { ...seed, ...spent }, 2: { ...seed, ...spent, training_flops: 4e9 } },
      summary,
      forgetting: { arith: { mean: 0.1, low: 0.05, high: 0.15 } },
    };
    const page = armsPage(entry({ tuned: arm }));
    expect(page).toContain('| tuned | tuned \\| plain | kk2 50.0 % [25.0 %, 75.0 %] |');
    expect(rowOf(page, 'tuned').slice(2, -1)).toEqual([
      ...['10', '1,000', '500', '3.00e+9', '60', '0.500', '0.0100', '', 'arith 10.0 [5.0, 15.0]'],
    ]);
  });

  it('shows losses and metrics where there are any, and no column where there are none', () => {
    const learned = (last: number) => ({ ...seed, losses: { first: 3, last }, metrics: { factor: last + 1 } });
    const arm = { title: 'tuned', by_seed: { 1: learned(1), 2: learned(2) }, summary: {} };
    const page = armsPage(entry({ tuned: arm, base: { title: 'base', by_seed: {}, summary: {} } }));
    expect(page).toContain('| tuned | tuned | 3.000 → 1.500 [1.000, 2.000] | factor 2.500 [2.000, 3.000] |');
    expect(page).toContain('| base | base |  |  |');
    expect(page).not.toContain('greedy pass@1: mean');
    const plot = svgOfArms(entry({ tuned: arm }));
    expect(plot).toContain('validation loss after the last step');
    expect(plot).toContain('>1.500</text>');
    expect(svgOfArms(entry({ tuned: { ...arm, summary } }))).toContain('greedy pass@1 on held-out items');
  });

  it('says what was not measured, of one seed or of a ledger older than the measure', () => {
    const half = { 1: { ...seed, sampled_tokens: 0, training_flops: 1 }, 2: seed };
    expect(rowOf(armsPage(entry({ half: { title: 'half', by_seed: half, summary } })), 'half')[4]).toBe('not measured');
    const old = ledgerOf('instruct-skillmix');
    if (!old) throw new Error('docs/reproductions has no instruct-skillmix');
    const [, , steps, tokens, , , , entropy] = rowOf(armsPage(old), 'pairs');
    expect([steps, tokens, entropy]).toEqual(['375', expect.stringMatching(/^\d{3},\d{3}$/), '']);
  });
});
