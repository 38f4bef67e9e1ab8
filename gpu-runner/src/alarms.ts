/** Alarms on their way into the log: what a detector saw, or what an error means, with its evidence. */
import type { Guards, NewEvent } from '@preheat/contracts';
import { NonFiniteLogitsError } from '@preheat/inference';
import { type Alarm, StaleRolloutError, TrainingDivergedError } from '@preheat/recipes';

/** Nothing is gained by going on: the job is paused at its last checkpoint. */
export class WorthlessRunError extends Error {
  override readonly name = 'WorthlessRunError';
  readonly alarm: Alarm;
  readonly step: number;

  constructor(alarm: Alarm, step: number) {
    super(alarm.cause);
    this.alarm = alarm;
    this.step = step;
  }
}

export function alarmEvent({ detector, isWorthless, cause, evidence }: Alarm, step: number | null): NewEvent {
  const at = step === null ? '' : ` at step ${step}`;
  return {
    level: isWorthless ? 'error' : 'warn',
    type: 'message',
    message: `Alarm (${detector})${at}: ${cause}`,
    data: { kind: 'alarm', detector, cause, step, is_worthless: isWorthless, evidence },
  };
}

/** What an error tells of a run, if it is one of those that a user should see as an alarm. */
export function alarmOf(error: unknown): Alarm | null {
  const cause = error instanceof Error ? error.message : String(error);
  if (error instanceof WorthlessRunError) return error.alarm;
  if (error instanceof TrainingDivergedError || error instanceof NonFiniteLogitsError) {
    return { detector: 'non_finite', isWorthless: true, cause, evidence: { error: error.name } };
  }
  if (error instanceof StaleRolloutError) {
    const { expected, found } = error;
    return { detector: 'stale_policy', isWorthless: false, cause, evidence: { expected, found, bound: 0 } };
  }
  const code = diskFullCode(error);
  return code === null ? null : { detector: 'disk_full', isWorthless: true, cause, evidence: { code } };
}

/** What a run cannot go on from, so that telling alone would repeat it. */
const ENDING: ReadonlySet<string> = new Set(['disk_full', 'first_step']);

/** Whether the alarm pauses the job. */
export const isHalting = (alarm: Alarm | null, { action }: Guards): alarm is Alarm =>
  alarm !== null && alarm.isWorthless && (action === 'pause' || ENDING.has(alarm.detector));

const DISK_FULL: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT']);
const MAX_CAUSES = 8;

/** The code of the operating system, however deep it is wrapped. */
function diskFullCode(error: unknown): string | null {
  let current = error as { code?: unknown; cause?: unknown } | null | undefined;
  for (let depth = 0; current && depth < MAX_CAUSES; depth++) {
    if (DISK_FULL.has(current.code)) return String(current.code);
    current = current.cause as typeof current;
  }
  return null;
}
