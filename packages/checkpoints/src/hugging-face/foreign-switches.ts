/**
 * Keys of a `config.json` that change the arithmetic of some model but not of ours. With a neutral value they say
 * nothing; with another the file means a model we would get wrong, so it is refused rather than read without them.
 */
import { decoderConfigKeys, type ModelType, type Problem } from '@preheat/contracts';
import type { Given } from './model-classes.js';

/** The values that change nothing. A family whose config has the key reads it instead. */
const NEUTRAL: Readonly<Record<string, readonly unknown[]>> = {
  add_cross_attention: [false],
  attention_bias: [false],
  attn_logit_softcapping: [null],
  final_logit_softcapping: [null],
  layer_types: [null],
  mlp_bias: [false],
  partial_rotary_factor: [null, 1],
  per_layer_config: [null],
  quantization_config: [null],
  scale_attn_by_inverse_layer_idx: [false],
  scale_attn_weights: [true],
  sliding_window: [null],
  use_bidirectional_attention: [null, false],
  use_mrope: [false],
  use_sliding_window: [false],
};

/** Read into `sliding_window` and `layer_types`, or without meaning to the class although another has it. */
const READ_OTHERWISE: Partial<Record<ModelType, readonly string[]>> = {
  qwen2: ['use_sliding_window', 'attention_bias'],
  qwen3: ['use_sliding_window'],
};

const isEveryLayerFull = (value: unknown): boolean =>
  Array.isArray(value) && value.every((layer) => layer === 'full_attention');

export function foreignSwitches(type: ModelType, given: Given): Problem[] {
  const read = new Set([...decoderConfigKeys(type), ...(READ_OTHERWISE[type] ?? [])]);
  return Object.entries(NEUTRAL).flatMap(([path, neutral]) => {
    const value = given[path];
    if (read.has(path) || value === undefined || neutral.includes(value)) return [];
    if (path === 'layer_types' && type !== 'mistral' && isEveryLayerFull(value)) return [];
    const supported = neutral.map((each) => JSON.stringify(each)).join(' or ');
    const message = `must be ${supported} or absent in a ${type} model, got ${JSON.stringify(value)}: it would change the arithmetic`;
    return [{ path, message }];
  });
}
