/** Exporting a model for other programs. An export exists only once its files, read back, computed what the model does. */
import Type, { type Static } from 'typebox';
import { BlobName } from './bundle-manifest.js';
import { Count, Id, ModelName, OneOf, UnixSeconds } from './primitives.js';

export const EXPORT_FORMATS = ['hf', 'transformers-js', 'gguf', 'peft'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];
export const EXPORT_DTYPES = ['float32', 'bfloat16', 'float16'] as const;
export type ExportDtype = (typeof EXPORT_DTYPES)[number];

export const ExportModelRequest = Type.Object({
  model: ModelName,
  format: OneOf(EXPORT_FORMATS),
  /** Default float32. */
  dtype: Type.Optional(OneOf(EXPORT_DTYPES)),
  /** `hf`: tensors a file holds at most. Default 5 GB. */
  shard_bytes: Type.Optional(Type.Integer({ minimum: 1_000, maximum: 100_000_000_000 })),
});
export type ExportModelRequest = Static<typeof ExportModelRequest>;

/** How far the files, read back, are from the model. */
export const ExportParity = Type.Object({
  prompts: Count,
  tokens: Count,
  /** Largest difference of a token's log-probability, in nats, from the model in the precision of the export. */
  max_logprob_difference: Type.Number(),
  bound: Type.Number(),
  /** Whether greedy decoding of every prompt gave the same text. Always true of an export that exists. */
  greedy_text_equal: Type.Boolean(),
  /** The same two against the model as it is stored: what the precision costs. */
  rounding_logprob_difference: Type.Number(),
  rounding_greedy_text_equal: Type.Boolean(),
  samples: Type.Array(Type.Object({ prompt: Type.String(), greedy: Type.String() }), { maxItems: 64 }),
});
export type ExportParity = Static<typeof ExportParity>;

export const ModelExport = Type.Object({
  object: Type.Literal('model.export'),
  id: Id,
  created: UnixSeconds,
  model: ModelName,
  format: OneOf(EXPORT_FORMATS),
  dtype: OneOf(EXPORT_DTYPES),
  files: Type.Array(
    Type.Object({ path: BlobName, bytes: Count, sha256: Type.String({ minLength: 64, maxLength: 64 }) }),
    { minItems: 1, maxItems: 64 },
  ),
  parity: ExportParity,
});
export type ModelExport = Static<typeof ModelExport>;
