/** The decoder, its losses, and the trainer that recipes drive. */
export type { Executor } from '@preheat/executor';
export type { FrozenStorage } from './adapter/frozen-storage.js';
export { freshAdapter } from './adapter/fresh-adapter.js';
export { agrees } from './adapter/lora-modules.js';
export {
  type DiscountOptions,
  type GeneralisedAdvantages,
  generalisedAdvantages,
} from './advantage/generalised-advantages.js';
export {
  groupAdvantages,
  type GroupAdvantageOptions,
  type GroupBaseline,
  hasVariance,
} from './advantage/group-advantages.js';
export { type PrefixAdvantages, prefixAdvantages } from './advantage/prefix-advantages.js';
export { whiten } from './advantage/whiten.js';
export { DomainSampler, type DomainSamplerOptions } from './data/domain-sampler.js';
export { domainShares, domainWeights, weightingVariance } from './data/domain-temperature.js';
export { type DomainGradients, gradientVariances } from './data/gradient-variance.js';
export { GivenOrder } from './data/given-order.js';
export { FIRST_ROW, type RowBatch, type RowCursor, type RowOrder, RowSampler } from './data/row-sampler.js';
export { decoderLogits } from './decoder/decoder.js';
export { type DecoderParameters, declareDecoder } from './decoder/decoder-parameters.js';
export { freshValueHead } from './decoder/value-head.js';
export { CROSS_ENTROPY, type LossSpec, PER_TOKEN, type PolicyGradientSpec, type ValueSpec } from './loss/loss-spec.js';
export {
  needsReference,
  type PairLoss,
  PREFERENCE_LOSSES,
  type PreferenceLoss,
  preferenceLoss,
  type PreferenceSpec,
  type ScoredAnswer,
} from './loss/preference-loss.js';
export type { InputMixture } from './record/input-mixture.js';
export { aggregateTokens, type Aggregation, type TokenWeights } from './record/aggregate-tokens.js';
export {
  completionRecord,
  demonstrationRecord,
  type DrawnSegments,
  firstTrained,
  NOT_SAMPLED,
  type SampledCompletion,
  SEGMENT,
  type TokenRecord,
  trainedTokens,
} from './record/token-record.js';
export { imitate, isInert, type PolicyTokens, reinforce, type WeightedTokens } from './record/weighted-tokens.js';
export { nuclearNorm } from './spectrum/nuclear-norm.js';
export { turnAt } from './schedule/alternation.js';
export { learningRateAt, type LearningRateSchedule } from './schedule/learning-rate.js';
export { type SetPoint, towardsSetPoint } from './schedule/set-point.js';
export type { BatchSums } from './trainer/batch-sums.js';
export type { Denominators } from './trainer/pack-micro-batch.js';
export {
  makespan,
  type MicroBatchLimits,
  type MicroBatchPlan,
  planMicroBatches,
} from './trainer/plan-micro-batches.js';
export { MicroBatchTooLargeError, type Shrink } from './trainer/shrink-on-oom.js';
export { tensorsNamed, toTensorMap } from './trainer/tensors-named.js';
export {
  type OptimizerSettings,
  type Resumption,
  type StepReport,
  type StepRequest,
  Trainer,
  type TrainerOptions,
} from './trainer/trainer.js';
export type { Start } from './trainer/training-layout.js';
export type { LogitSketch } from './trainer/logit-sketch.js';
export { buildTrainingProgram, type ProgramShape, type TrainedModel } from './trainer/training-program.js';
