/**
 * The columns that a decoding step attends to, as parts: prompts that rows share, the columns there were before the chunk,
 * and the growing part, which is the chunk or, in one piece with it, all there were before.
 */
import type { DecoderConfig } from '@preheat/contracts';
import type { OnnxGraph, Value } from '@preheat/graph/onnx';
import { type LayerCache, promptSharing, type StepParts } from './decoder-attention.js';
import { cacheInputs, promptName } from './decoder-cache.js';
import { grownMask, type PaddedColumns, paddedColumns, paddedMask, size } from './decoder-columns.js';

export interface FixedColumns {
  readonly caches: readonly LayerCache[];
  readonly isShared: boolean;
  readonly columns: PaddedColumns;
}

/** Of the columns of a row itself: padding at their left, and the position of the first after it; int64 `[batch]`. */
export interface RowColumns {
  readonly pads_B: Value;
  readonly starts_B: Value;
}

/** Prompts start at position 0. */
export function promptPart(graph: OnnxGraph, config: DecoderConfig): FixedColumns {
  const caches = cacheInputs(graph, config, 'prompt_columns', promptName, 'prompts');
  const pads_P = graph.input('prompt_pads', 'int64', ['prompts']);
  const zeros_P = graph.op('Mul', [pads_P, graph.int64(0)]);
  return { caches, isShared: true, columns: paddedColumns(graph, columnCount(graph, caches), pads_P, zeros_P) };
}

/** All columns of every row, in caches of its own. */
export function ownPart(
  graph: OnnxGraph,
  { pads_B, starts_B }: RowColumns,
  caches: readonly LayerCache[],
): FixedColumns {
  return { caches, isShared: false, columns: paddedColumns(graph, columnCount(graph, caches), pads_B, starts_B) };
}

/** @param growing the part that this step's column is appended to. */
export function stepParts(
  graph: OnnxGraph,
  config: DecoderConfig,
  { pads_B, starts_B }: RowColumns,
  parts: readonly FixedColumns[],
  growing: readonly LayerCache[],
  positions_B1: Value,
): StepParts {
  const { num_attention_heads: heads, num_key_value_heads: keyHeads, head_dim: headDim } = config;
  const grown = graph.op('Add', [columnCount(graph, growing), graph.int64(1)]);
  const widths = parts.map(({ caches }) => graph.op('Shape', [(caches[0] as LayerCache).key], { start: 2, end: 3 }));
  // All columns of a row in one piece include its padding; those of a chunk have none.
  const isWhole = parts.length === 0;
  const whole = (): PaddedColumns => paddedColumns(graph, grown, pads_B, starts_B);
  return {
    fixed: parts.map(({ caches, isShared, columns }) => ({
      caches,
      sharing: isShared ? promptSharing(graph, (caches[0] as LayerCache).key, { heads, keyHeads, headDim }) : null,
      mask_B11T: paddedMask(graph, columns, positions_B1, isShared),
    })),
    grownMask: isWhole ? paddedMask(graph, whole(), positions_B1, false) : grownMask(graph, grown),
    widths: graph.op('Concat', [...widths, graph.op('Unsqueeze', [grown, graph.int64([0])])], { axis: 0 }),
  };
}

function columnCount(graph: OnnxGraph, caches: readonly LayerCache[]): Value {
  return size(graph, (caches[0] as LayerCache).key, 2);
}
