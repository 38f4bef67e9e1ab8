/**
 * Stands in for the weights of the base models: the same names, tokenizer and context with a decoder of two thousand
 * parameters, so that a test pays milliseconds for a model that is otherwise real.
 */
import { freshDecoder, publishBundle } from '@preheat/checkpoints';
import { BASE_MODELS, baseConfig, modelBlobs, type ModelRegistry } from '@preheat/inference/model-registry';
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

let blobs: Map<string, Uint8Array> | undefined;

export async function publishTinyModels(store: ObjectStore, models: ModelRegistry, nowMs: number): Promise<void> {
  blobs ??= tinyBlobs();
  const prefix = 'models/tiny';
  await publishBundle(store, prefix, blobs);
  for (const { name } of BASE_MODELS) {
    await models.publish({
      schemaVersion: 1,
      name,
      kind: 'base',
      projectId: null,
      createdAtMs: nowMs,
      ownedBy: 'preheat',
      prefix,
      jobId: null,
      base: null,
    });
  }
}

function tinyBlobs(): Map<string, Uint8Array> {
  const files = letterToSoundTokenizer();
  const [base] = BASE_MODELS;
  if (!base) throw new Error('there is no base model');
  const config = baseConfig({ ...base, shape: { ...base.shape, ...TINY } }, loadTokenizer(files));
  return modelBlobs(config, files, freshDecoder(config, 1));
}
