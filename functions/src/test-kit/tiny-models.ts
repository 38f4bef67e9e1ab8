/**
 * Stands in for the base models: the same names, tokenizer and context with a decoder of two thousand parameters, so that
 * a test pays milliseconds for a model that is otherwise real. One of them is also stored as a bundle, for models that are
 * not base models.
 */
import { freshDecoder, publishBundle } from '@preheat/checkpoints';
import { BASE_MODELS, type BaseModel } from '@preheat/inference/model-registry';
import { baseConfig, modelBlobs } from '@preheat/inference/stored-models';
import type { ObjectStore } from '@preheat/ports';
import { letterToSoundTokenizer, loadTokenizer } from '@preheat/tokenizer';

const TINY = {
  hidden_size: 8,
  intermediate_size: 16,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  head_dim: 4,
};

export const TINY_MODELS: readonly BaseModel[] = BASE_MODELS.map((base) => ({
  ...base,
  shape: { ...base.shape, ...TINY },
}));

/** Key prefix of the stored bundle. */
export const TINY_BUNDLE = 'bundles/tiny';

let blobs: Map<string, Uint8Array> | undefined;

export async function publishTinyBundle(store: ObjectStore): Promise<void> {
  blobs ??= tinyBlobs();
  await publishBundle(store, TINY_BUNDLE, blobs);
}

function tinyBlobs(): Map<string, Uint8Array> {
  const files = letterToSoundTokenizer();
  const [base] = TINY_MODELS;
  if (!base) throw new Error('there is no base model');
  const config = baseConfig(base, loadTokenizer(files));
  return modelBlobs(config, files, freshDecoder(config, 1));
}
