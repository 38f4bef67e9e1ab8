/**
 * Attention of new tokens over a key/value cache: scores, softmax and the weighted sum of values. It owns the layout of
 * the cache; whatever happens to queries, keys and values before (norms, biases, rotation) belongs to the caller.
 */
import { MICROSOFT_DOMAIN, type OnnxGraph, type Value } from '@preheat/graph/onnx';
import type { Columns } from './decoder-columns.js';
import { softcap } from './decoder-linear.js';

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

/** Of the new tokens: query `[batch, tokens, heads * headDim]`, key and value `[batch, tokens, keyHeads * headDim]`. */
export interface Projected {
  readonly query: Value;
  readonly key: Value;
  readonly value: Value;
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
  const scores = graph.op('FusedMatMul', [grouped, key], product, { domain: MICROSOFT_DOMAIN });
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

/** `[batch, tokens, heads * headDim]` to `[batch, heads, tokens, headDim]`. */
function headsFirst(graph: OnnxGraph, value: Value, heads: number, headDim: number): Value {
  const split = graph.op('Reshape', [value, graph.int64([0, 0, heads, headDim])]);
  return graph.op('Transpose', [split], { perm: [0, 2, 1, 3] });
}
