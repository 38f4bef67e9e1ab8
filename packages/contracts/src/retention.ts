/**
 * The extension `retention` of a job: which of its checkpoints stay. What is not kept is deleted by the collector a grace
 * period later, and never while anything refers to it. The default is OpenAI's for reinforcement jobs: the three best by
 * validation reward, and the latest.
 */
import Type, { type Static } from 'typebox';
import { Nullable } from './primitives.js';

const DEFAULT_KEEP_BEST = 3;
const MAX_KEEP_BEST = 512;
export const MIN_TTL_SECONDS = 60;
export const MAX_TTL_SECONDS = 10 * 366 * 86_400;

const keepBest = Type.Integer({
  minimum: 1,
  maximum: MAX_KEEP_BEST,
  default: DEFAULT_KEEP_BEST,
  description: 'Checkpoints of each phase to keep, best by the validation metric, beside the last one of each phase.',
});
const checkpointTtl = Nullable(
  Type.Integer({
    minimum: MIN_TTL_SECONDS,
    maximum: MAX_TTL_SECONDS,
    default: null,
    description: 'Age at which a checkpoint expires, unless something refers to it. Null: never.',
  }),
);

/** As the store keeps it and as the API answers. */
export const Retention = Type.Object({ keep_best: keepBest, checkpoint_ttl_seconds: checkpointTtl });
export type Retention = Static<typeof Retention>;

export const RetentionRequest = Type.Partial(Retention, { additionalProperties: false });
export type RetentionRequest = Static<typeof RetentionRequest>;

/** The retention in force: what was asked for over the defaults. */
export const retentionOf = (requested: RetentionRequest | null | undefined): Retention => ({
  keep_best: DEFAULT_KEEP_BEST,
  checkpoint_ttl_seconds: null,
  ...requested,
});
