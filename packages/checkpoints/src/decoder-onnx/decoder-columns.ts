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
  return perWindow((window) => {
    const shown = window === null ? visible : graph.op('And', [visible, inWindow(graph, window, queries_S, keys_T)]);
    return maskOf(graph, shown);
  });
}

/** Whether a key is among the last `window` columns up to the query's own. */
function inWindow(graph: OnnxGraph, window: number, queries_S: Value, keys_T: Value): Value {
  const last_S = graph.op('Sub', [queries_S, graph.int64(window)]);
  return graph.op('Greater', [keys_T, graph.op('Unsqueeze', [last_S, graph.int64([1])])]);
}

/** Size of one axis, as an int64 scalar. */
export function size(graph: OnnxGraph, value: Value, axis: number): Value {
  return graph.op('Gather', [graph.op('Shape', [value]), graph.int64(axis)]);
}

/** Columns with padding at the left of every row, as a decoding step sees them. */
export interface PaddedColumns {
  /** Whether a column is real, and its position: bool and int64 `[rows, 1, 1, columns]`. Made where a window asks. */
  readonly places: () => { readonly real_B11T: Value; readonly positions_B11T: Value };
  /** The mask where there is no window; a scalar zero where no column is padding, which is cheaper to add. */
  readonly mask: Value;
}

/**
 * @param columns int64 scalar, how many there are.
 * @param pads_B int64, padding columns at the left of each row.
 * @param starts_B int64, position of the first column after the padding.
 */
export function paddedColumns(graph: OnnxGraph, columns: Value, pads_B: Value, starts_B: Value): PaddedColumns {
  const axes = graph.int64([1, 2, 3]);
  const real = (at: OnnxGraph): { sincePad: Value; real_B11T: Value } => {
    const keys_T = at.op('Range', [at.int64(0), columns, at.int64(1)]);
    const sincePad = at.op('Sub', [keys_T, at.op('Unsqueeze', [pads_B, axes])]);
    return { sincePad, real_B11T: at.op('GreaterOrEqual', [sincePad, at.int64(0)]) };
  };
  const places = once(() => {
    const { sincePad, real_B11T } = real(graph);
    return { real_B11T, positions_B11T: graph.op('Add', [sincePad, graph.op('Unsqueeze', [starts_B, axes])]) };
  });
  const isPadded = graph.op('Greater', [graph.op('ReduceMax', [pads_B], { keepdims: 0 }), graph.int64(0)]);
  const [padded, whole] = [graph.subgraph('padded'), graph.subgraph('whole')];
  padded.output('mask', maskOf(padded, real(padded).real_B11T), 'float32');
  whole.output('mask', whole.op('Identity', [whole.float32([0])]), 'float32');
  const mask = graph.op('If', [isPadded], { then_branch: { graph: padded }, else_branch: { graph: whole } });
  return { places, mask };
}

/**
 * The mask of padded columns for a token at `positions_B1`. Without a window it has the rows of the columns; with one the
 * rows of the batch, of which row `copy * prompts + p` reads columns p where rows share them.
 */
export function paddedMask(
  graph: OnnxGraph,
  { places, mask }: PaddedColumns,
  positions_B1: Value,
  isShared: boolean,
): (window: number | null) => Value {
  const concat = (...parts: Value[]): Value => graph.op('Concat', parts, { axis: 0 });
  return perWindow((window) => {
    if (window === null) return mask;
    const { real_B11T, positions_B11T } = places();
    const sizeOf = (axis: number): Value => graph.op('Shape', [positions_B11T], { start: axis, end: axis + 1 });
    const last_B1 = graph.op('Sub', [positions_B1, graph.int64(window)]);
    const byCopy = isShared ? concat(graph.int64([-1]), sizeOf(0), graph.int64([1, 1, 1])) : graph.int64([-1, 1, 1, 1]);
    const isNear = graph.op('Greater', [positions_B11T, graph.op('Reshape', [last_B1, byCopy])]);
    const seen = maskOf(graph, graph.op('And', [real_B11T, isNear]));
    return isShared ? graph.op('Reshape', [seen, concat(graph.int64([-1, 1, 1]), sizeOf(3))]) : seen;
  });
}

/** The mask of the columns of a chunk, the last of which is the token's own. @param columns int64 scalar. */
export function grownMask(graph: OnnxGraph, columns: Value): (window: number | null) => Value | null {
  return perWindow((window) => {
    if (window === null) return null;
    const keys = graph.op('Range', [graph.int64(0), columns, graph.int64(1)]);
    return maskOf(graph, graph.op('GreaterOrEqual', [keys, graph.op('Sub', [columns, graph.int64(window)])]));
  });
}

function maskOf(graph: OnnxGraph, visible: Value): Value {
  return graph.op('Where', [visible, graph.float32(0), graph.float32(MASKED_SCORE)]);
}

/** Layers that ask for the same window share the nodes. */
function perWindow<T>(make: (window: number | null) => T): (window: number | null) => T {
  const made = new Map<number | null, T>();
  return (window) => {
    if (!made.has(window)) made.set(window, make(window));
    return made.get(window) as T;
  };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
