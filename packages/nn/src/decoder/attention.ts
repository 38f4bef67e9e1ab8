/**
 * Self-attention of one layer: projections apart or in one, norms of heads, rotary positions, grouped queries, sliding
 * windows, capped scores. Rows may go on from prefixes that several of them share, whose keys and values are computed once.
 */
import { type AttentionStyle, type DecoderArchitecture, invariant, type LayerArchitecture } from '@preheat/contracts';
import { blocks, ops, type Value } from '@preheat/graph';
import type { DecoderParameters } from './decoder-parameters.js';
import { linear } from './linear.js';
import { normalise } from './norms.js';
import type { Rotate } from './rotations.js';
import { type PrefixLayout, repeated, type TokenLayout } from './token-layout.js';

/** What attention needs to know of a model beside its layer. */
export interface AttentionContext {
  readonly parameters: DecoderParameters;
  readonly rotate: Rotate;
  readonly norm: DecoderArchitecture['norm'];
  readonly layout: TokenLayout;
  readonly heads: number;
  readonly keyHeads: number;
  readonly headDim: number;
}

/** Queries [B, H, T, C], keys and values [B, K, T, C]. */
interface Heads {
  readonly query: Value;
  readonly key: Value;
  readonly value: Value;
}

/** x [N, D] → [N, D], one row a token as they lie in `layout`. */
export function selfAttention(x_ND: Value, layer: LayerArchitecture, context: AttentionContext): Value {
  const { batch, length, prefixes } = context.layout;
  const projected = projections(x_ND, layer, context);
  const attended = prefixes
    ? afterPrefixes(projected, layer.attention, context, prefixes)
    : flat(mix(headsOf(projected, [batch, length], 0, layer.attention, context), layer.attention));
  return linear(context.parameters, attended, layer.output);
}

/** [B, H, T, C] → [B·T, H·C]. */
function flat(mixed_BHTC: Value): Value {
  const [batch = 1, heads = 1, length = 1, width = 1] = mixed_BHTC.shape;
  return ops.reshape(headsFirst(mixed_BHTC), [batch * length, heads * width]);
}

/** Prefixes attend to themselves, and every row to its own prefix and itself. */
function afterPrefixes(
  projected: readonly [Value, Value, Value],
  style: AttentionStyle,
  context: AttentionContext,
  prefixes: PrefixLayout,
): Value {
  const { batch, length } = context.layout;
  const part = (from: number, to: number) => projected.map((x) => ops.slice(x, 0, from, to)) as [Value, Value, Value];
  const start = prefixes.count * prefixes.length;
  const first = headsOf(part(0, start), [prefixes.count, prefixes.length], 0, style, context);
  const own = headsOf(part(start, start + batch * length), [batch, length], prefixes.length, style, context);
  const behind = (prefix: Value, rest: Value): Value => ops.concat([repeated(prefix, batch / prefixes.count), rest], 2);
  const whole = { query: own.query, key: behind(first.key, own.key), value: behind(first.value, own.value) };
  const attended = [mix(first, style, prefixes.padding_G11P), mix(whole, style, prefixes.padding_B11S)];
  return ops.concat(attended.map(flat), 0);
}

/** Swaps the axes of tokens and heads. */
const headsFirst = (x: Value): Value => ops.transpose(x, [0, 2, 1, 3]);

/** Of queries [N, H, C], keys and values [N, K, C]: as sequences, at their positions. */
function headsOf(
  [query, key, value]: readonly [Value, Value, Value],
  [batch, length]: readonly [number, number],
  position: number,
  { rotary }: AttentionStyle,
  { rotate, headDim }: AttentionContext,
): Heads {
  const sequences = (x: Value): Value => headsFirst(ops.reshape(x, [batch, length, -1, headDim]));
  const placed = (x: Value): Value => (rotary === null ? sequences(x) : rotate(sequences(x), rotary, position));
  return { query: placed(query), key: placed(key), value: sequences(value) };
}

/** Queries [N, H, C], keys and values [N, K, C], the former two normed. */
function projections(x_ND: Value, layer: LayerArchitecture, context: AttentionContext): [Value, Value, Value] {
  const { parameters, norm, heads, keyHeads, headDim } = context;
  const split = (x: Value): Value => ops.reshape(x, [x.shape[0] ?? 1, -1, headDim]);
  const normed = (x: Value, module: LayerArchitecture['queryNorm']): Value =>
    module ? normalise(parameters, x, module, norm) : x;
  const outputs = layer.queryKeyValue.map((module) => linear(parameters, x_ND, module));
  const widths = [heads * headDim, keyHeads * headDim, keyHeads * headDim] as const;
  const [query, key, value] = outputs.length === 3 ? outputs : ops.split(ops.concat(outputs, -1), widths, -1);
  invariant(query && key && value, 'a layer projects queries, keys and values');
  return [normed(split(query), layer.queryNorm), normed(split(key), layer.keyNorm), split(value)];
}

function mix({ query, key, value }: Heads, { scale, window, softcap }: AttentionStyle, mask?: Value): Value {
  const options = { scale, ...(window !== null && { window }), ...(softcap !== null && { softcap }) };
  return blocks.causalAttention(query, key, value, { ...options, ...(mask && { mask }) });
}
