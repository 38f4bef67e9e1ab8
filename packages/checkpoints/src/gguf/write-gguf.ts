/** Writes GGUF version 3: header, metadata and tensor table first, then the data, one tensor at a time. */
import { bytesOf, fromFloat32 } from '../safetensors/dtypes.js';
import type { Tensor, TensorMap } from '../tensor.js';
import {
  ALIGNMENT_BYTES,
  GGML_TYPE,
  type GgmlType,
  type GgufMetadata,
  type GgufValue,
  MAGIC,
  VALUE_TYPE,
  VERSION,
} from './gguf-format.js';

/** Matrices take the type asked for; vectors stay float32, as every tool that writes GGUF does. */
export const ggufDtype = ({ shape }: Pick<Tensor, 'shape'>, dtype: GgmlType): GgmlType =>
  shape.length < 2 ? 'F32' : dtype;

/** The bytes of a file, in pieces. Dimensions are stored innermost first. */
export function* ggufPieces(metadata: GgufMetadata, tensors: TensorMap, dtype: GgmlType): Generator<Uint8Array> {
  const head = new ByteWriter();
  head.uint32(MAGIC);
  head.uint32(VERSION);
  head.uint64(tensors.size);
  head.uint64(metadata.size);
  for (const [key, value] of metadata) {
    head.string(key);
    writeValue(head, value);
  }
  let offset = 0;
  for (const [name, tensor] of tensors) {
    head.string(name);
    head.uint32(tensor.shape.length);
    for (const size of [...tensor.shape].reverse()) head.uint64(size);
    const type = ggufDtype(tensor, dtype);
    head.uint32(GGML_TYPE[type]);
    head.uint64(offset);
    offset += padded(tensor.data.length * (type === 'F32' ? 4 : 2));
  }
  head.pad(ALIGNMENT_BYTES);
  yield head.bytes();
  for (const tensor of tensors.values()) {
    const data = fromFloat32(ggufDtype(tensor, dtype), tensor.data);
    yield data;
    if (data.byteLength % ALIGNMENT_BYTES > 0) yield new Uint8Array(padded(data.byteLength) - data.byteLength);
  }
}

const padded = (bytes: number): number => Math.ceil(bytes / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;

function writeValue(out: ByteWriter, value: GgufValue): void {
  switch (value.type) {
    case 'uint32':
    case 'float32':
    case 'bool':
    case 'string':
      out.uint32(VALUE_TYPE[value.type]);
      return writeScalar(out, value);
    case 'strings':
      return writeArray(out, VALUE_TYPE.string, value.value, (text) => out.string(text));
    case 'float32s':
      return writeArray(out, VALUE_TYPE.float32, value.value, (number) => out.float32(number));
    case 'int32s':
      return writeArray(out, VALUE_TYPE.int32, value.value, (number) => out.uint32(number >>> 0));
  }
}

function writeScalar(
  out: ByteWriter,
  value: Extract<GgufValue, { type: 'uint32' | 'float32' | 'bool' | 'string' }>,
): void {
  if (value.type === 'string') out.string(value.value);
  else if (value.type === 'bool') out.append(Uint8Array.of(value.value ? 1 : 0));
  else if (value.type === 'uint32') out.uint32(value.value);
  else out.float32(value.value);
}

function writeArray<T>(out: ByteWriter, type: number, values: readonly T[], write: (value: T) => void): void {
  out.uint32(VALUE_TYPE.array);
  out.uint32(type);
  out.uint64(values.length);
  values.forEach(write);
}

class ByteWriter {
  readonly #pieces: Uint8Array[] = [];
  #length = 0;

  append(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#length += piece.byteLength;
  }

  uint32(value: number): void {
    this.append(bytesOf(Uint32Array.of(value)));
  }

  uint64(value: number): void {
    this.append(bytesOf(BigUint64Array.of(BigInt(value))));
  }

  float32(value: number): void {
    this.append(bytesOf(Float32Array.of(value)));
  }

  string(text: string): void {
    const utf8 = new TextEncoder().encode(text);
    this.uint64(utf8.byteLength);
    this.append(utf8);
  }

  pad(multiple: number): void {
    const over = this.#length % multiple;
    if (over > 0) this.append(new Uint8Array(multiple - over));
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#pieces);
  }
}
