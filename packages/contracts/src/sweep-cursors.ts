/**
 * `sweeper/cursors.json`: where the stages of the sweeper stopped when their time was up. Written by the sweeper alone; one that is
 * lost or old costs a walk from the start.
 */
import Type, { type Static } from 'typebox';

export const SweepCursors = Type.Object({
  schemaVersion: Type.Literal(1),
  /** The last key that was looked at, by stage. A stage that saw everything has none. */
  cursors: Type.Record(Type.String({ maxLength: 64 }), Type.String({ maxLength: 1024 })),
});
export type SweepCursors = Static<typeof SweepCursors>;
