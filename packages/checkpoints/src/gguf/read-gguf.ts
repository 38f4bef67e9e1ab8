/**
 * Reads the GGUF files that are written here, to check an export by what it really holds. It knows the container and the
 * unquantised types, nothing of llama.cpp's many others.
 */
import { elementCount } from '../safetensors/header.js';
import { toFloat32 } from '../safetensors/dtypes.js';
import type { Tensor } from '../tensor.js';
import { ALIGNMENT_BYTES, GGML_TYPE, type GgmlType, GgufError, MAGIC, VALUE_TYPE, VERSION } from './gguf-format.js';

export type GgufReadValue = number | boolean | string | readonly (number | boolean | string)[];

export interface GgufFile {
  readonly metadata: ReadonlyMap<string, GgufReadValue>;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

const MAX_DIMENSIONS = 4;

/** Tensors are views into `file` where alignment and type allow. @throws GgufError saying what is wrong. */
export function readGguf(file: Uint8Array): GgufFile {
  const reader = new ByteReader(file);
  if (reader.uint32() !== MAGIC) throw new GgufError('not a GGUF file: the magic number is missing');
  const version = reader.uint32();
  if (version !== VERSION) throw new GgufError(`GGUF version ${version} is not read, only ${VERSION}`);
  const tensorCount = reader.uint64();
  const valueCount = reader.uint64();
  const metadata = new Map<string, GgufReadValue>();
  for (let i = 0; i < valueCount; i++) metadata.set(reader.string(), reader.value(reader.uint32()));
  const table = Array.from({ length: tensorCount }, () => tensorInfo(reader));
  const dataStart = Math.ceil(reader.position / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
  const tensors = new Map<string, Tensor>();
  for (const { name, shape, dtype, offset } of table) {
    const start = dataStart + offset;
    const end = start + elementCount(shape) * (dtype === 'F32' ? 4 : 2);
    if (end > file.byteLength)
      throw new GgufError(`tensor ${name} ends at byte ${end} of ${file.byteLength}: the file was cut off`);
    tensors.set(name, { shape, data: toFloat32(dtype, file.subarray(start, end)) });
  }
  return { metadata, tensors };
}

function tensorInfo(reader: ByteReader): { name: string; shape: number[]; dtype: GgmlType; offset: number } {
  const name = reader.string();
  const dimensions = reader.uint32();
  if (dimensions > MAX_DIMENSIONS) throw new GgufError(`tensor ${name} has ${dimensions} dimensions`);
  const shape = Array.from({ length: dimensions }, () => reader.uint64()).reverse();
  const type = reader.uint32();
  const dtype = (Object.keys(GGML_TYPE) as GgmlType[]).find((key) => GGML_TYPE[key] === type);
  if (dtype === undefined) throw new GgufError(`tensor ${name} has the ggml type ${type}, which is not read`);
  return { name, shape, dtype, offset: reader.uint64() };
}

class ByteReader {
  position = 0;
  readonly #file: Uint8Array;
  readonly #view: DataView;

  constructor(file: Uint8Array) {
    this.#file = file;
    this.#view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  uint64(): number {
    const value = this.#view.getBigUint64(this.#take(8), true);
    if (value > BigInt(this.#file.byteLength)) throw new GgufError(`a length of ${value} does not fit the file`);
    return Number(value);
  }

  string(): string {
    const length = this.uint64();
    const start = this.#take(length);
    return new TextDecoder().decode(this.#file.subarray(start, start + length));
  }

  value(type: number): GgufReadValue {
    if (type === VALUE_TYPE.uint32) return this.uint32();
    if (type === VALUE_TYPE.int32) return this.#view.getInt32(this.#take(4), true);
    if (type === VALUE_TYPE.float32) return this.#view.getFloat32(this.#take(4), true);
    if (type === VALUE_TYPE.bool) return this.#view.getUint8(this.#take(1)) !== 0;
    if (type === VALUE_TYPE.string) return this.string();
    if (type !== VALUE_TYPE.array) throw new GgufError(`metadata of type ${type} is not read`);
    const element = this.uint32();
    return Array.from({ length: this.uint64() }, () => this.value(element) as number | boolean | string);
  }

  #take(bytes: number): number {
    const start = this.position;
    this.position += bytes;
    if (this.position > this.#file.byteLength)
      throw new GgufError(`the file ends at byte ${this.#file.byteLength}: it was cut off`);
    return start;
  }
}
