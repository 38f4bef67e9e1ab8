/**
 * `scheduler/<class>/<runner>.json`: what one runner learned of the gaps between a release and the next job, from which stays
 * are computed. One writer a shard, so writers never contend; readers add shards up. A shard that is lost, old or
 * damaged costs runner time, nothing else.
 */
import Type, { type Static } from 'typebox';
import { Count, Id, RecentWriteIds } from './primitives.js';

/** Of the scheduler's histogram, and its paces. */
const BINS = 41;
const PACES = 4;
/** Well above what the scheduler keeps of each. */
const MAX_TIMES = 64;

const Counts = Type.Array(Type.Number({ minimum: 0, maximum: 1e9 }), { minItems: BINS, maxItems: BINS });
const Release = Type.Tuple([Count, Type.Integer({ minimum: 0, maximum: PACES - 1 })]);

export interface KeyState {
  readonly schemaVersion: 1;
  /** Counts of gaps by pace, the fastest first. */
  readonly gaps: readonly (readonly number[])[];
  /** Gaps seen, without fading. */
  readonly observed: number;
  /** Releases that this writer saw and no arrival has used yet, ascending: time and pace. */
  readonly releases: readonly (readonly [atMs: number, pace: number])[];
  /** Times of other writers' releases that an arrival of this writer used. */
  readonly usedMs: readonly number[];
  readonly arrivedMs: number;
}

export const KeyState = Type.Unsafe<KeyState>(
  Type.Object({
    schemaVersion: Type.Literal(1),
    gaps: Type.Array(Counts, { minItems: PACES, maxItems: PACES }),
    observed: Count,
    releases: Type.Array(Release, { maxItems: MAX_TIMES }),
    usedMs: Type.Array(Count, { maxItems: MAX_TIMES }),
    arrivedMs: Count,
  }),
);

export const KeyStateShard = Type.Object({
  schemaVersion: Type.Literal(1),
  writeId: Id,
  recentWriteIds: RecentWriteIds,
  writtenAtMs: Count,
  known: KeyState,
});
export type KeyStateShard = Static<typeof KeyStateShard>;
