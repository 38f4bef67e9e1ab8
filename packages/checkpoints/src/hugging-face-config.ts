/**
 * `config.json` between its dialects and ours. Transformers 4 and 5 name and nest keys differently and leave out what
 * their classes default; we read both, refuse what would change the arithmetic and is not implemented, and write a file
 * that both can read.
 */
import {
  type Checked,
  checkDecoderConfig,
  type DecoderConfig,
  decoderConfigKeys,
  MODEL_TYPES,
  type ModelType,
  type Problem,
} from '@preheat/contracts';
import { foreignSwitches } from './hugging-face/foreign-switches.js';
import { readLayerTypes } from './hugging-face/layer-types.js';
import { type Given, MODEL_CLASSES, type ModelClass } from './hugging-face/model-classes.js';
import { type RopeKeys, readRopeParameters, writeRopeParameters } from './hugging-face/rope-parameters.js';

const NO_ROPE: RopeKeys = { keys: {}, problems: [], path: 'rope_scaling' };
const DEFAULTED_BY_NULL = ['num_key_value_heads', 'head_dim', 'intermediate_size'];

/** Reads a parsed `config.json`; the problems of one that is not a decoder we can run are returned, not thrown. */
export function readHuggingFaceConfig(value: unknown): Checked<DecoderConfig> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ok: false, problems: [{ path: '', message: 'must be an object' }] };
  }
  const type = (value as Given)['model_type'] as ModelType;
  if (!MODEL_TYPES.includes(type)) return checkDecoderConfig({ model_type: type });
  const modelClass = MODEL_CLASSES[type];
  const stated = inOurNames(value as Given, modelClass);
  const given = { ...modelClass.defaults(stated), ...stated };
  const rope = modelClass.ropeTheta === null ? NO_ROPE : readRopeParameters(given, modelClass.ropeTheta);
  const activation = readActivation(type, stated);
  const problems = [...foreignSwitches(type, given), ...rope.problems, ...activation.problems];
  if (problems.length > 0) return { ok: false, problems };
  const all: Given = {
    ...given,
    ...rope.keys,
    ...activation.keys,
    ...readLayerTypes(type, given),
    ...endTokens(given),
  };
  const keys = decoderConfigKeys(type).filter((key) => all[key] !== undefined);
  const checked = checkDecoderConfig(Object.fromEntries(keys.map((key) => [key, all[key]])));
  return checked.ok ? checked : { ok: false, problems: inTheirNames(checked.problems, modelClass, rope.path) };
}

/** Our names for theirs. Null stands for the default of a width, and for as many key heads as query heads. */
function inOurNames(value: Given, { renamed }: ModelClass): Given {
  const named = Object.entries(value).map(([key, entry]) => [renamed[key] ?? key, entry] as const);
  const stated = Object.fromEntries(named.filter(([key, entry]) => entry !== null || !DEFAULTED_BY_NULL.includes(key)));
  if (value['num_key_value_heads'] !== null) return stated;
  return { ...stated, num_key_value_heads: stated['num_attention_heads'] };
}

/**
 * Gemma 1 reads `hidden_act`, where `gelu` means the tanh form; Gemma 2 and 3 read `hidden_activation`. Files carry both,
 * and versions of transformers differ in which they follow, so one where that makes a difference is refused.
 */
function readActivation(type: ModelType, stated: Given): { keys: Given; problems: Problem[] } {
  if (!type.startsWith('gemma'))
    return { keys: stated['hidden_act'] === 'swish' ? { hidden_act: 'silu' } : {}, problems: [] };
  const [read, other] = type === 'gemma' ? ['hidden_act', 'hidden_activation'] : ['hidden_activation', 'hidden_act'];
  const named = stated[read] ?? 'gelu_pytorch_tanh';
  const activation = type === 'gemma' && named === 'gelu' ? 'gelu_pytorch_tanh' : named;
  const contradicts = (stated[other] ?? activation) !== activation;
  const message = `must be ${JSON.stringify(activation)}, which ${read} means, or absent, got ${JSON.stringify(stated[other])}`;
  return { keys: { hidden_act: activation }, problems: contradicts ? [{ path: other, message }] : [] };
}

/** A file may list several end tokens; the first is the one a text is ended with. */
function endTokens(given: Given): Given {
  const ids = given['eos_token_id'];
  if (!Array.isArray(ids)) return {};
  const [first, ...others] = ids as unknown[];
  return { eos_token_id: first, ...(others.length > 0 ? { other_eos_token_ids: others } : {}) };
}

function inTheirNames(problems: readonly Problem[], { renamed }: ModelClass, ropePath: string): Problem[] {
  const theirs = new Map(Object.entries(renamed).map(([their, our]) => [our, their]));
  return problems.map(({ path, message }) => ({
    path: theirs.get(path) ?? path.replace(/^rope_scaling(?=\.|$)/, ropePath),
    message,
  }));
}

/** Keys that transformers 5 takes only with a decimal point, which `JSON.stringify` leaves out of whole numbers. */
const WHOLE_FLOAT = /("(?:attn|final)_logit_softcapping": \d+)(?=,?\n)/g;

/** The text of `config.json` for transformers and for `readHuggingFaceConfig`. @param dtype Of the weights beside it. */
export function huggingFaceConfigText(config: DecoderConfig, dtype = 'float32'): string {
  return `${JSON.stringify({ ...writeHuggingFaceConfig(config), dtype, torch_dtype: dtype }, null, 2).replaceAll(WHOLE_FLOAT, '$1.0')}\n`;
}

/** What `config.json` says, for those who look at it; it is written by `huggingFaceConfigText`. */
export function writeHuggingFaceConfig(config: DecoderConfig): Record<string, unknown> {
  const modelClass = MODEL_CLASSES[config.model_type];
  const { other_eos_token_ids: others = [], eos_token_id: first, ...keys } = config;
  const stated = {
    architectures: [modelClass.architecture],
    ...switchesOf(config, modelClass),
    ...keys,
    hidden_act: config.hidden_act ?? modelClass.defaults(config)['hidden_act'],
    eos_token_id: others.length > 0 ? [first, ...others] : first,
  };
  if (config.model_type === 'gpt2') return inGpt2Names(stated, modelClass);
  const activation = config.model_type.startsWith('gemma') ? { hidden_activation: stated.hidden_act } : {};
  const sliding = config.model_type.startsWith('qwen') ? { use_sliding_window: isWindowed(config) } : {};
  return { ...stated, ...activation, ...sliding, ...writeRopeParameters(config) };
}

const isWindowed = (config: DecoderConfig): boolean => 'sliding_window' in config && config.sliding_window !== null;

/** Optional keys of a config, spelt out with the value that their absence means. */
function switchesOf(config: DecoderConfig, { defaults }: ModelClass): Given {
  const optional = ['attention_bias', 'mlp_bias', 'scale_attn_weights', 'scale_attn_by_inverse_layer_idx'];
  const known = decoderConfigKeys(config.model_type);
  const assumed = defaults(config);
  return Object.fromEntries(optional.filter((key) => known.includes(key)).map((key) => [key, assumed[key]]));
}

function inGpt2Names(stated: Given, { renamed }: ModelClass): Record<string, unknown> {
  const theirs = new Map(Object.entries(renamed).map(([their, our]) => [our, their]));
  const derived = ['head_dim', 'num_key_value_heads'];
  const entries = Object.entries(stated).filter(([key]) => !derived.includes(key));
  return Object.fromEntries(entries.map(([key, value]) => [theirs.get(key) ?? key, value]));
}
