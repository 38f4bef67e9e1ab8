/** A decoder with made-up weights as a folder that transformers opens, and an adapter as one that peft opens. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  adapterFiles,
  encodeSafetensors,
  huggingFaceConfigText,
  type LoraAdapter,
  type TensorMap,
} from '@preheat/checkpoints';
import type { DecoderConfig } from '@preheat/contracts';

export function writeModel(folder: string, config: DecoderConfig, tensors: TensorMap): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), huggingFaceConfigText(config));
  writeFileSync(join(folder, 'model.safetensors'), encodeSafetensors(tensors));
}

export function writeAdapter(folder: string, adapter: LoraAdapter): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of adapterFiles(adapter)) writeFileSync(join(folder, name), bytes);
}
