/**
 * Key/value caches between two calls of the runtime, as plain arrays: rows are left out, added and realigned here. Every
 * row's columns lie at the right end, so that all rows grow by the same new column; what is left of them is zero.
 */
import type { DecoderConfig } from '@preheat/contracts';
import type { WireTensor, WireTensors } from './graph-runner.js';
import { float32, float32sOf } from './wire-tensors.js';

export interface CacheArrays {
  readonly rows: number;
  readonly columns: number;
  /** Of every layer its key and its value, `[rows, keyHeads, columns, headDim]`. */
  readonly parts: readonly Float32Array[];
}

/** `columns` neighbouring columns of one row, the last of them `skipped` columns from the right end. */
export interface CachePiece {
  readonly from: CacheArrays;
  readonly row: number;
  readonly columns: number;
  readonly skipped: number;
}

type NameOf = (layer: number, part: 'key' | 'value') => string;

export function cacheNames({ num_hidden_layers: layers }: DecoderConfig, nameOf: NameOf): string[] {
  return Array.from({ length: layers }, (_, layer) => [nameOf(layer, 'key'), nameOf(layer, 'value')]).flat();
}

export function emptyCaches(config: DecoderConfig, rows: number): CacheArrays {
  const parts = Array.from({ length: 2 * config.num_hidden_layers }, () => new Float32Array(0));
  return { rows, columns: 0, parts };
}

export function readCaches(config: DecoderConfig, outputs: WireTensors, nameOf: NameOf): CacheArrays {
  const names = cacheNames(config, nameOf);
  const [rows, , columns] = (outputs[names[0] as string] as WireTensor).dims as [number, number, number];
  return { rows, columns, parts: names.map((name) => float32sOf(outputs, name)) };
}

export function cacheFeeds(config: DecoderConfig, { rows, columns, parts }: CacheArrays, nameOf: NameOf): WireTensors {
  const dims = [rows, config.num_key_value_heads, columns, config.head_dim];
  const names = cacheNames(config, nameOf);
  return Object.fromEntries(names.map((name, index) => [name, float32(parts[index] as Float32Array, dims)]));
}

/** A cache whose rows are these pieces laid end to end, as wide as the widest of them. */
export function gatherRows(config: DecoderConfig, rows: readonly (readonly CachePiece[])[]): CacheArrays {
  const widths = rows.map((pieces) => pieces.reduce((sum, piece) => sum + piece.columns, 0));
  const columns = Math.max(0, ...widths);
  const size = rows.length * config.num_key_value_heads * columns * config.head_dim;
  const parts = Array.from({ length: 2 * config.num_hidden_layers }, () => new Float32Array(size));
  rows.forEach((pieces, row) => {
    let start = columns - (widths[row] as number);
    for (const piece of pieces) {
      copyPiece(config, piece, { rows: rows.length, columns, parts }, row, start);
      start += piece.columns;
    }
  });
  return { rows: rows.length, columns, parts };
}

function copyPiece(config: DecoderConfig, piece: CachePiece, to: CacheArrays, row: number, start: number): void {
  const { num_key_value_heads: heads, head_dim: headDim } = config;
  const { from, columns, skipped } = piece;
  const isWholeRow = columns === from.columns && columns === to.columns;
  const size = heads * columns * headDim;
  to.parts.forEach((target, part) => {
    const source = from.parts[part] as Float32Array;
    if (isWholeRow) {
      target.set(source.subarray(piece.row * size, (piece.row + 1) * size), row * size);
      return;
    }
    for (let head = 0; head < heads; head++) {
      const first = ((piece.row * heads + head) * from.columns + from.columns - skipped - columns) * headDim;
      target.set(
        source.subarray(first, first + columns * headDim),
        ((row * heads + head) * to.columns + start) * headDim,
      );
    }
  });
}

/** Of one row. */
export function columnBytes({
  num_hidden_layers: layers,
  num_key_value_heads: heads,
  head_dim,
}: Pick<DecoderConfig, 'num_hidden_layers' | 'num_key_value_heads' | 'head_dim'>): number {
  return 2 * layers * heads * head_dim * Float32Array.BYTES_PER_ELEMENT;
}

export function cacheBytes({ parts }: CacheArrays): number {
  return parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
}
