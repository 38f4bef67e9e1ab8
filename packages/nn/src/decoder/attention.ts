/**
 * Self-attention of one layer: projections apart or in one, norms of heads, rotary positions, grouped queries, sliding
 * windows, capped scores.
 */
import {
  type AttentionStyle,
  type DecoderArchitecture,
  type LayerArchitecture,
  rotaryTables,
} from '@preheat/contracts';
import { blocks, ops, type Value } from '@preheat/graph';
import type { DecoderParameters } from './decoder.js';
import { linear } from './linear.js';
import { normalise } from './norms.js';
import { softcap } from './softcap.js';

/** What attention needs to know of a model beside its layer. */
export interface AttentionContext {
  readonly parameters: DecoderParameters;
  readonly norm: DecoderArchitecture['norm'];
  readonly batch: number;
  readonly length: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly headDim: number;
}

/** x [B·T, D] → [B·T, D]. */
export function selfAttention(x_ND: Value, layer: LayerArchitecture, context: AttentionContext): Value {
  const { parameters, norm, batch, length, heads, headDim } = context;
  const [query, key, value_BTKC] = projections(x_ND, layer, context);
  const placed = (states_BTHC: Value, module: LayerArchitecture['queryNorm']): Value => {
    const normed = module ? normalise(parameters, states_BTHC, module, norm) : states_BTHC;
    return rotate(headsFirst(normed), layer.attention, context);
  };
  const [query_BHTC, key_BKTC] = [placed(query, layer.queryNorm), placed(key, layer.keyNorm)];
  const mixed_BHTC = mix(query_BHTC, key_BKTC, headsFirst(value_BTKC), layer.attention, context);
  const mixed_ND = ops.reshape(headsFirst(mixed_BHTC), [batch * length, heads * headDim]);
  return linear(parameters, mixed_ND, layer.output);
}

/** A constant in the graph that `beside` belongs to. */
const constant = (beside: Value, data: Float32Array, shape: readonly number[]): Value =>
  beside.graph.emit('constant', [], { data }, 'f32', shape);

/** Swaps the axes of tokens and heads. */
const headsFirst = (x: Value): Value => ops.transpose(x, [0, 2, 1, 3]);

/** Queries [B, T, H, C], keys and values [B, T, K, C]. */
function projections(x_ND: Value, layer: LayerArchitecture, context: AttentionContext): [Value, Value, Value] {
  const { parameters, batch, length, heads, keyHeads, headDim } = context;
  const split = (x: Value): Value => ops.reshape(x, [batch, length, -1, headDim]);
  const outputs = layer.queryKeyValue.map((module) => linear(parameters, x_ND, module));
  const [first, second, third] = outputs;
  if (first && second && third) return [split(first), split(second), split(third)];
  const widths = [heads * headDim, keyHeads * headDim, keyHeads * headDim] as const;
  const [query, key, value] = ops.split(ops.concat(outputs, -1), widths, -1);
  return [split(query), split(key), split(value)];
}

function rotate(x_BHTC: Value, { rotary }: AttentionStyle, { length, headDim }: AttentionContext): Value {
  if (rotary === null) return x_BHTC;
  const { cosine, sine } = rotaryTables(rotary, headDim, length);
  const shape = [length, headDim / 2];
  return ops.rotary(x_BHTC, constant(x_BHTC, cosine, shape), constant(x_BHTC, sine, shape));
}

function mix(query: Value, key: Value, value: Value, style: AttentionStyle, context: AttentionContext): Value {
  const { length } = context;
  const isWindowed = style.window !== null && style.window < length;
  const window = isWindowed ? constant(query, windowMask(length, style.window), [1, 1, length, length]) : undefined;
  const options = { scale: style.scale, ...(window && { mask: window }) };
  if (style.softcap === null) return blocks.causalAttention(query, key, value, options);
  return cappedAttention(query, key, value, style.softcap, options, context);
}

/** Row t hides the positions before t - window + 1; what is after t the causal mask hides. */
function windowMask(length: number, window: number): Float32Array {
  return Float32Array.from({ length: length * length }, (_, i) =>
    (i % length) + window <= Math.floor(i / length) ? blocks.hiddenScore : 0,
  );
}

/** As `blocks.causalAttention`, with `cap · tanh(score / cap)` between the scores and the mask (Gemma 2, section 2). */
function cappedAttention(
  query: Value,
  key: Value,
  value: Value,
  cap: number,
  { scale, mask }: { scale: number; mask?: Value },
  { batch, length, heads, keyHeads, headDim }: AttentionContext,
): Value {
  const group = heads / keyHeads;
  const joined = ops.reshape(query, [batch, keyHeads, group * length, headDim]);
  const capped = softcap(ops.matmul(joined, key, { transposeB: true, scale }), cap);
  const causal = constant(query, causalMask(length), [1, 1, length, length]);
  const hidden = mask ? ops.add(causal, mask) : causal;
  const scores = ops.add(
    ops.reshape(capped, [batch, keyHeads, group, length, length]),
    ops.reshape(hidden, [1, 1, 1, length, length]),
  );
  const shares = ops.reshape(ops.softmax(scores), [batch, keyHeads, group * length, length]);
  return ops.reshape(ops.matmul(shares, value), query.shape);
}

function causalMask(length: number): Float32Array {
  return Float32Array.from({ length: length * length }, (_, i) =>
    i % length > Math.floor(i / length) ? blocks.hiddenScore : 0,
  );
}
