/** What a simulated run may vary. Chance is drawn by index, so that every policy meets the same durations. */
import type { Policy, Prices } from '../policy.js';

/** A duration that differs from time to time. */
export interface Duration {
  /** What policies are told. */
  readonly expectedMs: number;
  /** Standard deviation, as policies are told. */
  readonly spreadMs: number;
  sampleMs(index: number): number;
}

export const constantMs = (ms: number): Duration => ({ expectedMs: ms, spreadMs: 0, sampleMs: () => ms });

/** One after the other. */
export const inSequence = (first: Duration, second: Duration): Duration => ({
  expectedMs: first.expectedMs + second.expectedMs,
  spreadMs: Math.hypot(first.spreadMs, second.spreadMs),
  sampleMs: (index) => first.sampleMs(index) + second.sampleMs(index),
});

export interface Learned<M> {
  readonly own: ReadonlyMap<string, M>;
  readonly pooled: M;
}

export interface SimulationOptions<M> {
  readonly policy: Policy<M>;
  readonly prices: Prices;
  /** From waking a runner until it polls. */
  readonly bootMs: Duration;
  /** From claiming a job until its model is in memory. */
  readonly loadMs: Duration;
  /** One pool for all models; else a runner serves one model only. */
  readonly isShared: boolean;
  /** Whether a job prefers runners that hold its model. */
  readonly hasAffinity: boolean;
  /** Whether a late start ends late. Oracles are exact for fixed ends only; there, starts are paid for and take no time. */
  readonly isShifted: boolean;
  /** Runners at most, over all pools. */
  readonly cap?: number;
  /** Queue: how late messages come, and how often. */
  readonly delivery?: {
    delayMs(job: number, copy: number): number;
    copies(job: number): number;
  };
  readonly interruptions?: {
    /** From its start until the runner's machine is taken away. */
    afterMs(runner: number): number;
    /** Run time that checkpoints add. */
    readonly checkpointShare: number;
    /** Work lost when a job is interrupted after running for so long. */
    lostMs(ranMs: number): number;
  };
  /** What was learned before. */
  readonly learned?: Learned<M>;
}
