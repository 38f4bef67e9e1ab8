/**
 * Dropout masks of an adapter. A row's mask is a pure function of (seed, update, row of the batch, module), so that cutting
 * the batch into other micro-batches, or resuming, drops the same numbers.
 */
import type { LoraConfig } from '@preheat/checkpoints';
import type { DecoderConfig } from '@preheat/contracts';
import { CounterRandom, fastUniforms } from '@preheat/ports';
import type { MicroBatchPlan } from '../trainer/plan-micro-batches.js';
import { maskFeed } from './declare-adapter.js';
import { loraModulesOf } from './lora-modules.js';

/** Masks for the rows of one micro-batch: 0 or 1 / (1 - p), laid out [batch · length, inputs] a module. */
export function dropoutMasks(
  config: DecoderConfig,
  lora: LoraConfig,
  { rows, batch, length }: MicroBatchPlan,
  key: { readonly seed: number; readonly update: number },
): Record<string, Float32Array> {
  const stream = CounterRandom.fromSeed(key.seed).fork(`dropout ${key.update}`);
  const kept = Math.fround(1 / (1 - lora.dropout));
  const maskOf = (name: string, inputs: number): Float32Array => {
    const mask = new Float32Array(batch * length * inputs);
    rows.forEach((row, b) => {
      const uniform = fastUniforms(stream.fork(`${row} ${name}`));
      const start = b * length * inputs;
      for (let i = start; i < start + length * inputs; i++) mask[i] = uniform() < lora.dropout ? 0 : kept;
    });
    return mask;
  };
  return Object.fromEntries(
    loraModulesOf(config, lora).map(({ name, inputs }) => [maskFeed(name), maskOf(name, inputs)]),
  );
}
