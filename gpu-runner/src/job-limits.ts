/** The end of a job before its last step, at one of its limits or for want of attempts: with its best checkpoint, and as succeeded. */
import { type CheckpointRecord, type EndedEarly, isLoss, type NewEvent } from '@preheat/contracts';
import { type LeasedJob, limitReached } from '@preheat/jobs';
import type { RunnerDependencies } from './runner-dependencies.js';

/** The deadline passed and there is nothing to end with. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}

/** Whether no further step may be taken, written to the ledger before it is acted upon. @throws DeadlineError */
export async function isOverLimit(deps: RunnerDependencies, leased: LeasedJob): Promise<boolean> {
  const { limits, resume, endedEarly } = leased.job;
  if (endedEarly) return true;
  const { trainMs, cost } = resume?.usage ?? { trainMs: 0, cost: 0 };
  const tokens = resume?.trainedTokens ?? 0;
  const used = { trainMs, cost, tokens, step: resume?.step ?? 0, nowMs: deps.clock.nowMs() };
  const limit = limitReached(limits, used);
  if (!limit) return false;
  if (resume === null) throw new DeadlineError('The deadline passed before the job reached a checkpoint.');
  await leased.endEarly(limit);
  return true;
}

/** What the log says with the end. */
export function endedEarlyEvent(end: EndedEarly, best: CheckpointRecord): NewEvent {
  const { reason, limit, used, step } = end;
  const at = `after step ${step}`;
  const taken = isLoss(end)
    ? `All ${limit} attempts ${at} were lost (${reason})`
    : `${reason} (${limit}) was reached ${at}, at ${Number(used.toPrecision(6))}`;
  return {
    level: 'warn',
    type: 'message',
    message: `${taken}; the job ends with its best checkpoint, that of step ${best.step}`,
    data: { kind: 'limit_reached', reason, limit, used, step, checkpoint_step: best.step, checkpoint: best.model },
  };
}
