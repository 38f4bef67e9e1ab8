/**
 * Attention of new tokens over a key/value cache: scores, softmax and the weighted sum of values. It owns the layout of
 * the cache; whatever happens to queries, keys and values before (norms, biases, rotation) belongs to the caller.
 *
 * Two forms of one arithmetic. `attend` takes many new tokens and a cache that ends before them. `attendStep` takes one
 * new token a row and a cache in parts of which only the last grows: a step then copies the columns of that part, not the
 * whole cache, and pays for it with two more products a part and layer.
 */
import { MICROSOFT_DOMAIN, type OnnxGraph, type Value } from '@preheat/graph/onnx';
import type { Columns } from './decoder-columns.js';
import { softcap } from './decoder-linear.js';

const MICROSOFT = { domain: MICROSOFT_DOMAIN };

/** Keys and values of one layer, each `[batch, keyValueHeads, columns, headDim]`. */
export interface LayerCache {
  readonly key: Value;
  readonly value: Value;
}

export interface AttentionShape {
  readonly heads: number;
  /** Divides `heads`. */
  readonly keyHeads: number;
  readonly headDim: number;
  /** Factor of the scores before the softmax. */
  readonly scale: number;
  /** Scores are bounded to ±softcap before the mask; null for none. */
  readonly softcap: number | null;
  /** Columns a token sees, its own included; null for all up to its own. */
  readonly window: number | null;
}

/**
 * Of the new tokens: query `[batch, tokens, heads * headDim]`, key and value `[batch, tokens, keyHeads * headDim]`. Of one
 * token a row, in a step: `[batch, heads or keyHeads, 1, headDim]`.
 */
export interface Projected {
  readonly query: Value;
  readonly key: Value;
  readonly value: Value;
}

/** Columns that stay as they are while tokens are decoded. */
export interface FixedPart {
  readonly caches: readonly LayerCache[];
  /** float32, added to the scores: `[rows of the caches, 1, 1, columns]`, with a window `[batch, 1, 1, columns]`. */
  readonly mask_B11T: (window: number | null) => Value;
  /** Absent where every row of the batch has its own row of the caches. */
  readonly sharing: PromptSharing | null;
}

/**
 * Shapes for a part whose caches have one row a prompt: row `copy * prompts + p` of the batch reads the columns of
 * prompt p. The copies of a prompt become rows of one matrix, so that a product reads the columns once for all of them.
 */
export interface PromptSharing {
  /** `[copies, prompts, keyHeads, group, columns]`. */
  readonly byCopy: Value;
  /** `[prompts, keyHeads, copies, group, columns]`, and the same with copies and group as one axis. */
  readonly byPrompt: Value;
  readonly byMatrix: Value;
  /** `[batch, keyHeads, group, columns]`. */
  readonly byRow: Value;
  /** `[copies, prompts, keyHeads, group, headDim]`. */
  readonly queries: Value;
}

/** @param key a key of the part, `[prompts, keyHeads, columns, headDim]`. */
export function promptSharing(
  graph: OnnxGraph,
  key: Value,
  { heads, keyHeads, headDim }: Pick<AttentionShape, 'heads' | 'keyHeads' | 'headDim'>,
): PromptSharing {
  const group = heads / keyHeads;
  const prompts = graph.op('Shape', [key], { start: 0, end: 1 });
  const columns = graph.op('Shape', [key], { start: 2, end: 3 });
  const shape = (...sizes: (Value | number[])[]): Value => {
    const vectors = sizes.map((size) => (typeof size === 'string' ? size : graph.int64(size)));
    return graph.op('Concat', vectors, { axis: 0 });
  };
  return {
    byCopy: shape([-1], prompts, [keyHeads, group], columns),
    byPrompt: shape(prompts, [keyHeads, -1, group], columns),
    byMatrix: shape(prompts, [keyHeads, -1], columns),
    byRow: shape([-1, keyHeads, group], columns),
    queries: shape([-1], prompts, [keyHeads, group, headDim]),
  };
}

/** The parts of a cache in a decoding step: fixed ones, and the one that grows by the step's column. */
export interface StepParts {
  readonly fixed: readonly FixedPart[];
  /** float32, added to the scores of the growing part, `[batch, 1, 1, columns]` or smaller; null where all are seen. */
  readonly grownMask: (window: number | null) => Value | null;
  /** int64 `[parts]`: columns of every part, the growing one last and with its new column. */
  readonly widths: Value;
}

/**
 * Grouped-query attention (Ainslie et al. 2023). The query heads of one key/value head are stacked as rows of one
 * matrix, so that a group costs one product instead of one per head.
 * @returns `mixed` `[batch * tokens, heads * headDim]`, and the cache with the new columns at its end.
 */
export function attend(
  graph: OnnxGraph,
  { heads, keyHeads, headDim, scale, softcap: cap, window }: AttentionShape,
  columns: Columns,
  fresh: Projected,
  past: LayerCache,
): { mixed: Value; present: LayerCache } {
  const isGrouped = keyHeads < heads;
  const query = headsFirst(graph, fresh.query, heads, headDim);
  const key = graph.op('Concat', [past.key, headsFirst(graph, fresh.key, keyHeads, headDim)], { axis: 2 });
  const value = graph.op('Concat', [past.value, headsFirst(graph, fresh.value, keyHeads, headDim)], { axis: 2 });

  const grouped = isGrouped ? graph.op('Reshape', [query, graph.int64([0, keyHeads, -1, headDim])]) : query;
  const product = { transB: 1, alpha: { float: scale } };
  const scores = graph.op('FusedMatMul', [grouped, key], product, MICROSOFT);
  const capped = softcap(graph, scores, cap);
  const byHead = isGrouped ? graph.op('Reshape', [capped, graph.int64([0, heads, -1, 0])]) : capped;
  const mask_B1ST = columns.mask_B1ST(window);
  const weightsByHead = graph.op('Softmax', [graph.op('Add', [byHead, mask_B1ST])], { axis: -1 });
  const byGroup = isGrouped ? graph.op('Reshape', [weightsByHead, graph.int64([0, keyHeads, -1, 0])]) : weightsByHead;
  const mixed = graph.op('MatMul', [byGroup, value]);
  const unGrouped = isGrouped ? graph.op('Reshape', [mixed, graph.int64([0, heads, -1, headDim])]) : mixed;
  const tokensFirst = graph.op('Transpose', [unGrouped], { perm: [0, 2, 1, 3] });
  return {
    mixed: graph.op('Reshape', [tokensFirst, graph.int64([-1, heads * headDim])]),
    present: { key, value },
  };
}

/**
 * The same for one new token a row. The query is scaled instead of the scores: ONNX Runtime multiplies one row by a
 * matrix twice as fast when the product has no factor (measured at 24 to 64 dimensions).
 */
export function attendStep(
  graph: OnnxGraph,
  { heads, keyHeads, headDim, scale, softcap: cap, window }: AttentionShape,
  parts: StepParts,
  layer: number,
  fresh: Projected,
  past: LayerCache,
): { mixed: Value; present: LayerCache } {
  const byKeyHead = graph.int64([0, keyHeads, -1, headDim]);
  const query = keyHeads < heads ? graph.op('Reshape', [fresh.query, byKeyHead]) : fresh.query;
  const scaled = graph.op('Mul', [query, graph.float32(scale)]);
  const key = graph.op('Concat', [past.key, fresh.key], { axis: 2 });
  const value = graph.op('Concat', [past.value, fresh.value], { axis: 2 });

  const finish = (scores: Value, mask: Value | null): Value => {
    const capped = softcap(graph, scores, cap);
    return mask === null ? capped : graph.op('Add', [capped, mask]);
  };
  const scores = parts.fixed.map((part) => {
    const raw = part.sharing
      ? gatherCopies(graph, scaled, part.sharing.queries, graph.int64([0, keyHeads, -1, headDim]))
      : scaled;
    const product = graph.op('FusedMatMul', [raw, (part.caches[layer] as LayerCache).key], { transB: 1 }, MICROSOFT);
    const mask = part.mask_B11T(window);
    if (!part.sharing) return finish(product, mask);
    const { byPrompt, byRow } = part.sharing;
    if (window === null) return spreadCopies(graph, finish(product, mask), byPrompt, byRow);
    return graph.op('Add', [spreadCopies(graph, finish(product, null), byPrompt, byRow), mask]);
  });
  scores.push(finish(graph.op('FusedMatMul', [scaled, key], { transB: 1 }, MICROSOFT), parts.grownMask(window)));
  const isWhole = scores.length === 1;
  const joined = isWhole ? (scores[0] as Value) : graph.op('Concat', scores, { axis: -1 });
  const weights = graph.op('Softmax', [joined], { axis: -1 });
  const shares = isWhole ? [weights] : graph.ops('Split', [weights, parts.widths], scores.length, { axis: -1 });
  const group = heads / keyHeads;
  const sums = parts.fixed.map(({ caches, sharing }, index) => {
    const share = shares[index] as Value;
    const stored = (caches[layer] as LayerCache).value;
    if (!sharing) return graph.op('MatMul', [share, stored]);
    const matrix = gatherCopies(graph, share, sharing.byCopy, sharing.byMatrix);
    const apart = graph.int64([0, keyHeads, -1, group, headDim]);
    return spreadCopies(
      graph,
      graph.op('MatMul', [matrix, stored]),
      apart,
      graph.int64([-1, keyHeads, group, headDim]),
    );
  });
  const grown = graph.op('MatMul', [shares[scores.length - 1] as Value, value]);
  const mixed = sums.reduce((sum, each) => graph.op('Add', [sum, each]), grown);
  return { mixed: graph.op('Reshape', [mixed, graph.int64([-1, heads * headDim])]), present: { key, value } };
}

/** Rows of the batch to matrices of prompts: `[batch, keyHeads, group, n]` to `[prompts, keyHeads, copies * group, n]`. */
function gatherCopies(graph: OnnxGraph, value: Value, byCopy: Value, merged: Value): Value {
  const byPrompt = graph.op('Transpose', [graph.op('Reshape', [value, byCopy])], { perm: [1, 2, 0, 3, 4] });
  return graph.op('Reshape', [byPrompt, merged]);
}

/** The way back. */
function spreadCopies(graph: OnnxGraph, value: Value, byPrompt: Value, byRow: Value): Value {
  const byCopy = graph.op('Transpose', [graph.op('Reshape', [value, byPrompt])], { perm: [2, 0, 1, 3, 4] });
  return graph.op('Reshape', [byCopy, byRow]);
}

/** `[batch, tokens, heads * headDim]` to `[batch, heads, tokens, headDim]`. */
function headsFirst(graph: OnnxGraph, value: Value, heads: number, headDim: number): Value {
  const split = graph.op('Reshape', [value, graph.int64([0, 0, heads, headDim])]);
  return graph.op('Transpose', [split], { perm: [0, 2, 1, 3] });
}
