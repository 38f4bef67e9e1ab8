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
  arrow_config: [null],
  kasa_config: [null],
  monteclora_config: [null],
  use_bdlora: [null],
  // The others take their start out of the weights of the base, which is then another one than that it is put on here.
  init_lora_weights: [true, false, null, 'gaussian', 'orthogonal', 'eva', 'mica'],
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

/** Whether the names in `target_modules` say by themselves what is changed: they are no pattern, and hold in every layer. */
export function isTargetedByName(value: Readonly<Record<string, unknown>>): boolean {
  const narrowed = [value['layers_to_transform'], value['exclude_modules']].some((key) => (key ?? null) !== null);
  return Array.isArray(value['target_modules']) && !narrowed;
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
  const isNumber = (item: unknown) => typeof item === 'number' && item > 0;
  if (!isRecord(value) || !Object.values(value).every(isNumber)) throw wrong(key, 'numbers above 0 by module', value);
  const unreadable = Object.keys(value).find((pattern) => !isPattern(pattern));
  if (unreadable !== undefined) throw wrong(key, 'by names or patterns of modules', unreadable);
  return value as Record<string, number>;
}

function isPattern(source: string): boolean {
  try {
    return new RegExp(source) instanceof RegExp;
  } catch {
    return false; // Python knows more forms.
  }
}

const wrong = (key: string, expected: string, given: unknown): LoraAdapterError =>
  new LoraAdapterError(`${ADAPTER_CONFIG_FILE}: ${key} must be ${expected}, got ${JSON.stringify(given)}`);
