/**
 * Jobs of three phases: supervised, reinforcement on a runner of another class, and the evaluation of the last checkpoint. What
 * the next phase waits for, and what runners cost, when its start is asked for at the end of the phase before or ahead of it by
 * the trainer's own estimate.
 */
import { CounterRandom, fastUniforms } from '@preheat/ports';
import type { Prices } from '../policy.js';
import { isTimeToWarm, type NextStart, warmAtMs } from '../warm-ahead.js';
import type { Duration } from './simulation-options.js';
import type { Workload } from './workload.js';

export interface ChainOptions {
  readonly prices: Prices;
  /** Of the runner of the next phase. */
  readonly runnerStart: Duration;
  /** Of the evaluation session. */
  readonly sessionStart: Duration;
  /** Whether starts are asked for ahead. */
  readonly isWarmedAhead: boolean;
  /** Phases that end early, unforeseen, anywhere in their last half. */
  readonly earlyShare: number;
  /** Phases after which no next one comes. */
  readonly failedShare: number;
  /** Relative error of the planned length of a phase: standard deviation of its logarithm. */
  readonly planError: number;
  readonly seed: number;
}

export interface ChainResult {
  /** What each next phase, and each evaluation, waited for: milliseconds. */
  readonly phaseDelaysMs: readonly number[];
  readonly sessionDelaysMs: readonly number[];
  readonly busyMs: number;
  readonly startupMs: number;
  readonly idleMs: number;
}

const STEPS = 400;
const REPORT_MS = 10_000;
/** Relative spread of steps, and the steps that take longer: every so many, by so much (checkpoints, validation). */
const [SPREAD, SLOW_EVERY, SLOW_BY] = [0.15, 50, 3];
/** Earlier than this many starts before the end the estimate would have to be wrong by as much; it is not asked. */
const HORIZON_STARTS = 12;
const FASTEST_STEP_MS = 50;

interface Phase {
  readonly phaseMs: number;
  /** How long before it begins its length is planned. */
  readonly leadMs: number;
  readonly startMs: number;
  readonly expected: Duration;
}

export function simulateChains({ jobs }: Workload, options: ChainOptions): ChainResult {
  const { runnerStart, sessionStart } = options;
  const uniform = fastUniforms(CounterRandom.fromSeed(options.seed).fork('chains'));
  const sum = { phaseDelaysMs: [] as number[], sessionDelaysMs: [] as number[], busyMs: 0, startupMs: 0, idleMs: 0 };
  for (const { id, serviceMs } of jobs) {
    const firstMs = runnerStart.sampleMs(3 * id);
    sum.startupMs += firstMs;
    sum.busyMs += serviceMs;
    const runner = { startMs: runnerStart.sampleMs(3 * id + 1), expected: runnerStart };
    const phaseDelayMs = handOver({ phaseMs: serviceMs / 2, leadMs: firstMs, ...runner }, options, uniform, sum);
    if (phaseDelayMs === null) continue;
    sum.phaseDelaysMs.push(phaseDelayMs);
    const session = { startMs: sessionStart.sampleMs(3 * id + 2), expected: sessionStart };
    const leadMs = serviceMs / 2 + phaseDelayMs;
    const sessionDelayMs = handOver({ phaseMs: serviceMs / 2, leadMs, ...session }, options, uniform, sum);
    if (sessionDelayMs !== null) sum.sessionDelaysMs.push(sessionDelayMs);
  }
  return sum;
}

/** @returns What the next phase waits for; null when none comes. */
function handOver(
  phase: Phase,
  options: ChainOptions,
  uniform: () => number,
  sum: { startupMs: number; idleMs: number },
): number | null {
  // Drawn in any case: both ways of starting meet the same phases.
  const [early, earlyAt, failed, seed, error] = [uniform(), uniform(), uniform(), uniform(), normal(uniform)];
  const endMs = phase.phaseMs * (early < options.earlyShare ? 0.5 + 0.5 * earlyAt : 1);
  const plannedMs = phase.phaseMs * Math.exp(options.planError * error);
  const askedMs = options.isWarmedAhead ? Math.min(endMs, askedAt(phase, plannedMs, options, seed)) : endMs;
  const hasNext = failed >= options.failedShare;
  if (!hasNext && askedMs >= endMs) return null;
  const readyMs = askedMs + phase.startMs;
  sum.startupMs += phase.startMs;
  sum.idleMs += Math.max(0, endMs - readyMs);
  return hasNext ? Math.max(0, readyMs - endMs) : null;
}

/** Milliseconds from the beginning of the phase; negative when its plan already says that it is too short to wait for. */
function askedAt({ phaseMs, leadMs, expected }: Phase, plannedMs: number, options: ChainOptions, seed: number): number {
  const { expectedMs: startMs, spreadMs: startSpreadMs } = expected;
  const next = { startMs, startSpreadMs, prices: options.prices };
  const plannedAtMs = warmAtMs({ expectedMs: plannedMs, spreadMs: plannedMs * options.planError }, next);
  return plannedAtMs < REPORT_MS ? Math.max(-leadMs, plannedAtMs) : reportedAt(phaseMs, next, seed);
}

/** When the trainer, reporting as it goes, asks for the next start. */
function reportedAt(phaseMs: number, next: NextStart, seed: number): number {
  const stepMs = stepsOf(phaseMs, seed);
  let [nowMs, nextReportMs] = [0, Math.max(0, phaseMs - HORIZON_STARTS * (next.startMs + REPORT_MS))];
  for (const [step, ms] of stepMs.entries()) {
    nowMs += ms;
    if (nowMs < nextReportMs) continue;
    nextReportMs = nowMs + REPORT_MS;
    const progress = {
      remainingSteps: stepMs.length - step - 1,
      stepMs: stepMs.slice(Math.max(0, step - 31), step + 1),
      reportEveryMs: Math.max(REPORT_MS, ms),
    };
    if (isTimeToWarm(progress, next)) return nowMs;
  }
  return phaseMs;
}

/** Steps that add up to the phase. */
function stepsOf(phaseMs: number, seed: number): number[] {
  const uniform = fastUniforms(CounterRandom.fromSeed(seed));
  const count = Math.max(1, Math.min(STEPS, Math.floor(phaseMs / FASTEST_STEP_MS)));
  const weights = Array.from({ length: count }, (_, step) => {
    return Math.exp(SPREAD * normal(uniform)) * (step % SLOW_EVERY === SLOW_EVERY - 1 ? SLOW_BY : 1);
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => (weight / total) * phaseMs);
}

/** Standard normal (Box and Muller 1958). */
function normal(uniform: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}
