/**
 * Weight matrices as int8 with one float32 scale a row (symmetric, absolute maximum at ±127): a quarter of float32 for
 * frozen weights. A row's largest error is half its scale. Rows are output channels, whose ranges differ most.
 */
import type { Tensor } from '../tensor.js';
import { fail, quote } from './safetensors-error.js';

const LARGEST = 127;

export interface Int8Rows {
  /** int8 [rows, columns]. */
  readonly values: Int8Array;
  /** float32 [rows]; a row of zeros has scale 0. */
  readonly scales: Float32Array;
}

/** @throws SafetensorsError when an element is not finite: no scale can hold it. */
export function quantizeRows(name: string, { shape, data }: Tensor): Int8Rows {
  const [rows = 0, columns = 0] = shape;
  const scales = new Float32Array(rows);
  const values = new Int8Array(data.length);
  for (let row = 0; row < rows; row++) {
    const elements = data.subarray(row * columns, (row + 1) * columns);
    let largest = 0;
    for (const element of elements) largest = Math.max(largest, Math.abs(element));
    if (!Number.isFinite(largest)) fail(`tensor ${quote(name)} row ${row} is not finite and cannot be stored as int8`);
    const scale = Math.fround(largest / LARGEST);
    scales[row] = scale;
    if (scale === 0) continue;
    elements.forEach((element, column) => {
      values[row * columns + column] = clamp(roundHalfEven(element / scale));
    });
  }
  return { values, scales };
}

/** float32 [rows, columns]: value times the scale of its row. */
export function dequantizeRows({ values, scales }: Int8Rows): Float32Array {
  const data = new Float32Array(values.length);
  const columns = values.length / scales.length;
  for (let i = 0; i < values.length; i++) {
    data[i] = (values[i] as number) * (scales[Math.floor(i / columns)] as number);
  }
  return data;
}

const clamp = (value: number): number => Math.max(-LARGEST, Math.min(LARGEST, value));

function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
