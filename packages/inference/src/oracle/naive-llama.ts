/**
 * Llama written as plainly as possible in float64, one row and one position at a time: the oracle that the ONNX graphs
 * are tested against. It shares no code with them, not even the layout of the rotation.
 */
import type { TensorMap } from '@preheat/checkpoints';
import { type DecoderConfig, type DecoderConfigOf, invariant } from '@preheat/contracts';

type LlamaConfig = DecoderConfigOf<'llama'>;

/** Logits after every token: `[tokens][vocabulary]`. */
export function naiveLogits(config: DecoderConfig, tensors: TensorMap, tokens: ArrayLike<number>): number[][] {
  invariant(config.model_type === 'llama', 'this oracle knows only Llama');
  const width = config.hidden_size;
  const weight = (name: string): number[] => Array.from(tensors.get(name)?.data ?? []);
  const embedding = weight('model.embed_tokens.weight');
  let stream = Array.from(tokens, (id) => embedding.slice(id * width, (id + 1) * width));
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const of = (name: string): number[] => weight(`model.layers.${layer}.${name}.weight`);
    const mixed = attend(
      config,
      of,
      stream.map((x) => rmsNorm(config, x, of('input_layernorm'))),
    );
    stream = stream.map((x, t) => add(x, multiply(of('self_attn.o_proj'), mixed[t] as number[])));
    stream = stream.map((x) => add(x, feedForward(of, rmsNorm(config, x, of('post_attention_layernorm')))));
  }
  const head = config.tie_word_embeddings ? embedding : weight('lm_head.weight');
  return stream.map((x) => multiply(head, rmsNorm(config, x, weight('model.norm.weight'))));
}

/** Log-softmax of logits divided by a temperature. */
export function logSoftmax(logits: readonly number[], temperature = 1): number[] {
  const scaled = logits.map((value) => value / temperature);
  const highest = Math.max(...scaled);
  const logSum = highest + Math.log(scaled.reduce((sum, value) => sum + Math.exp(value - highest), 0));
  return scaled.map((value) => value - logSum);
}

function attend(config: LlamaConfig, of: (name: string) => number[], inputs: number[][]): number[][] {
  const { num_attention_heads: heads, num_key_value_heads: keyHeads, head_dim: size } = config;
  const project = (kind: string) => inputs.map((x) => multiply(of(`self_attn.${kind}_proj`), x));
  const headOf = (row: number[], head: number) => row.slice(head * size, (head + 1) * size);
  const [queries, keys, values] = [project('q'), project('k'), project('v')] as [number[][], number[][], number[][]];
  return inputs.map((_, t) =>
    Array.from({ length: heads }, (_unused, head) => {
      const keyHead = Math.floor(head / (heads / keyHeads));
      const query = rotateHalf(config, headOf(queries[t] as number[], head), t);
      const scores = keys.slice(0, t + 1).map((key, s) => dot(query, rotateHalf(config, headOf(key, keyHead), s)));
      const shares = logSoftmax(scores.map((score) => score / Math.sqrt(size))).map(Math.exp);
      return values
        .slice(0, t + 1)
        .map((value, s) => headOf(value, keyHead).map((item) => item * (shares[s] as number)))
        .reduce(add);
    }).flat(),
  );
}

/** x * cos + rotate_half(x) * sin, as in Hugging Face's modeling_llama. */
function rotateHalf(config: LlamaConfig, x: number[], position: number): number[] {
  const half = x.length / 2;
  return x.map((value, i) => {
    const angle = position / config.rope_theta ** ((2 * (i % half)) / x.length);
    const partner = i < half ? -(x[i + half] as number) : (x[i - half] as number);
    return value * Math.cos(angle) + partner * Math.sin(angle);
  });
}

function feedForward(of: (name: string) => number[], x: number[]): number[] {
  const gate = multiply(of('mlp.gate_proj'), x);
  const up = multiply(of('mlp.up_proj'), x);
  const activated = gate.map((value, i) => (value / (1 + Math.exp(-value))) * (up[i] as number));
  return multiply(of('mlp.down_proj'), activated);
}

function rmsNorm(config: LlamaConfig, x: number[], weight: number[]): number[] {
  const meanSquare = dot(x, x) / x.length;
  return x.map((value, i) => (value / Math.sqrt(meanSquare + config.rms_norm_eps)) * (weight[i] as number));
}

/** Matrix `[rows, x.length]`, row-major, times x. */
function multiply(matrix: number[], x: number[]): number[] {
  const columns = x.length;
  return Array.from({ length: matrix.length / columns }, (_, row) =>
    dot(matrix.slice(row * columns, (row + 1) * columns), x),
  );
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
}

function add(a: number[], b: number[]): number[] {
  return a.map((value, i) => value + (b[i] as number));
}
