/**
 * Element types of safetensors files. All known ones can be described and skipped; those that hold weights become
 * float32 in memory, because float32 is what training and serving compute in.
 */
import { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16 } from './half-floats.js';

/** Bytes an element takes, by the names of the reference implementation. */
export const DTYPE_BYTES: Readonly<Record<string, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
};

/** How weights may be written. `I8` stores matrices as int8 rows with scales, and everything else as float32. */
export type WeightDtype = 'F32' | 'BF16' | 'F16' | 'I8';

/** Types whose elements are plain numbers that float32 holds exactly (float64 is rounded to it). */
export const FLOAT_DTYPES: ReadonlySet<string> = new Set(['F32', 'BF16', 'F16', 'F64']);

/** Float32 elements from little-endian bytes; a view of them where type and alignment allow, else a copy. */
export function toFloat32(dtype: string, bytes: Uint8Array): Float32Array {
  if (dtype === 'F32') return new Float32Array(...aligned(bytes, 4));
  if (dtype === 'BF16') return bfloat16ToFloat32(new Uint16Array(...aligned(bytes, 2)));
  if (dtype === 'F16') return float16ToFloat32(new Uint16Array(...aligned(bytes, 2)));
  return Float32Array.from(new Float64Array(...aligned(bytes, 8)));
}

/** Little-endian bytes of float32 elements in another type; a view of them when it is float32. */
export function fromFloat32(dtype: 'F32' | 'BF16' | 'F16', values: Float32Array): Uint8Array {
  if (dtype === 'F32') return bytesOf(values);
  return bytesOf(dtype === 'BF16' ? float32ToBfloat16(values) : float32ToFloat16(values));
}

export function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function aligned(bytes: Uint8Array, elementBytes: number): [ArrayBufferLike, number, number] {
  const { buffer, byteOffset, byteLength } = byteOffsetFits(bytes, elementBytes) ? bytes : bytes.slice();
  return [buffer, byteOffset, byteLength / elementBytes];
}

const byteOffsetFits = ({ byteOffset }: Uint8Array, elementBytes: number): boolean => byteOffset % elementBytes === 0;
