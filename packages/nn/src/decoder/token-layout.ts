/**
 * How the tokens of a micro-batch lie in the matrices that layers work on, one row a token: sequence after sequence, or the
 * prefixes first and then what goes on from them. Prefixes end together, padded in front: what follows is then at the same
 * distance from all of them, which is all that rotary positions see.
 */
import { type DecoderArchitecture, invariant } from '@preheat/contracts';
import { ops, type Value } from '@preheat/graph';

export interface TokenLayout {
  readonly batch: number;
  readonly length: number;
  readonly prefixes: PrefixLayout | null;
}

export interface PrefixLayout {
  /** Divides the batch: prefix g is that of the rows from g · batch / count on. */
  readonly count: number;
  readonly length: number;
  /** Added to the scores of the keys of prefixes: 0, or `hiddenScore` where there is padding. */
  readonly padding_G11P: Value;
  /** The same for the keys of rows, which are those of their prefix and their own. */
  readonly padding_B11S: Value;
}

/** Prefixes that rows share, laid before them. */
export interface SharedPrefixes {
  /** i32 [G, P]. */
  readonly tokens_GP: Value;
  /** 0, or `hiddenScore` where there is padding [G, P]. */
  readonly padding_GP: Value;
}

/** Learned positions are counted from the first token, which padding in front would move. */
export const canSharePrefixes = ({ positions }: DecoderArchitecture): boolean => positions === undefined;

/** @param tokens_BT What follows the prefixes, or whole sequences. */
export function layTokens(tokens_BT: Value, shared: SharedPrefixes | null): { tokens: Value; layout: TokenLayout } {
  const [batch = 1, length = 1] = tokens_BT.shape;
  if (!shared) return { tokens: tokens_BT, layout: { batch, length, prefixes: null } };
  const { tokens_GP, padding_GP } = shared;
  const [count = 1, prefixLength = 1] = tokens_GP.shape;
  invariant(batch % count === 0, `${count} prefixes do not divide ${batch} rows evenly`);
  const tokens = ops.concat(
    [tokens_GP, tokens_BT].map((x) => ops.reshape(x, [-1])),
    0,
  );
  const padding_G11P = ops.reshape(padding_GP, [count, 1, 1, prefixLength]);
  const padding_B11S = ops.pad(repeated(padding_G11P, batch / count), 3, 0, length);
  return { tokens, layout: { batch, length, prefixes: { count, length: prefixLength, padding_G11P, padding_B11S } } };
}

/** Of every prefix [G, …], `times` copies one after another [G · times, …]. */
export function repeated(x: Value, times: number): Value {
  const [count = 1, ...others] = x.shape;
  const apart = ops.broadcastTo(ops.reshape(x, [count, 1, ...others]), [count, times, ...others]);
  return ops.reshape(apart, [count * times, ...others]);
}

/** Those rows [B·T, D] of [N, D] that are no prefix. */
export function withoutPrefixes(x_ND: Value, { batch, length, prefixes }: TokenLayout): Value {
  if (!prefixes) return x_ND;
  const first = prefixes.count * prefixes.length;
  return ops.slice(x_ND, 0, first, first + batch * length);
}
