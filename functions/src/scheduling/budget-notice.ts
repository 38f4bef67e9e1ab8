/**
 * What a notice that the budget is spent does: it holds capacity until the month ends, in which budgets begin anew. What a notice says is
 * prose for people; that it comes is what counts, so whoever sends it must send nothing else there. It names no
 * period, so one that comes just after a month began may be of the month before, and holds the new one.
 */
import type { HeldJobs } from '@preheat/contracts';
import { type CapacityHoldDependencies, CapacityHolds } from '@preheat/jobs';

const REASON = 'what may be spent this month is spent';

export interface BudgetNotice {
  /** When the budget noticed, ms: a notice may come late, and twice. */
  readonly noticedAtMs: number;
  /** What becomes of jobs that run. */
  readonly running: HeldJobs;
}

export async function onBudgetNotice(
  deps: CapacityHoldDependencies,
  { noticedAtMs, running }: BudgetNotice,
): Promise<void> {
  const untilMs = nextMonthMs(noticedAtMs);
  const hold = { sinceMs: noticedAtMs, untilMs, reason: REASON, running };
  const isHeld = await new CapacityHolds(deps).notice(hold);
  const until = new Date(untilMs).toISOString();
  if (isHeld) deps.log.warn('capacity is held: the budget is spent', { until, running });
  else
    deps.log.info('a notice of the budget changes nothing: it is settled, or the budget holds capacity already', {
      until,
    });
}

/** The first moment of the month after, UTC, as AWS counts months. */
function nextMonthMs(ms: number): number {
  const date = new Date(ms);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}
