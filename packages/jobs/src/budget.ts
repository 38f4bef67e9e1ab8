/**
 * Limits of a job as a pure function of what it used. The step that would cross a limit is not taken, judging by the one
 * before it; one step is always taken, so that there is a checkpoint to end with.
 */
import type { EndedEarly, JobLimits, LimitReason } from '@preheat/contracts';

/** Up to a step, over the whole pipeline. */
export interface Consumption {
  readonly trainMs: number;
  readonly tokens: number;
  readonly cost: number;
  readonly step: number;
  readonly nowMs: number;
}

/** What one more step is expected to take. */
export type StepCost = Pick<Consumption, 'trainMs' | 'tokens' | 'cost'>;

const NOTHING: StepCost = { trainMs: 0, tokens: 0, cost: 0 };

/** The limit that forbids another step, or null. The first of them, when there are several. */
export function limitReached(
  limits: JobLimits | undefined,
  used: Consumption,
  next: StepCost = NOTHING,
): EndedEarly | null {
  if (!limits) return null;
  const { maxTrainMs, maxTokens, maxCost, deadlineMs } = limits;
  const rows: [LimitReason, number | null, number, number, number][] = [
    ['max_train_seconds', maxTrainMs, used.trainMs, next.trainMs, 1000],
    ['max_tokens', maxTokens, used.tokens, next.tokens, 1],
    ['max_cost', maxCost, used.cost, next.cost, 1],
    ['deadline', deadlineMs, used.nowMs, next.trainMs, 1000],
  ];
  for (const [reason, limit, amount, more, unit] of rows) {
    if (limit !== null && (amount >= limit || amount + more > limit)) {
      return { reason, limit: limit / unit, used: amount / unit, step: used.step };
    }
  }
  return null;
}
