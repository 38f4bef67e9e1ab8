/** A small chat model in a Hugging Face folder that both servers load: random weights, a character a token. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freshDecoder } from '@preheat/checkpoints';
import type { DecoderConfig } from '@preheat/contracts';
import { modelBlobs } from '@preheat/inference/stored-models';
import { letterToSoundTokenizer, loadTokenizer } from '@preheat/tokenizer';
import type { ModelSize } from '../written-models.js';

const POSITIONS = 512;

export function writeChatModel(folder: string, { layers, width, heads, inner }: ModelSize): void {
  const files = letterToSoundTokenizer();
  const { vocabSize, specialIds } = loadTokenizer(files);
  const config: DecoderConfig = {
    model_type: 'llama',
    vocab_size: vocabSize,
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
    bos_token_id: specialIds.bos,
    eos_token_id: specialIds.eos ?? 0,
    pad_token_id: specialIds.pad,
  };
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of modelBlobs(config, files, freshDecoder(config, 1))) {
    writeFileSync(join(folder, name), bytes);
  }
}
