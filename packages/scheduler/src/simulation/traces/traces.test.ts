/** Loaders on the real files, and what the learned stay is held to; skipped where the traces are not. */
import { describe, expect, it } from 'vitest';
import { learnedPolicy } from '../../learned-policy.js';
import type { Policy } from '../../policy.js';
import { fixedLinger } from '../baselines/fixed-linger.js';
import { keepAliveOracle } from '../oracles/keep-alive-oracle.js';
import { sampledBootMs, sampledLoadMs } from '../sampled-start.js';
import { costOf, simulateSecondHalf } from '../simulate.js';
import { constantMs } from '../simulation-options.js';
import { halves } from '../workload.js';
import { azureLlm } from './azure-llm.js';
import { genTd26, utcMs } from './gen-td26.js';
import { huaweiQuantile } from './huawei.js';
import { philly } from './philly.js';
import { finiteNumber, hasTraces, traceFolder } from './trace-folder.js';

describe('a trace that cannot be read', () => {
  it('says what is missing and where it was looked for', () => {
    expect(() => traceFolder({ PREHEAT_TRACES: '/nowhere/traces' })).toThrow(/\/nowhere\/traces.*PREHEAT_TRACES/);
    expect(hasTraces({ PREHEAT_TRACES: '/nowhere/traces' })).toBe(false);
  });

  it('names file, line, column and value', () => {
    expect(() => finiteNumber({ duration: 'x' }, 'duration', 'a.csv', 3)).toThrow('a.csv, line 5: duration');
    expect(() => finiteNumber({ duration: '' }, 'duration', 'a.csv', 3)).toThrow('""');
    expect(() => utcMs('yesterday')).toThrow('2024-11-15 16:57:50');
  });
});

describe.skipIf(!hasTraces())('the traces (set PREHEAT_TRACES to their folder)', () => {
  it('have the jobs that their sources count, but for those that used no runner (of one model all)', () => {
    const [images, training] = [genTd26(), philly()];
    expect([images.jobs.length > 26_000, new Set(images.jobs.map(({ key }) => key)).size]).toEqual([true, 86]);
    expect(training.jobs.length).toBeGreaterThan(81_000);
    expect(azureLlm('conv')).toHaveLength(19_366);
    for (const { jobs } of [images, training]) expect(jobs.every(({ serviceMs }) => serviceMs > 0)).toBe(true);
  });

  it('give the starts that their papers state', () => {
    const custom = huaweiQuantile('fig15a_R2_total_cold_start_s_by_runtime', 'Custom');
    expect(custom(0.5)).toBeCloseTo(10.95, 1);
    expect(() => huaweiQuantile('fig15a_R2_total_cold_start_s_by_runtime', 'Cobol')).toThrow('Cobol');
    expect(sampledLoadMs(1).expectedMs).toBeCloseTo(22_000, -3);
    expect(sampledBootMs(1, 180_000).expectedMs).toBeGreaterThan(170_000);
  });

  it('cost the learned stay at most 1.02 of the fixed one that was best on the first half, and less than 1.5 of O1', () => {
    const split = halves(genTd26());
    const prices = { runner: 1, waiting: 9 };
    const cost = (policy: Policy<unknown>): number => {
      const starts = { bootMs: constantMs(0), loadMs: constantMs(38_000) };
      const pool = { isShared: false, hasAffinity: true, isShifted: false };
      return costOf(simulateSecondHalf(split, { policy, prices, ...starts, ...pool }).ledger, prices);
    };
    const learned = cost(learnedPolicy as unknown as Policy<unknown>);
    const fixed = cost(fixedLinger(180_000) as unknown as Policy<unknown>);
    expect(learned / fixed).toBeLessThan(1.02);
    const bound = keepAliveOracle(split.test.jobs, { idlePrice: 1, missCost: 380_000 });
    expect(learned / bound.cost).toBeLessThan(1.5);
  });
});
