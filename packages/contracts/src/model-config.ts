/**
 * Shape and arithmetic of a decoder, one closed schema a family, in the terms of Hugging Face's `config.json` (GPT-2's
 * under the names it maps them to: `n_embd` is `hidden_size`). Everything else about a model is derived from this:
 * tensors, training graph, serving graph, fresh weights. A key that is not here is one we do not compute with, so the
 * schemas are closed; the dialects of real files are read by `readHuggingFaceConfig`.
 */
import Type, { type Static, type TSchema } from 'typebox';
import { Nullable, OneOf } from './primitives.js';
import { ROPE_SCALING_KINDS, RopeScaling } from './rope-scaling.js';
import { type Checked, check, type Problem } from './validation.js';

const MAX_VOCABULARY = 1_000_000;
const MAX_WIDTH = 65_536;
const MAX_LAYERS = 256;
const TokenId = Type.Integer({ minimum: 0, maximum: MAX_VOCABULARY - 1 });
const Length = Type.Integer({ minimum: 1, maximum: 1_048_576 });
const Epsilon = Type.Number({ exclusiveMinimum: 0, maximum: 0.1 });
const Theta = Type.Number({ minimum: 1, maximum: 1e9 });
const Cap = Nullable(Type.Number({ exclusiveMinimum: 0, maximum: 1e6 }));

/** Hugging Face's names of the functions in the feed-forward layer; `gelu_new` and `gelu_pytorch_tanh` are the same. */
export const ACTIVATIONS = ['silu', 'gelu', 'gelu_new', 'gelu_pytorch_tanh', 'relu'] as const;
const LAYER_TYPES = ['full_attention', 'sliding_attention'] as const;

const everyFamily = {
  vocab_size: Type.Integer({ minimum: 2, maximum: MAX_VOCABULARY }),
  hidden_size: Type.Integer({ minimum: 1, maximum: MAX_WIDTH }),
  /** Width of the feed-forward layer. */
  intermediate_size: Type.Integer({ minimum: 1, maximum: 4 * MAX_WIDTH }),
  num_hidden_layers: Type.Integer({ minimum: 1, maximum: MAX_LAYERS }),
  num_attention_heads: Type.Integer({ minimum: 1, maximum: 1024 }),
  /** Divides `num_attention_heads`; each key/value head serves that many consecutive query heads. */
  num_key_value_heads: Type.Integer({ minimum: 1, maximum: 1024 }),
  /** Independent of the width; even where positions are rotary, which turn the first half against the second. */
  head_dim: Type.Integer({ minimum: 1, maximum: 1024 }),
  /** Longest sequence, prompt and completion together. */
  max_position_embeddings: Length,
  /** True: the output projection is the embedding matrix and `lm_head.weight` is not stored. */
  tie_word_embeddings: Type.Boolean(),
  bos_token_id: Nullable(TokenId),
  eos_token_id: TokenId,
  /** Further tokens that end a text, where a file lists several. */
  other_eos_token_ids: Type.Optional(Type.Array(TokenId, { maxItems: 16 })),
  pad_token_id: Nullable(TokenId),
  hidden_act: Type.Optional(OneOf(ACTIVATIONS)),
};

const rotaryFamily = {
  ...everyFamily,
  rms_norm_eps: Epsilon,
  rope_theta: Theta,
  rope_scaling: Type.Optional(Nullable(RopeScaling)),
};
const attentionBias = { attention_bias: Type.Optional(Type.Boolean()) };

/** `sliding_window` positions, its own included, are what a token of a sliding layer sees. */
const windowByLayer = {
  sliding_window: Nullable(Length),
  layer_types: Type.Array(OneOf(LAYER_TYPES), { minItems: 1, maxItems: MAX_LAYERS }),
};
const gemma2And3 = {
  ...rotaryFamily,
  ...attentionBias,
  ...windowByLayer,
  /** Attention scores are divided by its root. */
  query_pre_attn_scalar: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
  final_logit_softcapping: Cap,
};

const family = <const N extends string, P extends Record<string, TSchema>>(name: N, properties: P) =>
  Type.Object({ model_type: Type.Literal(name), ...properties }, { additionalProperties: false });

const FAMILIES = {
  llama: family('llama', { ...rotaryFamily, ...attentionBias, mlp_bias: Type.Optional(Type.Boolean()) }),
  mistral: family('mistral', { ...rotaryFamily, sliding_window: Nullable(Length) }),
  qwen2: family('qwen2', { ...rotaryFamily, ...windowByLayer }),
  qwen3: family('qwen3', { ...rotaryFamily, ...attentionBias, ...windowByLayer }),
  gemma: family('gemma', { ...rotaryFamily, ...attentionBias }),
  gemma2: family('gemma2', { ...gemma2And3, attn_logit_softcapping: Cap }),
  /** `rope_theta` and `rope_scaling` are those of the full layers. */
  gemma3_text: family('gemma3_text', { ...gemma2And3, rope_local_base_freq: Theta }),
  gpt2: family('gpt2', {
    ...everyFamily,
    layer_norm_epsilon: Epsilon,
    /** False: attention scores are not divided by √head_dim. Default true. */
    scale_attn_weights: Type.Optional(Type.Boolean()),
    /** True: they are divided by the number of the layer as well, counted from one. Default false. */
    scale_attn_by_inverse_layer_idx: Type.Optional(Type.Boolean()),
  }),
};

export type ModelType = keyof typeof FAMILIES;
export const MODEL_TYPES = Object.keys(FAMILIES) as ModelType[];

type Families = typeof FAMILIES;
/** The config of one family. */
export type DecoderConfigOf<T extends ModelType> = Static<Families[T]>;
export type DecoderConfig = { [T in ModelType]: DecoderConfigOf<T> }[ModelType];

/** The keys a family computes with. */
export function decoderConfigKeys(type: ModelType): string[] {
  return Object.keys(FAMILIES[type].properties);
}

/** Checks a config in our terms: the schema of its family first, then what a schema cannot say about the numbers together. */
export function checkDecoderConfig(value: unknown): Checked<DecoderConfig> {
  const type = (value as { model_type?: unknown } | null | undefined)?.model_type;
  if (!MODEL_TYPES.includes(type as ModelType)) {
    const message = `must be one of ${JSON.stringify(MODEL_TYPES)}, got ${JSON.stringify(type)}`;
    return { ok: false, problems: [{ path: 'model_type', message }] };
  }
  const scaling = scalingProblems((value as { rope_scaling?: unknown }).rope_scaling);
  if (scaling.length > 0) return { ok: false, problems: scaling };
  const checked = check(FAMILIES[type as ModelType], value) as Checked<DecoderConfig>;
  if (!checked.ok) return checked;
  const problems = crossFieldProblems(checked.value);
  return problems.length === 0 ? checked : { ok: false, problems };
}

/** The kind first, then its own schema: a union would report every kind that was not meant. */
function scalingProblems(scaling: unknown): Problem[] {
  if (scaling === undefined || scaling === null) return [];
  const kind = (scaling as { rope_type?: unknown }).rope_type;
  const schema = ROPE_SCALING_KINDS[kind as keyof typeof ROPE_SCALING_KINDS] as TSchema | undefined;
  if (!schema) {
    const message = `must be one of ${JSON.stringify(Object.keys(ROPE_SCALING_KINDS))}, got ${JSON.stringify(kind)}`;
    return [{ path: 'rope_scaling.rope_type', message }];
  }
  const checked = check(schema, scaling);
  if (checked.ok) return [];
  return checked.problems.map(({ path, message }) => ({ path: `rope_scaling${path && '.'}${path}`, message }));
}

function crossFieldProblems(config: DecoderConfig): Problem[] {
  const problems: Problem[] = [];
  const require = (holds: boolean, path: string, message: string): void => {
    if (!holds) problems.push({ path, message });
  };
  const { num_attention_heads: heads, num_key_value_heads: keyHeads, head_dim: headDim } = config;
  require(heads % keyHeads === 0, 'num_key_value_heads', `must divide num_attention_heads (${heads}), got ${keyHeads}`);
  if (config.model_type === 'gpt2') {
    const width = config.hidden_size;
    require(heads === keyHeads, 'num_key_value_heads', `must be num_attention_heads (${heads}), got ${keyHeads}`);
    require(heads * headDim ===
      width, 'head_dim', `must be hidden_size / num_attention_heads (${width} / ${heads}), got ${headDim}`);
  } else {
    require(headDim % 2 === 0, 'head_dim', `must be even, got ${headDim}`);
  }
  for (const path of ['bos_token_id', 'eos_token_id', 'pad_token_id'] as const) {
    const id = config[path];
    require(id === null || id < config.vocab_size, path, `must be below vocab_size (${config.vocab_size}), got ${id}`);
  }
  if ('layer_types' in config) problems.push(...layerTypeProblems(config));
  return problems;
}

function layerTypeProblems(config: Extract<DecoderConfig, { layer_types: unknown }>): Problem[] {
  const { layer_types: types, num_hidden_layers: layers, sliding_window: window } = config;
  if (types.length !== layers) {
    return [{ path: 'layer_types', message: `must have one entry a layer (${layers}), got ${types.length}` }];
  }
  if (window !== null || !types.includes('sliding_attention')) return [];
  return [{ path: 'sliding_window', message: 'must be a number of positions where a layer is sliding_attention' }];
}

/** The tokens that end a text. */
export function endTokenIds(config: DecoderConfig): number[] {
  return [config.eos_token_id, ...(config.other_eos_token_ids ?? [])];
}
