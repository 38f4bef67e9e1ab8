/**
 * `scheduler/scale.json`: how many runners the backlog asks for, and what that follows from. Written by the sweeper alone. One that is
 * lost or old costs runner time or waiting, nothing else.
 */
import Type, { type Static } from 'typebox';
import { Count, Id, RecentWriteIds } from './primitives.js';

/** Of a minute of sweeps, with room to spare. */
export const MAX_SCALE_SAMPLES = 256;

export const ScaleRecord = Type.Object({
  schemaVersion: Type.Literal(1),
  writeId: Id,
  recentWriteIds: RecentWriteIds,
  writtenAtMs: Count,
  /** Expected run time of the jobs that run or could, when it was read. The newest last. */
  samples: Type.Array(Type.Object({ atMs: Count, backlogMs: Count }), { maxItems: MAX_SCALE_SAMPLES }),
  /** Until then nobody is sent away. */
  panicUntilMs: Count,
  /** Jobs that run, and waiting ones that their project's bound lets run. */
  jobs: Count,
  /** Runners that are there or were asked for. */
  runners: Count,
  /** Runners wanted. */
  wanted: Count,
});
export type ScaleRecord = Static<typeof ScaleRecord>;
