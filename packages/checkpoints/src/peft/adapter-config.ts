/** `adapter_config.json` of peft, read into our terms and written from them. */
import { isRecord } from '../safetensors/header.js';
import { type LoraConfig, LoraAdapterError } from './lora-adapter.js';

export const ADAPTER_CONFIG_FILE = 'adapter_config.json';
export const ADAPTER_WEIGHTS_FILE = 'adapter_model.safetensors';

/** Settings under which the arithmetic of a plain LoRA holds; peft's default for each. */
const PINNED: Readonly<Record<string, readonly unknown[]>> = {
  bias: ['none'],
  use_dora: [false],
  lora_bias: [false],
  use_qalora: [false],
  megatron_config: [null],
  layer_replication: [null],
  trainable_token_indices: [null],
  target_parameters: [null, []],
  alora_invocation_tokens: [null],
};

/** @throws LoraAdapterError naming the key that is missing, wrong or not supported. */
export function readAdapterConfig(value: unknown): LoraConfig {
  if (!isRecord(value)) throw new LoraAdapterError(`${ADAPTER_CONFIG_FILE}: must be a JSON object`);
  if (value['peft_type'] !== 'LORA') throw wrong('peft_type', '"LORA"', value['peft_type']);
  for (const [key, allowed] of Object.entries(PINNED)) {
    const given = value[key];
    if (given !== undefined && !allowed.some((each) => JSON.stringify(each) === JSON.stringify(given))) {
      throw wrong(key, allowed.map((each) => JSON.stringify(each)).join(' or '), given);
    }
  }
  return {
    rank: positive(value, 'r'),
    alpha: positive(value, 'lora_alpha'),
    usesRankStabilizedScale: value['use_rslora'] === true,
    dropout: typeof value['lora_dropout'] === 'number' ? value['lora_dropout'] : 0,
    targetModules:
      typeof value['target_modules'] === 'string' ? [value['target_modules']] : names(value, 'target_modules'),
    rankPattern: numbers(value, 'rank_pattern'),
    alphaPattern: numbers(value, 'alpha_pattern'),
    modulesToSave: names(value, 'modules_to_save'),
    baseModel: typeof value['base_model_name_or_path'] === 'string' ? value['base_model_name_or_path'] : null,
  };
}

/** The object to store as `adapter_config.json`. @param fanInFanOut Whether the base stores weights [inputs, outputs]. */
export function writeAdapterConfig(config: LoraConfig, fanInFanOut: boolean): Record<string, unknown> {
  return {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: config.baseModel,
    inference_mode: true,
    r: config.rank,
    lora_alpha: config.alpha,
    lora_dropout: config.dropout,
    use_rslora: config.usesRankStabilizedScale,
    target_modules: [...config.targetModules],
    rank_pattern: { ...config.rankPattern },
    alpha_pattern: { ...config.alphaPattern },
    modules_to_save: config.modulesToSave.length > 0 ? [...config.modulesToSave] : null,
    fan_in_fan_out: fanInFanOut,
    bias: 'none',
    use_dora: false,
  };
}

function positive(config: Record<string, unknown>, key: string): number {
  const value = config[key];
  if (typeof value === 'number' && value > 0) return value;
  throw wrong(key, 'a number above 0', value);
}

function names(config: Record<string, unknown>, key: string): string[] {
  const value = config[key] ?? [];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw wrong(key, 'a list of names', value);
}

function numbers(config: Record<string, unknown>, key: string): Record<string, number> {
  const value = config[key] ?? {};
  if (isRecord(value) && Object.values(value).every((item) => typeof item === 'number'))
    return value as Record<string, number>;
  throw wrong(key, 'numbers by module', value);
}

const wrong = (key: string, expected: string, given: unknown): LoraAdapterError =>
  new LoraAdapterError(`${ADAPTER_CONFIG_FILE}: ${key} must be ${expected}, got ${JSON.stringify(given)}`);
