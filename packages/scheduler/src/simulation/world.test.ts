/** The environment: what every run must keep, whatever the policy says, learned or forgot. */
import { CounterRandom } from '@preheat/ports';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compactKeyState, type KeyState, NO_KEY_STATE } from '../key-state.js';
import { learnedPolicy, sharedPoolPolicy } from '../learned-policy.js';
import type { Action, Policy } from '../policy.js';
import { breakEven, fixedLinger, noLinger, randomisedSkiRental } from './baselines/fixed-linger.js';
import { greedyDual } from './baselines/greedy-dual.js';
import { hybridHistogram } from './baselines/hybrid-histogram.js';
import { kedaSqs } from './baselines/keda-sqs.js';
import { knativeKpa } from './baselines/knative-kpa.js';
import { rainbowCake } from './baselines/rainbow-cake.js';
import { keepAliveOracle } from './oracles/keep-alive-oracle.js';
import { costOf, simulate } from './simulate.js';
import { constantMs, type SimulationOptions } from './simulation-options.js';
import { workload } from './workload.js';

const PRICES = { runner: 1, waiting: 9 };
const S_MS = 38_000;
const perKey = <M>(policy: Policy<M>, over: Partial<SimulationOptions<M>> = {}): SimulationOptions<M> => ({
  ...{ policy, prices: PRICES, bootMs: constantMs(0), loadMs: constantMs(S_MS) },
  ...{ isShared: false, hasAffinity: true, isShifted: false, ...over },
});
const jobs = fc
  .array(
    fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      arriveMs: fc.nat(20_000_000),
      serviceMs: fc.integer({ min: 1, max: 600_000 }),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((rows) => workload('random', rows));

const uniform = CounterRandom.fromSeed(7);
// Each is run with the memory it has: the type of a memory is its policy's own business.
const POLICIES = [
  ...[noLinger, fixedLinger(300_000), breakEven, randomisedSkiRental(() => uniform.float())],
  ...[hybridHistogram, rainbowCake, greedyDual, knativeKpa, kedaSqs, learnedPolicy, sharedPoolPolicy],
] as readonly Policy<unknown>[];

describe('a job', () => {
  it.each(POLICIES)('runs once, all its time, under $name, capped, shared, late and doubled', (policy) => {
    fc.assert(
      fc.property(jobs, fc.boolean(), fc.integer({ min: 2, max: 5 }), (work, isShared, cap) => {
        const delivery = { delayMs: (job: number) => (job % 7) * 300, copies: (job: number) => 1 + (job % 2) };
        const patient: Policy<unknown> = { ...policy, decide: bounded(policy) };
        const { ledger } = simulate(work, perKey(patient, { isShared, cap, delivery, isShifted: true }));
        expect(ledger.kinds.filter((kind) => kind === undefined)).toEqual([]);
        expect(ledger.busyMs).toBeCloseTo(
          work.jobs.reduce((sum, { serviceMs }) => sum + serviceMs, 0),
          3,
        );
        expect(Math.min(...ledger.delaysMs)).toBeGreaterThanOrEqual(0);
        expect(ledger.refusedClaims).toBeLessThanOrEqual(work.jobs.length);
      }),
      { numRuns: 25 },
    );
  });

  it('is finished though its runners are taken away', () => {
    fc.assert(
      fc.property(jobs, (work) => {
        const interruptions = { afterMs: () => 250_000, checkpointShare: 0.02, lostMs: () => 10_000 };
        const { ledger } = simulate(work, perKey(learnedPolicy, { interruptions, isShifted: true }));
        const wantedMs = work.jobs.reduce((sum, { serviceMs }) => sum + serviceMs, 0) * 1.02;
        expect(ledger.busyMs - ledger.lostMs).toBeCloseTo(wantedMs, 3);
      }),
      { numRuns: 40 },
    );
  });
});

describe('stale or missing knowledge', () => {
  it('costs money and nothing else: the same jobs run, whatever state a decision reads', () => {
    const counts = fc.array(fc.array(fc.nat(30), { minLength: 41, maxLength: 41 }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(jobs, fc.array(counts, { minLength: 1, maxLength: 5 }), (work, states) => {
        let turn = 0;
        const anyState = (): KeyState => ({
          ...NO_KEY_STATE,
          gaps: states[turn++ % states.length] ?? [],
          observed: turn,
        });
        const forgetful: Policy<KeyState> = {
          ...learnedPolicy,
          decide: (view, event, memory) =>
            learnedPolicy.decide(view, event, { ...memory, own: anyState(), others: anyState() }),
        };
        const forgetfulClass: Policy<KeyState> = {
          ...sharedPoolPolicy,
          decide: (view, event, memory) =>
            sharedPoolPolicy.decide(view, event, { ...memory, pooled: anyState(), pooledOthers: anyState() }),
        };
        for (const policy of [forgetful, forgetfulClass]) {
          const { ledger } = simulate(work, perKey(policy, { isShared: policy === forgetfulClass }));
          expect(ledger.kinds.every((kind) => kind !== undefined)).toBe(true);
          expect(costOf(ledger, PRICES)).toBeLessThan(Infinity);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('a state rounded for storage decides as the state itself within a thousandth of the cost', () => {
    const rows = Array.from({ length: 400 }, (_, i) => ({
      key: 'a',
      arriveMs: i * 97_000 + (i % 5) * 31_000,
      serviceMs: 20_000,
    }));
    const work = workload('regular', rows);
    const stored: Policy<KeyState> = {
      ...learnedPolicy,
      decide(view, event, { own, pooled }) {
        const through = (state: KeyState): KeyState => JSON.parse(JSON.stringify(compactKeyState(state))) as KeyState;
        return learnedPolicy.decide(view, event, { own: through(own), pooled: through(pooled) });
      },
    };
    const [plain, rounded] = [learnedPolicy, stored].map((policy) =>
      costOf(simulate(work, perKey(policy)).ledger, PRICES),
    );
    expect(Math.abs((rounded as number) / (plain as number) - 1)).toBeLessThan(0.001);
  });
});

describe('the cost of keeping warm', () => {
  it.each([noLinger, fixedLinger(300_000), breakEven, learnedPolicy] as readonly Policy<unknown>[])(
    'is never below O1 under $name',
    (policy) => {
      fc.assert(
        fc.property(jobs, (work) => {
          const bound = keepAliveOracle(work.jobs, { idlePrice: 1, missCost: S_MS * 10 });
          expect(costOf(simulate(work, perKey(policy)).ledger, PRICES)).toBeGreaterThanOrEqual(bound.cost - 1e-6);
        }),
        { numRuns: 60 },
      );
    },
  );

  it('is at most twice O1 under break-even, the last stay of each runner apart', () => {
    fc.assert(
      fc.property(jobs, (work) => {
        const bound = keepAliveOracle(work.jobs, { idlePrice: 1, missCost: S_MS * 10 });
        expect(costOf(simulate(work, perKey(breakEven)).ledger, PRICES)).toBeLessThanOrEqual(2 * bound.cost + 1e-6);
      }),
      { numRuns: 60 },
    );
  });

  it('counts every second that a runner is idle, starts and is waited for', () => {
    const rows = [
      { key: 'a', arriveMs: 0, serviceMs: 10_000 },
      { key: 'a', arriveMs: 60_000, serviceMs: 10_000 },
      { key: 'b', arriveMs: 60_000, serviceMs: 10_000 },
    ];
    const { ledger } = simulate(workload('three', rows), perKey(fixedLinger(100_000)));
    expect(ledger.total()).toEqual({ idleMs: 50_000 + 2 * 100_000, startupMs: 2 * S_MS, delayMs: 2 * S_MS });
    expect(ledger.kinds).toEqual(['cold', 'warm', 'cold']);
    const shifted = simulate(workload('three', rows), perKey(fixedLinger(100_000), { isShifted: true })).ledger;
    expect(shifted.total().idleMs).toBe(60_000 - 48_000 + 2 * 100_000);
  });
});

/** Greedy-Dual and autoscalers stay until they are told otherwise; a run has to end. */
function bounded(policy: Policy<unknown>): Policy<unknown>['decide'] {
  const hour = (action: Action): Action =>
    action.type === 'linger' ? { ...action, forMs: Math.min(action.forMs, 3_600_000) } : action;
  return (view, event, memory) => {
    const decision = policy.decide(view, event, memory);
    return { ...decision, actions: decision.actions.map(hour) };
  };
}
