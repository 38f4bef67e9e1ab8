/** Models of sizes that the peers' folder does not have, written by the product's own writer for both sides to read. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeSafetensors, freshDecoder, huggingFaceConfigText } from '@preheat/checkpoints';
import type { DecoderConfig } from '@preheat/contracts';

export interface ModelSize {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly inner: number;
}

const VOCABULARY = 64;
const POSITIONS = 4096;
/** t2, whose written form has room for long rows. */
export const T2: ModelSize = { layers: 4, width: 160, heads: 4, inner: 432 };

/** Where `writeModel` puts a model of that size. */
export const writtenFolder = (models: string, { layers, width }: ModelSize): string =>
  join(models, `written-${layers}x${width}`);

/** Writes a model of that size below `models`, unless it is there. */
export function writeModel(models: string, size: ModelSize): void {
  const folder = writtenFolder(models, size);
  if (existsSync(join(folder, 'model.safetensors'))) return;
  const { layers, width, heads, inner } = size;
  const config: DecoderConfig = {
    model_type: 'llama',
    vocab_size: VOCABULARY,
    hidden_size: width,
    intermediate_size: inner,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: heads,
    head_dim: width / heads,
    max_position_embeddings: POSITIONS,
    rope_theta: 10_000,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: false,
    bos_token_id: 1,
    eos_token_id: 2,
    pad_token_id: 0,
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), huggingFaceConfigText(config));
  writeFileSync(join(folder, 'model.safetensors'), encodeSafetensors(freshDecoder(config, 1)));
}
