/**
 * Self-attention of one layer: projections apart or in one, norms of heads, rotary positions, grouped queries, sliding
 * windows, capped scores.
 */
import type { AttentionStyle, DecoderArchitecture, LayerArchitecture } from '@preheat/contracts';
import { blocks, ops, type Value } from '@preheat/graph';
import type { DecoderParameters } from './decoder-parameters.js';
import { linear } from './linear.js';
import { normalise } from './norms.js';
import type { Rotate } from './rotations.js';

/** What attention needs to know of a model beside its layer. */
export interface AttentionContext {
  readonly parameters: DecoderParameters;
  readonly rotate: Rotate;
  readonly norm: DecoderArchitecture['norm'];
  readonly batch: number;
  readonly length: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly headDim: number;
}

/** x [B·T, D] → [B·T, D]. */
export function selfAttention(x_ND: Value, layer: LayerArchitecture, context: AttentionContext): Value {
  const { parameters, rotate, norm, batch, length, heads, headDim } = context;
  const [query, key, value_BTKC] = projections(x_ND, layer, context);
  const placed = (states_BTHC: Value, module: LayerArchitecture['queryNorm']): Value => {
    const normed = module ? normalise(parameters, states_BTHC, module, norm) : states_BTHC;
    const { rotary } = layer.attention;
    return rotary === null ? headsFirst(normed) : rotate(headsFirst(normed), rotary);
  };
  const [query_BHTC, key_BKTC] = [placed(query, layer.queryNorm), placed(key, layer.keyNorm)];
  const mixed_BHTC = mix(query_BHTC, key_BKTC, headsFirst(value_BTKC), layer.attention);
  const mixed_ND = ops.reshape(headsFirst(mixed_BHTC), [batch * length, heads * headDim]);
  return linear(parameters, mixed_ND, layer.output);
}

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

function mix(query: Value, key: Value, value: Value, { scale, window, softcap }: AttentionStyle): Value {
  const options = { scale, ...(window !== null && { window }), ...(softcap !== null && { softcap }) };
  return blocks.causalAttention(query, key, value, options);
}
