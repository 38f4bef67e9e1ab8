/** Batched KV-cache decoding and scoring on onnxruntime-node. */
export type { AnswerSegment } from './answer-segments.js';
export { MAX_TOP_LOG_PROBS } from './check-generation.js';
export { missingCudaProvider } from './cuda-provider.js';
export { DecoderPool, type DecoderPoolOptions } from './decoder-pool.js';
export { type DecoderOptions, DecoderSession } from './decoder-session.js';
export type {
  Alternative,
  FinishReason,
  GeneratedRow,
  GenerateOptions,
  GenerateRequest,
  TokenAlternatives,
  WatchedFinishReason,
  WatchedOptions,
} from './generation-types.js';
export { MAX_ROWS_PER_LANE } from './decode-engine.js';
export { NonFiniteLogitsError } from './non-finite-logits-error.js';
export { MAX_SCORED_ROWS_PER_CALL, type ScoredRow, type ScoreOptions, type ScoreRow } from './score-rows.js';
export { type ServedDecoder, ServedDecoders, type ServedDecodersOptions } from './served-decoders.js';
export type { RepetitionLimit } from './repetition-watch.js';
export type { ExecutionProvider } from './session-options.js';
export type { StreamOptions } from './stream-row.js';
