/** What the simulator says of the replay before it is played, by the functions that production decides with. */
import { INTERACTIVE_PRICES, type KeyState, type Policy, sharedPoolPolicy } from '@preheat/scheduler';
import { constantMs, simulate, type StartKind, workload } from '@preheat/scheduler/simulation';
import { type Latencies, swapMs, workOf } from './calibrate.js';

export interface PlannedJob {
  readonly model: number;
  readonly arriveMs: number;
  readonly steps: number;
}

export interface Prediction {
  /** By job, in the order of arrival. */
  readonly delaysMs: readonly number[];
  readonly coldStarts: number;
  readonly runnersStarted: number;
  readonly idleMs: number;
}

/** A runner looks for work this long at a time, and decides whether to leave in between (gpu-runner/src/runner-loop.ts). */
const LOOK_MS = 20_000;

export function predict(
  jobs: readonly PlannedJob[],
  latencies: Latencies,
  cap: number,
  toldBootMs: number,
): Prediction {
  const { bootMs, noticeMs, loadSameMs } = latencies;
  const rows = jobs.map(({ model, arriveMs, steps }) => ({
    key: String(model),
    arriveMs,
    // What loading costs whatever model was loaded before is part of the job.
    serviceMs: loadSameMs + workOf(latencies, model, steps),
  }));
  const loadMs = swapMs(latencies);
  const { ledger } = simulate(workload('replay', rows), {
    policy: inWholeLooks(sharedPoolPolicy),
    prices: INTERACTIVE_PRICES,
    bootMs: { ...constantMs(bootMs), expectedMs: toldBootMs },
    loadMs: constantMs(loadMs),
    isShared: true,
    hasAffinity: true,
    isShifted: true,
    cap,
    delivery: { delayMs: () => noticeMs, copies: () => 1 },
  });
  const isCold = (kind: StartKind | undefined) => kind === 'cold';
  return {
    delaysMs: [...ledger.delaysMs].map((ms) => ms + loadSameMs),
    coldStarts: ledger.kinds.filter(isCold).length,
    runnersStarted: ledger.wakes,
    idleMs: ledger.total().idleMs,
  };
}

/** Runners stay for whole looks, one at least. */
function inWholeLooks(policy: Policy<KeyState>): Policy<KeyState> {
  return {
    ...policy,
    decide(view, event, memory) {
      const { actions, ...learned } = policy.decide(view, event, memory);
      const whole = (forMs: number) => Math.max(1, Math.ceil(forMs / LOOK_MS)) * LOOK_MS;
      return {
        ...learned,
        actions: actions.map((action) =>
          action.type === 'linger' ? { ...action, forMs: whole(action.forMs) } : action,
        ),
      };
    },
  };
}
