/**
 * When to start what a job needs next while it still trains (D4, D5; right prewarming, Orion, OSDI 2022): the trainer knows how
 * many steps remain and how long a step takes, so the runner of the next phase, or the evaluation session of the checkpoint
 * to come, can be ready when it is wanted. A start that comes too early costs idle time, one too late costs waiting.
 */
import type { Prices } from './policy.js';

export interface TrainerProgress {
  readonly remainingSteps: number;
  /** Of the last steps; the newest last. */
  readonly stepMs: readonly number[];
  /** Until the trainer reports again. */
  readonly reportEveryMs: number;
}

export interface NextStart {
  /** From asking for it until it is ready. */
  readonly startMs: number;
  /** Standard deviation of the same. */
  readonly startSpreadMs: number;
  readonly prices: Prices;
}

/** Steps that an estimate looks back on. */
const WINDOW = 32;
/** Relative spread assumed while fewer than four steps are known. */
const UNKNOWN_SPREAD = 0.5;
/** Steps that never vary still end a little sooner or later than planned. */
const LEAST_MARGIN_MS = 1_000;

/** Whether to ask for the start now: at the next report it would be too late, by more than an early start would cost. */
export function isTimeToWarm(progress: TrainerProgress, next: NextStart): boolean {
  const end = phaseEnd(progress);
  return end !== null && warmAtMs(end, next) <= progress.reportEveryMs;
}

/** When to ask, from now; in the past when it is late already. Short phases are asked for by their plan, before they begin. */
export function warmAtMs({ expectedMs, spreadMs }: PhaseEnd, { startMs, startSpreadMs, prices }: NextStart): number {
  return expectedMs - marginMs(Math.hypot(spreadMs, startSpreadMs), prices) - startMs;
}

export interface PhaseEnd {
  readonly expectedMs: number;
  /** Standard deviation. */
  readonly spreadMs: number;
}

/** From now until the last step; null before a step was seen. */
export function phaseEnd({ remainingSteps, stepMs }: TrainerProgress): PhaseEnd | null {
  const recent = stepMs.slice(-WINDOW).sort((a, b) => a - b);
  const median = recent[recent.length >> 1];
  if (median === undefined) return null;
  const deviation = Math.sqrt(recent.reduce((sum, ms) => sum + (ms - median) ** 2, 0) / recent.length);
  const spread = recent.length < 4 ? UNKNOWN_SPREAD * median : deviation;
  // The error of the median itself carries over to every step that remains; the steps' own errors average out.
  const ofRate = (remainingSteps * spread) / Math.sqrt(recent.length);
  return { expectedMs: remainingSteps * median, spreadMs: Math.hypot(ofRate, spread * Math.sqrt(remainingSteps)) };
}

/** Newsvendor: late is λ + w a millisecond, early is w, so aim at the quantile at which both weigh the same. */
function marginMs(spreadMs: number, { runner, waiting }: Prices): number {
  const odds = waiting / runner;
  // Logistic quantile of odds / (1 + odds), scaled to the same standard deviation.
  return Math.max(LEAST_MARGIN_MS, (spreadMs * Math.sqrt(3) * Math.log(Math.max(1, odds))) / Math.PI);
}
