// Scaled-dot-product attention with grouped queries. Query heads that share a key head are laid end to end, so every
// product is one larger GEMM a key head and the gradients of keys and values sum over the group by themselves.

import { add, div, mul, square, sub, tanh } from '../ops/arithmetic.js';
import { customGradient } from '../ops/differentiation.js';
import { matmul } from '../ops/matmul.js';
import { reshape } from '../ops/movement.js';
import { softmax, sum } from '../ops/reduction.js';
import { alignRank, formatShape, lengthOf, sameShape, ShapeError } from '../shape.js';
import type { Value } from '../value.js';
import { additiveMask, positionMask } from './attention-mask.js';

export interface AttentionOptions {
  /** Multiplies the scores. Default 1/√D; 1 for queries and keys that arrive scaled. */
  readonly scale?: number;
  /** Whether position t attends only to positions ≤ t. Default false; needs as many keys as queries. */
  readonly causal?: boolean;
  /** Position t attends only to the `window` positions that end with t. Needs `causal`. */
  readonly window?: number;
  /** Bounds the scores to ±softcap by `softcap · tanh(score / softcap)`, before masks (Gemma 2, section 2). */
  readonly softcap?: number;
  /**
   * [B, 1, T, S] or broadcasting to it, beside the positions: `bool`, true where attention is allowed, or f32, added to
   * the scores (0 or `hiddenScore`). Give rows that hide every key no weight.
   */
  readonly mask?: Value;
}

interface Lengths {
  readonly batch: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly queries: number;
  readonly keys: number;
  readonly width: number;
}

/**
 * Shapes: query [B, H, T, D], key [B, K, S, D] and value [B, K, S, E] where K divides H (head h reads key head ⌊h·K/H⌋)
 * → [B, H, T, E]. Throws ShapeError for any other shapes, or options that do not fit them. The mask has no gradient.
 *
 * The gradient uses δ = Σ dO·O in place of Σ dP·P (Dao et al. 2022, FlashAttention, appendix B.2): it reads a row of E
 * rather than one of S.
 */
export function attention(query: Value, key: Value, value: Value, options: AttentionOptions = {}): Value {
  const lengths = checkHeads(query, key, value, options);
  const { batch, heads, keyHeads, queries, keys, width } = lengths;
  const { scale = 1 / Math.sqrt(width), softcap } = options;
  const flat = [batch, keyHeads, (heads / keyHeads) * queries] as const;
  const q = reshape(query, [...flat, width]);
  const products = matmul(q, key, { transposeB: true, scale });
  const bent = softcap === undefined ? undefined : tanh(div(products, softcap));
  const logits = bent && softcap !== undefined ? mul(bent, softcap) : products;
  const probabilities = reshape(softmax(masked(logits, lengths, options)), [...flat, keys]);
  const output = matmul(probabilities, value);

  const attended = customGradient('attention', [q, key, value], output, (dOutput) => {
    const delta = sum(mul(dOutput, output), { axes: [-1], keepDims: true });
    const dLogits = mul(probabilities, sub(matmul(dOutput, value, { transposeB: true }), delta));
    const dProducts = bent ? mul(dLogits, sub(1, square(bent))) : dLogits;
    return [
      matmul(dProducts, key, { scale }),
      matmul(dProducts, q, { transposeA: true, scale }),
      matmul(probabilities, dOutput, { transposeA: true }),
    ];
  });
  return reshape(attended, [batch, heads, queries, lengthOf(value.shape, 3)]);
}

/** `attention` that is causal. */
export function causalAttention(
  query: Value,
  key: Value,
  value: Value,
  options: Omit<AttentionOptions, 'causal'> = {},
): Value {
  return attention(query, key, value, { ...options, causal: true });
}

/** The scores [B, K, G·T, S] as [B, K, G, T, S], with what is hidden far below zero. */
function masked(logits: Value, lengths: Lengths, { causal = false, window, mask }: AttentionOptions): Value {
  const { batch, heads, keyHeads, queries, keys } = lengths;
  let scores = reshape(logits, [batch, keyHeads, heads / keyHeads, queries, keys]);
  if (causal) scores = add(scores, positionMask(logits.graph, queries, window));
  if (mask === undefined) return scores;
  const hidden = additiveMask(mask);
  return add(scores, reshape(hidden, alignRank(hidden.shape, 4).toSpliced(2, 0, 1)));
}

function checkHeads(query: Value, key: Value, value: Value, options: AttentionOptions): Lengths {
  const [batch = 0, heads = 0, queries = 0, width = 0] = query.shape;
  const [, keyHeads = 0, keys = 0] = key.shape;
  const fits =
    query.shape.length === 4 &&
    sameShape(key.shape, [batch, keyHeads, keys, width]) &&
    value.shape.length === 4 &&
    sameShape(value.shape.slice(0, 3), [batch, keyHeads, keys]) &&
    heads % keyHeads === 0;
  if (!fits) {
    throw new ShapeError(
      'attention: expected query B×H×T×D with key B×K×S×D and value B×K×S×E where K divides H, got ' +
        [query, key, value].map(({ shape }) => formatShape(shape)).join(', '),
    );
  }
  checkPositions(options, queries, keys);
  return { batch, heads, keyHeads, queries, keys, width };
}

function checkPositions({ causal = false, window }: AttentionOptions, queries: number, keys: number): void {
  if (causal && queries !== keys) {
    throw new ShapeError(`attention: causal needs as many keys as queries, got ${keys} and ${queries}; give a mask`);
  }
  if (window !== undefined && (!causal || !Number.isInteger(window) || window < 1)) {
    throw new ShapeError(`attention: a window is a positive whole number and needs causal, got ${window}`);
  }
}
