/**
 * What a forward pass needs to know about the columns of its rows: the position of every new token and which cached
 * columns it may see. Two ways to say it: a number of padding columns at the left of each row, or a full mask.
 */
import { ELEMENT_TYPE_CODES, type OnnxGraph, type Value } from '@preheat/graph/onnx';

/** Added to the score of a masked key: its softmax weight underflows to exactly zero, and no row becomes NaN. */
const MASKED_SCORE = -1e9;

export interface Columns {
  /** int64 `[batch, tokens]`. */
  readonly positions_BS: Value;
  /**
   * float32 `[batch, 1, tokens, columns]`, added to attention scores. With a window, a token sees only that many columns,
   * its own included. Layers that ask for the same window share the nodes.
   */
  readonly mask_B1ST: (window: number | null) => Value;
}

/**
 * Columns of rows padded on the left: column c of row b is position c - padLength, and a token sees every column from
 * the end of the padding to itself.
 * @param padLengths_B int64 `[batch]`.
 * @param cachedKey a cached key `[batch, heads, columns, headDim]`, read for the number of cached columns.
 */
export function leftPaddedColumns(
  graph: OnnxGraph,
  tokenIds_BS: Value,
  padLengths_B: Value,
  cachedKey: Value,
): Columns {
  const tokens = size(graph, tokenIds_BS, 1);
  const total = graph.op('Add', [size(graph, cachedKey, 2), tokens]);
  const { queries_S, causal_ST, keys_T } = causality(graph, tokens, total);
  const pads_B1 = graph.op('Unsqueeze', [padLengths_B, graph.int64([1])]);
  const positions_BS = graph.op('Max', [graph.op('Sub', [queries_S, pads_B1]), graph.int64(0)]);
  const pads_B111 = graph.op('Unsqueeze', [padLengths_B, graph.int64([1, 2, 3])]);
  const visible = graph.op('And', [graph.op('GreaterOrEqual', [keys_T, pads_B111]), causal_ST]);
  return { positions_BS, mask_B1ST: masks(graph, visible, queries_S, keys_T) };
}

/**
 * Columns described from outside, as Hugging Face's exports do.
 * @param attentionMask_BT int64 `[batch, columns]`, 0 where a column is padding.
 * @param positions_BS int64 `[batch, tokens]`.
 */
export function maskedColumns(
  graph: OnnxGraph,
  tokenIds_BS: Value,
  attentionMask_BT: Value,
  positions_BS: Value,
): Columns {
  const { queries_S, keys_T, causal_ST } = causality(
    graph,
    size(graph, tokenIds_BS, 1),
    size(graph, attentionMask_BT, 1),
  );
  const real_BT = graph.op('Cast', [attentionMask_BT], { to: ELEMENT_TYPE_CODES.bool });
  const visible = graph.op('And', [graph.op('Unsqueeze', [real_BT, graph.int64([1, 2])]), causal_ST]);
  return { positions_BS, mask_B1ST: masks(graph, visible, queries_S, keys_T) };
}

/** The new tokens are the last columns; each sees the columns up to its own. */
function causality(graph: OnnxGraph, tokens: Value, total: Value): Record<'queries_S' | 'keys_T' | 'causal_ST', Value> {
  const one = graph.int64(1);
  const queries_S = graph.op('Range', [graph.op('Sub', [total, tokens]), total, one]);
  const keys_T = graph.op('Range', [graph.int64(0), total, one]);
  const causal_ST = graph.op('LessOrEqual', [keys_T, graph.op('Unsqueeze', [queries_S, graph.int64([1])])]);
  return { queries_S, keys_T, causal_ST };
}

function masks(graph: OnnxGraph, visible: Value, queries_S: Value, keys_T: Value): Columns['mask_B1ST'] {
  const made = new Map<number | null, Value>();
  return (window) => {
    const known = made.get(window);
    if (known !== undefined) return known;
    const shown = window === null ? visible : graph.op('And', [visible, inWindow(graph, window, queries_S, keys_T)]);
    const mask = graph.op('Where', [shown, graph.float32(0), graph.float32(MASKED_SCORE)]);
    made.set(window, mask);
    return mask;
  };
}

/** Whether a key is among the last `window` columns up to the query's own. */
function inWindow(graph: OnnxGraph, window: number, queries_S: Value, keys_T: Value): Value {
  const last_S = graph.op('Sub', [queries_S, graph.int64(window)]);
  return graph.op('Greater', [keys_T, graph.op('Unsqueeze', [last_S, graph.int64([1])])]);
}

/** Size of one axis, as an int64 scalar. */
function size(graph: OnnxGraph, value: Value, axis: number): Value {
  return graph.op('Gather', [graph.op('Shape', [value]), graph.int64(axis)]);
}
