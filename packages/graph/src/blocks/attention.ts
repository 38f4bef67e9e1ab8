// Scaled-dot-product attention with grouped queries. Query heads that share a key head are laid end to end, so every
// product is one larger GEMM a key head and the gradients of keys and values sum over the group by themselves.

import { type CausalBlock, causalBlocks } from '@preheat/contracts';
import { add, div, mul, square, sub, tanh } from '../ops/arithmetic.js';
import { customGradient } from '../ops/differentiation.js';
import { matmul } from '../ops/matmul.js';
import { concat, reshape, slice } from '../ops/movement.js';
import { softmax, sum } from '../ops/reduction.js';
import { alignRank, formatShape, lengthOf, sameShape, ShapeError } from '../shape.js';
import type { Value } from '../value.js';
import { additiveMask, positionMask } from './attention-mask.js';

export interface AttentionOptions {
  /** Multiplies the scores. Default 1/√D; 1 for queries and keys that arrive scaled. */
  readonly scale?: number;
  /** Whether position t attends only to positions ≤ t, where queries are the last T of S positions. Default false; needs S ≥ T. */
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
 */
export function attention(query: Value, key: Value, value: Value, options: AttentionOptions = {}): Value {
  const { queries, keys } = checkHeads(query, key, value, options);
  if (!options.causal) return scoredBlock(query, key, value, options, null);
  const first = keys - queries;
  const parts = causalBlocks(keys, options.window, first).map((block) => {
    const mask = options.mask && maskOfBlock(options.mask, block, queries, keys);
    const own = { ...options, ...(mask && { mask }) };
    const ofKeys = (x: Value) => slice(x, 2, ...block.keys);
    return scoredBlock(slice(query, 2, ...rowsOf(block, first)), ofKeys(key), ofKeys(value), own, block);
  });
  return concat(parts, 2);
}

/** Where the queries of a block are among those given, whose first is at position `first`. */
const rowsOf = ({ queries: [from, to] }: CausalBlock, first: number) => [from - first, to - first] as const;

/** The part of a given mask, which may broadcast over queries or keys, for a block. */
function maskOfBlock(mask: Value, block: CausalBlock, queries: number, keys: number): Value {
  const ranked = reshape(mask, alignRank(mask.shape, 4));
  const isOfQueries = lengthOf(ranked.shape, 2) === queries;
  const ofQueries = isOfQueries ? slice(ranked, 2, ...rowsOf(block, keys - queries)) : ranked;
  return lengthOf(ranked.shape, 3) === keys ? slice(ofQueries, 3, ...block.keys) : ofQueries;
}

/**
 * Attention of queries over keys that are all scored; where they are at positions (`block`), no query sees a later one.
 *
 * The gradient uses δ = Σ dO·O in place of Σ dP·P (Dao et al. 2022, FlashAttention, appendix B.2): it reads a row of E
 * rather than one of S.
 */
function scoredBlock(
  query: Value,
  key: Value,
  value: Value,
  options: AttentionOptions,
  block: CausalBlock | null,
): Value {
  const lengths = lengthsOf(query, key);
  const { batch, heads, keyHeads, queries, keys, width } = lengths;
  const { scale = 1 / Math.sqrt(width), softcap } = options;
  const flat = [batch, keyHeads, (heads / keyHeads) * queries] as const;
  const q = reshape(query, [...flat, width]);
  const products = matmul(q, key, { transposeB: true, scale });
  const bent = softcap === undefined ? undefined : tanh(div(products, softcap));
  const logits = bent && softcap !== undefined ? mul(bent, softcap) : products;
  const probabilities = reshape(softmax(masked(logits, lengths, options, block)), [...flat, keys]);
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
function masked(
  logits: Value,
  { batch, heads, keyHeads, queries, keys }: Lengths,
  { window = Number.POSITIVE_INFINITY, mask }: AttentionOptions,
  block: CausalBlock | null,
): Value {
  const scores = reshape(logits, [batch, keyHeads, heads / keyHeads, queries, keys]);
  const byPosition = block && positionMask(logits.graph, block, window);
  const given = mask && additiveMask(mask);
  const byMask = given && reshape(given, alignRank(given.shape, 4).toSpliced(2, 0, 1));
  // Masks are added to each other first: they have no heads.
  const hidden = byPosition && byMask ? add(byMask, byPosition) : (byPosition ?? byMask);
  return hidden ? add(scores, hidden) : scores;
}

function lengthsOf(query: Value, key: Value): Lengths {
  const [batch = 0, heads = 0, queries = 0, width = 0] = query.shape;
  const [, keyHeads = 0, keys = 0] = key.shape;
  return { batch, heads, keyHeads, queries, keys, width };
}

function checkHeads(query: Value, key: Value, value: Value, options: AttentionOptions): Lengths {
  const lengths = lengthsOf(query, key);
  const { batch, heads, keyHeads, queries, keys, width } = lengths;
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
  return lengths;
}

function checkPositions({ causal = false, window }: AttentionOptions, queries: number, keys: number): void {
  if (causal && queries > keys) {
    throw new ShapeError(`attention: causal needs a key for every query, got ${keys} keys and ${queries} queries`);
  }
  if (window !== undefined && (!causal || !Number.isInteger(window) || window < 1)) {
    throw new ShapeError(`attention: a window is a positive whole number and needs causal, got ${window}`);
  }
}
