/** Opens a Hugging Face folder with the product's own readers: what both sides of every row start from. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeSafetensors, readHuggingFaceConfig, type TensorMap } from '@preheat/checkpoints';
import type { DecoderConfig } from '@preheat/contracts';

export interface OpenedModel {
  readonly config: DecoderConfig;
  readonly tensors: TensorMap;
}

/** @throws Error for a config that is not a decoder we can run, naming the key. */
export function openModel(folder: string): OpenedModel {
  const config = readHuggingFaceConfig(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')));
  if (!config.ok) throw new Error(`${folder}/config.json: ${JSON.stringify(config.problems)}`);
  const { tensors } = decodeSafetensors(readFileSync(join(folder, 'model.safetensors')));
  return { config: config.value, tensors };
}
