// A complete Llama-shaped training step at any size: embedding, rotary grouped-query attention, SwiGLU, tied or separate
// head, weighted cross-entropy and every gradient. Used to compare executors, to compare with torch, and to time them.

import { silu } from '../blocks/activations.js';
import { causalAttention } from '../blocks/attention.js';
import { recompute } from '../blocks/recompute.js';
import { rmsNorm } from '../blocks/normalisation.js';
import { rotaryEmbedding } from '../blocks/rotary-embedding.js';
import { tokenLogProb } from '../blocks/cross-entropy.js';
import { gradients } from '../gradients.js';
import { GraphBuilder } from '../graph-builder.js';
import { add, mul, neg } from '../ops/arithmetic.js';
import { gather } from '../ops/indexing.js';
import { matmul } from '../ops/matmul.js';
import { reshape, transpose } from '../ops/movement.js';
import { sum } from '../ops/reduction.js';
import { gradientOutput } from '../program.js';
import type { Program } from '../program.js';
import { sizeOf } from '../shape.js';
import type { Shape } from '../shape.js';
import type { Value } from '../value.js';
import { uniformNumbers } from './case-program.js';

export interface DecoderSize {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly hidden: number;
  readonly vocabulary: number;
  readonly batch: number;
  readonly length: number;
  /** Whether layers are computed again for the backward pass instead of kept. Default false. */
  readonly recomputes?: boolean;
}

const epsilon = 1e-6;
const theta = 10_000;

/** Parameter shapes by Hugging Face Llama names; matrices are stored [out, in]. */
export function decoderShapes(size: DecoderSize): Record<string, Shape> {
  const { layers, width, heads, keyHeads, hidden, vocabulary } = size;
  const keyWidth = (width / heads) * keyHeads;
  const shapes: Record<string, Shape> = { 'model.embed_tokens.weight': [vocabulary, width] };
  for (let layer = 0; layer < layers; layer++) {
    const prefix = `model.layers.${layer}.`;
    shapes[`${prefix}input_layernorm.weight`] = [width];
    shapes[`${prefix}self_attn.q_proj.weight`] = [width, width];
    shapes[`${prefix}self_attn.k_proj.weight`] = [keyWidth, width];
    shapes[`${prefix}self_attn.v_proj.weight`] = [keyWidth, width];
    shapes[`${prefix}self_attn.o_proj.weight`] = [width, width];
    shapes[`${prefix}post_attention_layernorm.weight`] = [width];
    shapes[`${prefix}mlp.gate_proj.weight`] = [hidden, width];
    shapes[`${prefix}mlp.up_proj.weight`] = [hidden, width];
    shapes[`${prefix}mlp.down_proj.weight`] = [width, hidden];
  }
  return { ...shapes, 'model.norm.weight': [width], 'lm_head.weight': [vocabulary, width] };
}

/** Inputs `tokens` and `targets` (i32 [B, T]) and `weights` (f32 [B, T]); outputs `loss` and the gradients. */
export function buildDecoderProgram(size: DecoderSize): Program {
  const { layers, vocabulary, batch, length } = size;
  const graph = new GraphBuilder();
  const parameters = new Map(
    Object.entries(decoderShapes(size)).map(([name, shape]) => [name, graph.parameter(name, shape)]),
  );
  const parameter = (name: string): Value => {
    const value = parameters.get(name);
    if (!value) throw new Error(`no parameter ${name}`);
    return value;
  };
  const tokens_BT = graph.input('tokens', 'i32', [batch, length]);
  const targets_BT = graph.input('targets', 'i32', [batch, length]);
  const weights_BT = graph.input('weights', 'f32', [batch, length]);

  let x = reshape(gather(parameter('model.embed_tokens.weight'), tokens_BT), [batch * length, size.width]);
  for (let layer = 0; layer < layers; layer++) {
    const weight = (name: string) => parameter(`model.layers.${layer}.${name}.weight`);
    const block = (h: Value) => {
      const mixed = add(h, attention(rmsNorm(h, weight('input_layernorm'), epsilon), weight, size));
      return add(mixed, feedForward(rmsNorm(mixed, weight('post_attention_layernorm'), epsilon), weight));
    };
    x = size.recomputes ? recompute([x], block) : block(x);
  }
  const logits = linear(rmsNorm(x, parameter('model.norm.weight'), epsilon), parameter('lm_head.weight'));
  const logProbs = tokenLogProb(reshape(logits, [batch, length, vocabulary]), targets_BT);
  const loss = neg(sum(mul(logProbs, weights_BT)));
  const names = [...parameters.keys()];
  const found = gradients(loss, [...parameters.values()]);
  const outputs = names.map((name, i) => [gradientOutput(name), found[i] as Value] as const);
  return graph.build({ outputs: { loss, ...Object.fromEntries(outputs) } });
}

type Weight = (name: string) => Value;

function linear(x: Value, weight: Value): Value {
  return matmul(x, weight, { transposeB: true });
}

function attention(x: Value, weight: Weight, size: DecoderSize): Value {
  const { batch, length, width, heads } = size;
  const headWidth = width / heads;
  const project = (name: string) => {
    const heads_BTHD = reshape(linear(x, weight(`self_attn.${name}`)), [batch, length, -1, headWidth]);
    return transpose(heads_BTHD, [0, 2, 1, 3]);
  };
  const [q, k] = [rotaryEmbedding(project('q_proj'), theta), rotaryEmbedding(project('k_proj'), theta)];
  const mixed_BTHD = transpose(causalAttention(q, k, project('v_proj')), [0, 2, 1, 3]);
  return linear(reshape(mixed_BTHD, [batch * length, width]), weight('self_attn.o_proj'));
}

function feedForward(x: Value, weight: Weight): Value {
  const gate = silu(linear(x, weight('mlp.gate_proj')));
  return linear(mul(gate, linear(x, weight('mlp.up_proj'))), weight('mlp.down_proj'));
}

/** Deterministic parameters (norm weights around one, matrices of standard deviation `spread`) and one batch. */
export function decoderFeeds(size: DecoderSize, seed = 1, spread = 0.05): Record<string, Float32Array | Int32Array> {
  const random = uniformNumbers(seed);
  // A uniform distribution of half-width √3·σ has standard deviation σ.
  const number = () => (2 * random() - 1) * Math.sqrt(3) * spread;
  const parameters = Object.entries(decoderShapes(size)).map(([name, shape]) => {
    const centre = shape.length === 1 ? 1 : 0;
    return [name, Float32Array.from({ length: sizeOf(shape) }, () => centre + number())] as const;
  });
  const positions = size.batch * size.length;
  const ids = () => Int32Array.from({ length: positions }, () => Math.floor(random() * size.vocabulary));
  return {
    ...Object.fromEntries(parameters),
    tokens: ids(),
    targets: ids(),
    weights: new Float32Array(positions).fill(1 / positions),
  };
}
