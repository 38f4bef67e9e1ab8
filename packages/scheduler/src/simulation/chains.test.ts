/** Chains, deadlines and batches: what must hold of each whatever the numbers. */
import { describe, expect, it } from 'vitest';
import { simulateBatches } from './batches.js';
import { simulateChains } from './chains.js';
import { type DeadlineOptions, simulateDeadlines } from './deadlines.js';
import { constantMs } from './simulation-options.js';
import { workload } from './workload.js';

const HOUR_MS = 3_600_000;
const work = workload(
  'hours',
  Array.from({ length: 200 }, (_, i) => ({ key: 'a', arriveMs: i * HOUR_MS, serviceMs: (0.5 + (i % 7)) * HOUR_MS })),
);

describe('chains of phases', () => {
  const chains = (isWarmedAhead: boolean, earlyShare = 0) =>
    simulateChains(work, {
      ...{ prices: { runner: 1, waiting: 9 }, runnerStart: constantMs(218_000), sessionStart: constantMs(20_000) },
      ...{ isWarmedAhead, earlyShare, failedShare: 0.1, planError: 0.3, seed: 1 },
    });

  it('wait for a whole start when it is asked for at the end, and hardly at all when ahead', () => {
    const [cold, warm] = [chains(false), chains(true)];
    expect(new Set(cold.phaseDelaysMs)).toEqual(new Set([218_000]));
    expect(warm.phaseDelaysMs.filter((ms) => ms > 10_000).length / warm.phaseDelaysMs.length).toBeLessThan(0.1);
    expect(warm.phaseDelaysMs).toHaveLength(cold.phaseDelaysMs.length);
    expect(cold.idleMs).toBe(0);
    // What failed had its next start in vain.
    expect(warm.startupMs).toBeGreaterThan(cold.startupMs);
  });

  it('never wait for longer than a start, however early a phase ends', () => {
    expect(Math.max(...chains(true, 1).phaseDelaysMs)).toBeLessThanOrEqual(218_000);
  });
});

describe('jobs with deadlines', () => {
  const run = (over: Partial<DeadlineOptions>) =>
    simulateDeadlines(work, {
      ...{ rule: 'spot', checkpointEveryMs: null, checkpointMs: 20_000, meanLifeMs: 4 * HOUR_MS, startMs: 218_000 },
      ...{ usesNotice: false, spotPrice: 0.35, slackFactor: 1.5, seed: 1, ...over },
    });

  it('cost their run time and a start on machines that stay', () => {
    const workMs = work.jobs.reduce((sum, { serviceMs }) => sum + serviceMs + 218_000, 0);
    expect(run({ rule: 'on-demand' })).toMatchObject({ cost: workMs, lateShare: 0, interruptions: 0 });
  });

  it('lose less with the notice than without, and more at other intervals than Young’s', () => {
    const young = run({}).wastedShare;
    expect(run({ usesNotice: true }).wastedShare).toBeLessThan(young);
    expect(run({ checkpointEveryMs: 60_000 }).wastedShare).toBeGreaterThan(young);
    expect(run({ checkpointEveryMs: 3 * HOUR_MS }).wastedShare).toBeGreaterThan(young);
  });

  it('are late less often by the rule than on spot machines, and cheaper than on demand', () => {
    const [rule, spot, onDemand] = (['spot-or-on-demand', 'spot', 'on-demand'] as const).map((name) =>
      run({ rule: name }),
    );
    expect(rule?.lateShare).toBeLessThanOrEqual(spot?.lateShare ?? 0);
    expect(rule?.cost).toBeLessThan(onDemand?.cost ?? 0);
  });
});

describe('a session that answers in batches', () => {
  const options = { tokenMs: 1, sharingCost: 0.5, largest: 2, holdMs: () => 0 };

  it('answers what came while it was busy together, within its largest batch', () => {
    const requests = [0, 5, 6, 7].map((arriveMs) => ({ arriveMs, tokens: 10 }));
    const { busyMs, meanBatch, latencyMs } = simulateBatches(requests, options);
    expect({ busyMs, meanBatch }).toEqual({ busyMs: 10 + 15 + 10, meanBatch: 4 / 3 });
    expect(latencyMs.p99).toBeCloseTo(28, 0);
  });

  it('is as slow as the hold when it is free', () => {
    const result = simulateBatches([{ arriveMs: 0, tokens: 10 }], { ...options, holdMs: () => 4 });
    expect(result.latencyMs.p50).toBe(14);
  });
});
