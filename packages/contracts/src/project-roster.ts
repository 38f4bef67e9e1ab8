/** `projects/<id>/roster.json`: which jobs of a project hold a runner. Written by the runners, beside the leases that decide. */
import Type, { type Static } from 'typebox';
import { Count, Id, RecentWriteIds } from './primitives.js';

export const MAX_ROSTER = 4096;

export const ProjectRoster = Type.Object({
  schemaVersion: Type.Literal(1),
  writeId: Id,
  recentWriteIds: RecentWriteIds,
  running: Type.Array(Type.Object({ jobId: Id, epoch: Count }), { maxItems: MAX_ROSTER }),
  /** When a job of the project last got a runner: of projects that run as many, the one served longest ago is next. */
  servedAtMs: Count,
});
export type ProjectRoster = Static<typeof ProjectRoster>;
