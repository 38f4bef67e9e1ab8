/** An adapter that changes nothing yet: A random, B zero (Hu et al. 2021, section 4.1). */
import { LORA_A, LORA_B, type LoraAdapter, type LoraConfig, type Tensor } from '@preheat/checkpoints';
import type { DecoderConfig } from '@preheat/contracts';
import { CounterRandom, fastUniforms } from '@preheat/ports';
import { ALL_LINEAR, loraTensors, targetNames } from './lora-modules.js';

/**
 * A is uniform in ±1/√inputs, as peft initialises it (Kaiming with a = √5). The bits of a module depend on the seed and its
 * name alone.
 */
export function freshAdapter(model: DecoderConfig, lora: LoraConfig, seed: number): LoraAdapter {
  const root = CounterRandom.fromSeed(seed);
  const tensors = loraTensors(model, lora).map(({ name, shape }): [string, Tensor] => {
    const [rows = 0, columns = 0] = shape;
    const data = new Float32Array(rows * columns);
    if (name.endsWith(LORA_B)) return [name, { shape, data }];
    const uniform = fastUniforms(root.fork(name.slice(0, -LORA_A.length)));
    return [name, { shape, data: data.map(() => (2 * uniform() - 1) / Math.sqrt(columns)) }];
  });
  // Written out, because other readers of the config may take `all-linear` for another set.
  const isAll = lora.targetModules.includes(ALL_LINEAR);
  return { config: isAll ? { ...lora, targetModules: targetNames(model) } : lora, tensors: new Map(tensors) };
}
