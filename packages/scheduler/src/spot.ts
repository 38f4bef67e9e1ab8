/**
 * What may be taken away (D8). Hazards are per millisecond of a runner's life: 1 / the mean time to an interruption, measured a
 * zone and class.
 */

/** Between checkpoints: √(2 · what a checkpoint costs / hazard) (Young 1974). Infinity when nothing is ever taken away. */
export function checkpointEveryMs(checkpointMs: number, hazardPerMs: number): number {
  return hazardPerMs > 0 ? Math.sqrt((2 * checkpointMs) / hazardPerMs) : Infinity;
}

export interface DeadlineQuestion {
  /** Work that is left, without interruptions. */
  readonly remainingMs: number;
  readonly untilDeadlineMs: number;
  /** Start of another runner and the work lost, once. */
  readonly recoveryMs: number;
  readonly checkpointMs: number;
  readonly hazardPerMs: number;
}

/**
 * Spot while there is time to lose one runner and still finish on a machine that stays (the safety net of "Can't Be Late",
 * NSDI 2024: switch when the slack no longer covers a recovery).
 */
export function spotOrOnDemand(question: DeadlineQuestion): 'spot' | 'on-demand' {
  const { remainingMs, untilDeadlineMs, recoveryMs, checkpointMs, hazardPerMs } = question;
  const everyMs = checkpointEveryMs(checkpointMs, hazardPerMs);
  const overheadMs = everyMs === Infinity ? 0 : (remainingMs / everyMs) * checkpointMs;
  const atRiskMs = Math.min(everyMs, remainingMs);
  const slackMs = untilDeadlineMs - remainingMs - overheadMs;
  return slackMs >= 2 * recoveryMs + atRiskMs ? 'spot' : 'on-demand';
}
