/**
 * How long a runner stays warm after a job. Staying costs runner time, leaving costs the next job a cold start: the ski
 * rental problem. Without knowledge of what comes, staying until the cost of staying equals the cost of one cold start
 * never costs more than twice what a clairvoyant would have paid, and no deterministic rule does better (Karlin, Manasse,
 * Rudolph, Sleator 1988). Pure: time and measurements are passed in.
 */

/** What a second that a user waits is worth, in seconds of runner time. Interactive use; 1 would suit batches. */
export const WAITING_WEIGHT = 9;
/** Assumed before a cold start was measured: booting a GPU machine, pulling the image, loading a base model. */
export const ASSUMED_COLD_START_MS = 180_000;
/** No measurement, however odd, keeps a machine longer than this without work. */
export const MAX_LINGER_MS = 60 * 60_000;

export interface RunnerState {
  /** When the runner finished its last job; null while it works. */
  readonly idleSinceMs: number | null;
  /** Jobs waiting that this runner could take. */
  readonly queuedJobs: number;
  /** From ringing for a runner to its first step, as measured; null before the first measurement. */
  readonly coldStartMs: number | null;
}

export type LingerReason =
  /** It works, or work is waiting: leaving is not the question. */
  | 'work'
  /** Idle, and staying has cost less than a cold start so far. */
  | 'below_break_even'
  /** Idle for so long that a cold start would have been cheaper: leave. */
  | 'break_even_reached';

export interface LingerDecision {
  /** Milliseconds from now; 0 means leave. */
  readonly lingerMs: number;
  readonly reason: LingerReason;
}

/** Idle time after which leaving is right: a cold start costs its own runner time, and the waiting of one user. */
export function breakEvenMs(coldStartMs: number | null): number {
  return Math.min(MAX_LINGER_MS, (coldStartMs ?? ASSUMED_COLD_START_MS) * (1 + WAITING_WEIGHT));
}

/** Whether a runner should stay, and for how long unless something changes. Ask again after every job. */
export function decideLinger(state: RunnerState, nowMs: number): LingerDecision {
  const limitMs = breakEvenMs(state.coldStartMs);
  if (state.idleSinceMs === null || state.queuedJobs > 0) return { lingerMs: limitMs, reason: 'work' };
  // A clock that went backwards must not add to the limit.
  const idleMs = Math.max(0, nowMs - state.idleSinceMs);
  if (idleMs >= limitMs) return { lingerMs: 0, reason: 'break_even_reached' };
  return { lingerMs: limitMs - idleMs, reason: 'below_break_even' };
}
