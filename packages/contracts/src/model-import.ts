/**
 * Importing a model: a Hugging Face folder whose files were uploaded in parts. With `check_only` the parts need only be the
 * beginnings of the files (of safetensors: the header), so that a client learns of a mistake before it moves gigabytes.
 */
import Type, { type Static } from 'typebox';
import { BlobName } from './bundle-manifest.js';
import { Count, FileId, ModelName, OneOf } from './primitives.js';

export const MAX_MODEL_FILES = 60;

/** Not a fine-tune's (`ft:…`) and not a path's: what people type, with at most one owner before a slash. */
export const ImportedModelName = Type.String({
  minLength: 1,
  maxLength: 128,
  pattern: '^(?!ft:)[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9][A-Za-z0-9_.-]*)?(@[A-Za-z0-9_.-]+)?$',
});

/** How weights are kept. `original` keeps the files as they came; int8 is lossy. */
export const STORAGE_DTYPES = ['original', 'float32', 'bfloat16', 'float16', 'int8'] as const;

export const ImportModelRequest = Type.Object({
  name: ImportedModelName,
  files: Type.Array(
    Type.Object({
      /** Path in the folder, such as `model-00001-of-00002.safetensors`. */
      path: BlobName,
      /** Bytes of the whole file. */
      bytes: Count,
      /** Uploaded files that make it up, in order. */
      parts: Type.Array(FileId, { minItems: 1, maxItems: 65_536 }),
    }),
    { minItems: 1, maxItems: MAX_MODEL_FILES },
  ),
  /** The files are a LoRA adapter as `peft` saves it, for this model; its tokenizer and config are the new model's too. */
  base: Type.Optional(ModelName),
  storage_dtype: Type.Optional(OneOf(STORAGE_DTYPES)),
  check_only: Type.Optional(Type.Boolean()),
});
export type ImportModelRequest = Static<typeof ImportModelRequest>;

const Names = Type.Array(Type.String({ maxLength: 512 }), { maxItems: 100_000 });

export const ModelImport = Type.Object({
  object: Type.Literal('model.import'),
  /** The name, callable once the status is `imported`. */
  model: ImportedModelName,
  status: OneOf(['checked', 'imported']),
  model_type: Type.String({ maxLength: 64 }),
  parameters: Count,
  layers: Count,
  context_tokens: Count,
  vocabulary: Count,
  tensors: Count,
  weight_bytes: Count,
  weight_files: Names,
  /** Element types of the files that were sent. */
  dtypes: Names,
  storage_dtype: OneOf(STORAGE_DTYPES),
  has_chat_template: Type.Boolean(),
  /** Tokens that end an answer. */
  end_tokens: Names,
  /** Stored tensors that are no weights. */
  ignored: Names,
});
export type ModelImport = Static<typeof ModelImport>;
