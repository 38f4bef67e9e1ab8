/** How fast earlier phases trained: what the next estimate for the same model, algorithm and runner class is made from. */
import Type, { type Static } from 'typebox';
import { Count, Id, RecentWriteIds } from './primitives.js';

/** Older measurements say less about today's runners. */
export const MAX_THROUGHPUT_SAMPLES = 16;

export const ThroughputSample = Type.Object({
  jobId: Id,
  measuredAtMs: Count,
  /** Trained on, as usage counts them. */
  tokens: Count,
  /** Of steps that a checkpoint captured. */
  trainMs: Count,
  steps: Count,
});
export type ThroughputSample = Static<typeof ThroughputSample>;

export const ThroughputRecord = Type.Object({
  schemaVersion: Type.Literal(1),
  writeId: Id,
  recentWriteIds: RecentWriteIds,
  /** Newest first. */
  samples: Type.Array(ThroughputSample, { maxItems: MAX_THROUGHPUT_SAMPLES }),
});
export type ThroughputRecord = Static<typeof ThroughputRecord>;

/** What makes speeds comparable. */
export interface ThroughputKind {
  readonly runnerClass: string;
  /** The model that the job starts from. */
  readonly model: string;
  readonly algorithm: string;
  /** Whether an adapter is trained instead of the weights. */
  readonly adapter: boolean;
}
