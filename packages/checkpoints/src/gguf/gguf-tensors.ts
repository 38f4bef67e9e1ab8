/**
 * A decoder's tensors under llama.cpp's names and in its layout, and back. llama.cpp rotates neighbouring pairs of a head
 * where Hugging Face rotates halves, so rows of queries and keys of the `llama` architecture change places; its other
 * architectures keep the halves.
 */
import { decoderArchitecture, type DecoderConfig, type DecoderConfigOf, rotaryFrequencies } from '@preheat/contracts';
import type { Tensor, TensorMap } from '../tensor.js';
import { GgufError } from './gguf-format.js';

const OUTER: Readonly<Record<string, string>> = {
  'model.embed_tokens': 'token_embd',
  'model.norm': 'output_norm',
  lm_head: 'output',
};
const LAYER: Readonly<Record<string, string>> = {
  input_layernorm: 'attn_norm',
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj': 'attn_output',
  'self_attn.q_norm': 'attn_q_norm',
  'self_attn.k_norm': 'attn_k_norm',
  post_attention_layernorm: 'ffn_norm',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
};
/** Model types by llama.cpp's architecture; those of one architecture share its arithmetic. */
const ARCHITECTURES = { llama: 'llama', mistral: 'llama', qwen2: 'qwen2', qwen3: 'qwen3' } as const;
/** llama.cpp divides the frequency of each pair by these. */
const FREQUENCY_FACTORS = 'rope_freqs.weight';

export type GgufConfig = DecoderConfigOf<keyof typeof ARCHITECTURES>;

export const ggufArchitecture = ({ model_type: type }: GgufConfig): string => ARCHITECTURES[type];

/** The config of a model that llama.cpp computes as we do. @throws GgufError saying what it does otherwise. */
export function ggufConfig(config: DecoderConfig): GgufConfig {
  if (!(config.model_type in ARCHITECTURES)) {
    const known = Object.keys(ARCHITECTURES).join(', ');
    throw new GgufError(`a ${config.model_type} model cannot be written as GGUF here; ${known} can; export as hf`);
  }
  const of = config as GgufConfig;
  if ((of.hidden_act ?? 'silu') !== 'silu')
    throw new GgufError(`llama.cpp has no ${of.hidden_act} for ${of.model_type}; export as hf`);
  const scaling = of.rope_scaling?.rope_type;
  if (scaling === 'yarn') throw new GgufError('yarn positions are not written as GGUF here; export as hf');
  if (scaling === 'llama3' && ggufArchitecture(of) !== 'llama')
    throw new GgufError(`llama.cpp does not stretch the positions of a ${of.model_type} as Llama 3 does; export as hf`);
  if (of.model_type === 'qwen3' && of.attention_bias === true)
    throw new GgufError('llama.cpp reads no biases of attention in a qwen3; export as hf');
  const windowed = decoderArchitecture(of).layers.find(
    ({ attention }) => (attention.window ?? Infinity) < of.max_position_embeddings,
  );
  if (!windowed) return of;
  throw new GgufError(
    `llama.cpp does not know this model's sliding window of ${windowed.attention.window}; export as hf`,
  );
}

/** llama.cpp's name of a tensor. @throws GgufError when there is none. */
export function ggufName(name: string): string {
  const [, module = '', kind = ''] = /^(.*)\.(weight|bias)$/.exec(name) ?? [];
  const outer = OUTER[module];
  if (outer !== undefined) return `${outer}.${kind}`;
  const [, layer = '', part = ''] = /^model\.layers\.(\d+)\.(.*)$/.exec(module) ?? [];
  const inner = LAYER[part];
  if (inner === undefined) throw new GgufError(`llama.cpp has no name for the tensor ${name}`);
  return `blk.${layer}.${inner}.${kind}`;
}

/** Tensors as they go into the file. */
export function toGgufTensors(config: GgufConfig, tensors: TensorMap): Map<string, Tensor> {
  const reorder = reordering(config, 'to pairs');
  const renamed = new Map([...tensors].map(([name, tensor]) => [ggufName(name), reorder(name, tensor)]));
  const factors = frequencyFactors(config);
  return factors ? renamed.set(FREQUENCY_FACTORS, factors) : renamed;
}

/** Llama 3 stretches every frequency by its own factor. Null where llama.cpp computes the frequencies itself. */
function frequencyFactors({ rope_theta: theta, rope_scaling: scaling, head_dim: headDim }: GgufConfig): Tensor | null {
  if (scaling?.rope_type !== 'llama3') return null;
  const plain = rotaryFrequencies({ theta, scaling: null }, headDim);
  const stretched = rotaryFrequencies({ theta, scaling }, headDim);
  const data = Float32Array.from(plain, (frequency, pair) => frequency / (stretched[pair] as number));
  return { shape: [headDim / 2], data };
}

/** The decoder's tensors out of a file's. @throws GgufError naming one that is missing. */
export function fromGgufTensors(config: GgufConfig, names: readonly string[], stored: TensorMap): Map<string, Tensor> {
  const reorder = reordering(config, 'to halves');
  return new Map(
    names.map((name) => {
      const tensor = stored.get(ggufName(name));
      if (!tensor) throw new GgufError(`the file has no tensor ${ggufName(name)}`);
      return [name, reorder(name, tensor)];
    }),
  );
}

function reordering(config: GgufConfig, direction: 'to pairs' | 'to halves'): (name: string, tensor: Tensor) => Tensor {
  if (ggufArchitecture(config) !== 'llama') return (_, tensor) => tensor;
  return (name, tensor) =>
    /\.(q|k)_proj\.(weight|bias)$/.test(name) ? permuted(tensor, config.head_dim, direction) : tensor;
}

/** Row i of the first half and row i of the second of every head become rows 2i and 2i + 1, or the other way round. */
function permuted({ shape, data }: Tensor, headDim: number, direction: 'to pairs' | 'to halves'): Tensor {
  const width = shape.length === 2 ? (shape[1] as number) : 1;
  const rows = data.length / width;
  const moved = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    const within = row % headDim;
    const paired = row - within + (within % (headDim / 2)) * 2 + (within >= headDim / 2 ? 1 : 0);
    const [from, to] = direction === 'to pairs' ? [row, paired] : [paired, row];
    moved.set(data.subarray(from * width, (from + 1) * width), to * width);
  }
  return { shape, data: moved };
}
