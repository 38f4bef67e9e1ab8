/** What llama.cpp is told about a model: its shape, its rotation, its tokenizer and the tokens that end a text. */
import type { GgmlType, GgufMetadata, GgufValue } from './gguf-format.js';
import { ggufArchitecture, type GgufConfig } from './gguf-tensors.js';
import { ggufTokenizer, type TokenizerSource } from './gguf-tokenizer.js';

/** llama.cpp's numbers for files of mostly one type. */
const FILE_TYPE: Readonly<Record<GgmlType, number>> = { F32: 0, F16: 1, BF16: 32 };

export function ggufMetadata(
  config: GgufConfig,
  tokenizer: TokenizerSource,
  { name, dtype }: { readonly name: string; readonly dtype: GgmlType },
): GgufMetadata {
  const architecture = ggufArchitecture(config);
  const count = (value: number): GgufValue => ({ type: 'uint32', value });
  const shape: [string, GgufValue][] = [
    ['context_length', count(config.max_position_embeddings)],
    ['embedding_length', count(config.hidden_size)],
    ['block_count', count(config.num_hidden_layers)],
    ['feed_forward_length', count(config.intermediate_size)],
    ['attention.head_count', count(config.num_attention_heads)],
    ['attention.head_count_kv', count(config.num_key_value_heads)],
    ['attention.key_length', count(config.head_dim)],
    ['attention.value_length', count(config.head_dim)],
    ['attention.layer_norm_rms_epsilon', { type: 'float32', value: config.rms_norm_eps }],
    ['rope.dimension_count', count(config.head_dim)],
    ['rope.freq_base', { type: 'float32', value: config.rope_theta }],
    ['vocab_size', count(config.vocab_size)],
    ...scalingOf(config),
  ];
  const ids = { bos: config.bos_token_id, eos: config.eos_token_id, padding: config.pad_token_id };
  return new Map<string, GgufValue>([
    ['general.architecture', { type: 'string', value: architecture }],
    ['general.name', { type: 'string', value: name }],
    ['general.alignment', count(32)],
    ['general.file_type', count(FILE_TYPE[dtype])],
    ...shape.map(([key, value]) => [`${architecture}.${key}`, value] as const),
    ...ggufTokenizer(tokenizer, config.vocab_size),
    ...Object.entries(ids).flatMap(([key, id]) =>
      id === null ? [] : [[`tokenizer.ggml.${key}_token_id`, count(id)] as const],
    ),
  ]);
}

/** Llama 3's scaling is told by a tensor, see `toGgufTensors`. */
function scalingOf({ rope_scaling: scaling }: GgufConfig): [string, GgufValue][] {
  if (scaling?.rope_type !== 'linear') return [];
  return [
    ['rope.scaling.type', { type: 'string', value: 'linear' }],
    ['rope.scaling.factor', { type: 'float32', value: scaling.factor }],
  ];
}
