/** The extension `queue` of a job that waits for a runner: computed whenever the job is read, and stored nowhere. */
import Type, { type Static } from 'typebox';
import { Nullable, UnixSeconds } from './primitives.js';

export const QueueStanding = Type.Object({
  /** Among the waiting jobs of all projects, in the order in which runners take them; 1 is the next one. */
  position: Type.Integer({ minimum: 1 }),
  /** Both ends are meant. Null where no runner is to be had; `latest` is null where the end of a job ahead is not known. */
  estimated_start: Nullable(Type.Object({ earliest: UnixSeconds, latest: Nullable(UnixSeconds) })),
  /** What it waits for, for people. */
  reason: Type.String({ maxLength: 512 }),
  /** Whether a runner that is there, or was started for a job ahead, is expected to take it: no machine is started for it. */
  warm: Type.Boolean(),
});
export type QueueStanding = Static<typeof QueueStanding>;
