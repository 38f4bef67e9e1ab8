/**
 * Writes safetensors files, whole or piece by piece. Elements are little-endian; the header is padded so that they are
 * aligned and float32 can be read without copying.
 */
import type { Tensor, TensorMap } from '../tensor.js';
import { bytesOf, DTYPE_BYTES, fromFloat32, type WeightDtype } from './dtypes.js';
import { elementCount, isSizes, LENGTH_BYTES, MAX_RANK, METADATA_KEY } from './header.js';
import { quantizeRows } from './int8-rows.js';
import { scaleName } from './read-tensors.js';
import { fail, quote } from './safetensors-error.js';

const ALIGNMENT_BYTES = 8;
/** transformers refuses files that do not say which framework wrote them. */
const DEFAULT_METADATA = { format: 'pt' };

export interface WriteOptions {
  /** Default F32. */
  readonly dtype?: WeightDtype;
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * The bytes of a safetensors file, tensors in the order of the map.
 * @throws SafetensorsError for a tensor whose element count does not fit its shape, or that the type cannot hold.
 */
export function encodeSafetensors(tensors: TensorMap, options: WriteOptions = {}): Uint8Array {
  const { head, dataBytes } = layOut(tensors, options);
  const file = new Uint8Array(head.byteLength + dataBytes);
  file.set(head);
  let offset = head.byteLength;
  for (const piece of dataPieces(tensors, options)) {
    file.set(piece, offset);
    offset += piece.byteLength;
  }
  return file;
}

/** The same bytes in pieces, converted one tensor at a time. */
export function* safetensorsPieces(tensors: TensorMap, options: WriteOptions = {}): Generator<Uint8Array> {
  yield layOut(tensors, options).head;
  yield* dataPieces(tensors, options);
}

/** Bytes a tensor takes as `dtype`, scales included. */
export function storedBytes({ shape }: Pick<Tensor, 'shape'>, dtype: WeightDtype): number {
  return storedParts('', shape, dtype).reduce((sum, part) => sum + partBytes(part), 0);
}

interface StoredPart {
  readonly name: string;
  readonly dtype: WeightDtype;
  readonly shape: readonly number[];
}

const partBytes = ({ dtype, shape }: StoredPart): number => elementCount(shape) * (DTYPE_BYTES[dtype] as number);

/** What a tensor becomes in the file; int8 is for matrices, whose scales come first. */
function storedParts(name: string, shape: readonly number[], dtype: WeightDtype): StoredPart[] {
  if (dtype !== 'I8') return [{ name, dtype, shape }];
  if (shape.length !== 2) return [{ name, dtype: 'F32', shape }];
  return [
    { name: scaleName(name), dtype: 'F32', shape: [shape[0] as number, 1] },
    { name, dtype, shape },
  ];
}

function layOut(
  tensors: TensorMap,
  { dtype = 'F32', metadata = DEFAULT_METADATA }: WriteOptions,
): { head: Uint8Array; dataBytes: number } {
  // Pairs, not an object literal: a tensor may be called "__proto__" or "1", and order must be kept.
  const entries: string[] = [`${JSON.stringify(METADATA_KEY)}:${JSON.stringify(metadata)}`];
  let end = 0;
  for (const [name, tensor] of tensors) {
    assertWritable(name, tensor);
    for (const part of storedParts(name, tensor.shape, dtype)) {
      const start = end;
      end += partBytes(part);
      const entry = { dtype: part.dtype, shape: part.shape, data_offsets: [start, end] };
      entries.push(`${JSON.stringify(part.name)}:${JSON.stringify(entry)}`);
    }
  }
  const json = new TextEncoder().encode(`{${entries.join(',')}}`);
  const headerBytes = Math.ceil(json.length / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
  const head = new Uint8Array(LENGTH_BYTES + headerBytes).fill(0x20, LENGTH_BYTES + json.length);
  new DataView(head.buffer).setBigUint64(0, BigInt(headerBytes), true);
  head.set(json, LENGTH_BYTES);
  return { head, dataBytes: end };
}

function* dataPieces(tensors: TensorMap, { dtype = 'F32' }: WriteOptions): Generator<Uint8Array> {
  for (const [name, tensor] of tensors) {
    if (dtype === 'I8' && tensor.shape.length === 2) {
      const { values, scales } = quantizeRows(name, tensor);
      yield bytesOf(scales);
      yield bytesOf(values);
    } else {
      const bytes = fromFloat32(dtype === 'I8' ? 'F32' : dtype, tensor.data);
      if (dtype === 'F16') assertFits(name, tensor, bytes);
      yield bytes;
    }
  }
}

/** float16 ends at 65,504; a finite weight that became infinite would break the model without a word. */
function assertFits(name: string, { data }: Tensor, bytes: Uint8Array): void {
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, data.length);
  const at = halves.findIndex((half, index) => (half & 0x7fff) === 0x7c00 && Number.isFinite(data[index]));
  if (at >= 0)
    fail(`tensor ${quote(name)} holds ${data[at]}, beyond float16 (65,504); write it as bfloat16 or float32`);
}

function assertWritable(name: string, { shape, data }: Tensor): void {
  if (name === METADATA_KEY) fail(`a tensor cannot be called ${METADATA_KEY}`);
  if (!isSizes(shape) || shape.length > MAX_RANK) fail(`tensor ${quote(name)} has shape [${shape}]`);
  if (elementCount(shape) !== data.length) {
    fail(`tensor ${quote(name)} of shape [${shape}] needs ${elementCount(shape)} elements, got ${data.length}`);
  }
}
