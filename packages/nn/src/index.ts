/** The decoder, its losses, and the trainer that recipes drive. */
export type { Executor } from '@preheat/executor';
export type { FrozenStorage } from './adapter/frozen-storage.js';
export { freshAdapter } from './adapter/fresh-adapter.js';
export { agrees } from './adapter/lora-modules.js';
export { groupAdvantages, type GroupAdvantageOptions, hasVariance } from './advantage/group-advantages.js';
export { FIRST_ROW, type RowBatch, type RowCursor, RowSampler } from './data/row-sampler.js';
export { decoderLogits } from './decoder/decoder.js';
export { type DecoderParameters, declareDecoder } from './decoder/decoder-parameters.js';
export { CROSS_ENTROPY, type LossSpec, type PolicyGradientSpec } from './loss/loss-spec.js';
export {
  completionRecord,
  demonstrationRecord,
  NOT_SAMPLED,
  type SampledCompletion,
  SEGMENT,
  type TokenRecord,
  trainedTokens,
} from './record/token-record.js';
export { imitate, isInert, type PolicyTokens, reinforce, type WeightedTokens } from './record/weighted-tokens.js';
export { learningRateAt, type LearningRateSchedule } from './schedule/learning-rate.js';
export type { BatchSums } from './trainer/batch-sums.js';
export type { Denominators } from './trainer/pack-micro-batch.js';
export {
  makespan,
  type MicroBatchLimits,
  type MicroBatchPlan,
  planMicroBatches,
} from './trainer/plan-micro-batches.js';
export { MicroBatchTooLargeError, type Shrink } from './trainer/shrink-on-oom.js';
export {
  type OptimizerSettings,
  type Resumption,
  type Start,
  type StepReport,
  type StepRequest,
  tensorsNamed,
  toTensorMap,
  Trainer,
  type TrainerOptions,
} from './trainer/trainer.js';
export { buildTrainingProgram, type ProgramShape, type TrainedModel } from './trainer/training-program.js';
