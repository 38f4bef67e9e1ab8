/**
 * Rotary positions between the dialects of `config.json`: transformers 4 keeps `rope_theta` at the top and the stretching
 * in `rope_scaling`, transformers 5 puts both into `rope_parameters`, for Gemma 3 one set a kind of layer.
 */
import type { DecoderConfig, Problem } from '@preheat/contracts';
import type { Given } from './model-classes.js';

type RotaryConfig = Exclude<DecoderConfig, { model_type: 'gpt2' }>;

export interface RopeKeys {
  /** `rope_theta`, `rope_scaling` and, for Gemma 3, `rope_local_base_freq`, unchecked. */
  readonly keys: Given;
  readonly problems: readonly Problem[];
  /** Where the file says what becomes `rope_scaling`. */
  readonly path: string;
}

const LOCAL_THETA = 10_000;

export function readRopeParameters(given: Given, defaultTheta: number): RopeKeys {
  return given['model_type'] === 'gemma3_text' ? readByLayerType(given, defaultTheta) : readOne(given, defaultTheta);
}

function readOne(given: Given, defaultTheta: number): RopeKeys {
  const path = given['rope_scaling'] ? 'rope_scaling' : 'rope_parameters';
  const parameters = asObject(given[path]);
  return readSet(parameters, path, given, given['rope_theta'] ?? defaultTheta);
}

/** The stretching applies to full layers; sliding ones keep plain positions with a base of their own. */
function readByLayerType(given: Given, defaultTheta: number): RopeKeys {
  const byType = asObject(given['rope_parameters']);
  const full = { ...asObject(byType['full_attention']), ...asObject(given['rope_scaling']) };
  const sliding = asObject(byType['sliding_attention']);
  const { keys, problems } = readSet(
    full,
    'rope_parameters.full_attention',
    given,
    given['rope_theta'] ?? defaultTheta,
  );
  const path = 'rope_parameters.sliding_attention';
  const local = readSet(sliding, path, given, given['rope_local_base_freq'] ?? LOCAL_THETA);
  const stretched = local.keys['rope_scaling'] !== null && local.problems.length === 0;
  const unknown = Object.keys(byType).filter((key) => key !== 'full_attention' && key !== 'sliding_attention');
  return {
    path: 'rope_parameters.full_attention',
    keys: { ...keys, rope_local_base_freq: local.keys['rope_theta'] },
    problems: [
      ...problems,
      ...local.problems,
      ...(stretched
        ? [{ path: `${path}.rope_type`, message: 'must be "default": sliding layers are not stretched' }]
        : []),
      ...unknown.map((key) => ({ path: `rope_parameters.${key}`, message: 'is not a kind of layer' })),
    ],
  };
}

/** One set of parameters; `theta` is what holds where the set does not say. */
function readSet(parameters: Given, path: string, given: Given, theta: unknown): RopeKeys {
  const { rope_type, type, rope_theta, partial_rotary_factor: part, ...rest } = parameters;
  const kind = rope_type ?? type ?? 'default';
  const settings = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null));
  const problems: Problem[] = [];
  if ((part ?? 1) !== 1) {
    problems.push({
      path: `${path}.partial_rotary_factor`,
      message: `must be 1 or absent, got ${JSON.stringify(part)}`,
    });
  }
  if (kind === 'default') {
    for (const key of Object.keys(settings)) {
      problems.push({ path: `${path}.${key}`, message: 'is not a known key of unscaled positions' });
    }
    return { keys: { rope_theta: rope_theta ?? theta, rope_scaling: null }, problems, path };
  }
  const scaling = { rope_type: kind, ...settings, ...originalLength(kind, settings, given) };
  return { keys: { rope_theta: rope_theta ?? theta, rope_scaling: scaling }, problems, path };
}

/** What transformers fills in for the kinds that depend on the length of pre-training; stated beside the set, it wins. */
function originalLength(kind: unknown, settings: Given, given: Given): Given {
  if (kind !== 'llama3' && kind !== 'yarn') return {};
  const longest = given['max_position_embeddings'];
  const original = given['original_max_position_embeddings'] ?? settings['original_max_position_embeddings'] ?? longest;
  const isImplied = kind === 'yarn' && settings['factor'] === undefined;
  const factor = isImplied ? { factor: Number(longest) / Number(original) } : {};
  return { original_max_position_embeddings: original, ...factor };
}

/** Both dialects at once; they say the same, whichever a reader prefers. */
export function writeRopeParameters(config: RotaryConfig): Given {
  const { rope_theta: theta, rope_scaling: scaling = null } = config;
  const set = { rope_theta: theta, rope_type: 'default', ...scaling };
  const keys = { rope_theta: theta, rope_scaling: scaling };
  if (config.model_type !== 'gemma3_text') return { ...keys, rope_parameters: set };
  const { rope_local_base_freq: local } = config;
  const sliding = { rope_theta: local, rope_type: 'default' };
  return { ...keys, rope_local_base_freq: local, rope_parameters: { full_attention: set, sliding_attention: sliding } };
}

function asObject(value: unknown): Given {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Given) : {};
}
