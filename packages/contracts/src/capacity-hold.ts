/**
 * `scheduler/hold.json`: says that no job is started and no runner either, which keeps what runners cost below a budget. Written by
 * what guards the budget and by operators. One that is missing or damaged holds nothing: that costs money, never a job.
 */
import Type, { type Static } from 'typebox';
import { Count, Id, Nullable, OneOf, RecentWriteIds } from './primitives.js';

/** `checkpoint`: a job that runs is given back with a checkpoint after the step it is in, and waits. `finish`: it goes on to its end. */
export const HELD_JOBS = ['checkpoint', 'finish'] as const;
export type HeldJobs = (typeof HELD_JOBS)[number];

export const MAX_HOLD_REASON = 200;

export const CapacityHold = Type.Object({
  sinceMs: Count,
  /** It ends by itself then. Null: when somebody lifts it. */
  untilMs: Nullable(Count),
  /** Told to whoever waits for a job. */
  reason: Type.String({ minLength: 1, maxLength: MAX_HOLD_REASON }),
  running: OneOf([...HELD_JOBS]),
});
export type CapacityHold = Static<typeof CapacityHold>;

/** Who holds capacity; each may, at the same time. */
export const CAPACITY_HOLDERS = ['operator', 'budget'] as const;
export type CapacityHolder = (typeof CAPACITY_HOLDERS)[number];

export const CapacityHoldRecord = Type.Object({
  schemaVersion: Type.Literal(1),
  writeId: Id,
  recentWriteIds: RecentWriteIds,
  /** By hand. */
  operator: Nullable(CapacityHold),
  /** By what guards the budget. Beside the operator's, so that neither ends the other. */
  budget: Nullable(CapacityHold),
  /** When somebody lifted the budget's last: what was noticed before is settled. 0: nobody did. */
  budgetLiftedAtMs: Count,
});
export type CapacityHoldRecord = Static<typeof CapacityHoldRecord>;
