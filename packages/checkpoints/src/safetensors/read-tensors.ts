/**
 * Tensors of a safetensors file, as float32. From memory they are views where possible; from a stream they come one by
 * one, so that a file is never held beside its tensors. Matrices written as int8 rows come back multiplied out.
 */
import type { Tensor } from '../tensor.js';
import { FLOAT_DTYPES, toFloat32 } from './dtypes.js';
import { headBytes, LENGTH_BYTES, parseHeader, type SafetensorsEntry } from './header.js';
import { dequantizeRows } from './int8-rows.js';
import { fail, quote } from './safetensors-error.js';

export interface SafetensorsFile {
  readonly tensors: Map<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Name of the float32 scales [rows, 1] beside an int8 matrix, as vLLM's compressed-tensors calls them. */
export const scaleName = (name: string): string => `${name}_scale`;

/**
 * Reads a whole file. Float32 tensors are views into `file` where its alignment allows and copies where not, so the
 * caller gives `file` away.
 * @throws SafetensorsError saying which part of the file, or which tensor, is wrong and how.
 */
export function decodeSafetensors(file: Uint8Array): SafetensorsFile {
  const { entries, metadata } = parseHeader(file, file.byteLength);
  const assembly = new Assembly(entries);
  const tensors = new Map<string, Tensor>();
  for (const entry of entries) {
    for (const [name, tensor] of assembly.take(entry, file.subarray(entry.start, entry.end))) tensors.set(name, tensor);
  }
  return { tensors, metadata };
}

/**
 * The tensors of a file of `fileBytes` in the order of their bytes, each in a buffer of its own and with the type it is
 * stored as. Those that `wants` refuses are read past. At most one tensor of bytes is held beside what the caller keeps.
 * @throws SafetensorsError as `decodeSafetensors`, also when the stream ends early or goes on too long.
 */
export async function* streamSafetensors(
  chunks: AsyncIterable<Uint8Array>,
  fileBytes: number,
  wants: (name: string) => boolean = () => true,
): AsyncGenerator<readonly [name: string, tensor: Tensor, dtype: string]> {
  const reader = new ChunkReader(chunks, fileBytes);
  try {
    yield* readAll(reader, fileBytes, wants);
    await reader.end();
  } finally {
    await reader.close();
  }
}

async function* readAll(
  reader: ChunkReader,
  fileBytes: number,
  wants: (name: string) => boolean,
): AsyncGenerator<readonly [name: string, tensor: Tensor, dtype: string]> {
  const first = await reader.read(Math.min(LENGTH_BYTES, fileBytes));
  const rest = await reader.read(headBytes(first, fileBytes) - LENGTH_BYTES);
  const { entries } = parseHeader(Buffer.concat([first, rest]), fileBytes);
  const assembly = new Assembly(entries);
  for (const entry of entries) {
    const bytes = entry.end - entry.start;
    const matrix = assembly.matrixOf(entry.name);
    if (!wants(entry.name) && !wants(matrix ?? '')) {
      await reader.skip(bytes);
      continue;
    }
    const dtype = matrix === undefined ? entry.dtype : 'I8';
    for (const taken of assembly.take(entry, await reader.read(bytes))) yield [...taken, dtype];
  }
}

/** Joins int8 matrices with their scales, whichever comes first; all else passes. */
class Assembly {
  readonly #entries: ReadonlyMap<string, SafetensorsEntry>;
  readonly #waiting = new Map<string, Uint8Array>();

  constructor(entries: readonly SafetensorsEntry[]) {
    this.#entries = new Map(entries.map((entry) => [entry.name, entry]));
  }

  /** The int8 matrix that a tensor of this name scales, if there is one. */
  matrixOf(name: string): string | undefined {
    if (!name.endsWith(scaleName(''))) return undefined;
    const matrix = name.slice(0, -scaleName('').length);
    return this.#entries.get(matrix)?.dtype === 'I8' ? matrix : undefined;
  }

  take(entry: SafetensorsEntry, bytes: Uint8Array): (readonly [string, Tensor])[] {
    const matrix = entry.dtype === 'I8' ? entry.name : this.matrixOf(entry.name);
    if (matrix !== undefined) return this.#joined(matrix, entry, bytes);
    if (!FLOAT_DTYPES.has(entry.dtype)) {
      fail(`tensor ${quote(entry.name)} has dtype ${entry.dtype}; weights are F32, BF16, F16, F64, or I8 with scales`);
    }
    return [[entry.name, { shape: entry.shape, data: toFloat32(entry.dtype, bytes) }]];
  }

  #joined(name: string, { name: arrived }: SafetensorsEntry, bytes: Uint8Array): (readonly [string, Tensor])[] {
    const matrix = this.#entries.get(name) as SafetensorsEntry;
    const scale = this.#entries.get(scaleName(name));
    const rows = matrix.shape[0] ?? 0;
    if (
      matrix.shape.length !== 2 ||
      scale?.dtype !== 'F32' ||
      scale.shape[0] !== rows ||
      scale.end - scale.start !== 4 * rows
    ) {
      fail(`int8 tensor ${quote(name)} needs a matrix shape and float32 scales ${quote(scaleName(name))} [${rows}, 1]`);
    }
    const other = this.#waiting.get(name);
    if (other === undefined) {
      this.#waiting.set(name, bytes);
      return [];
    }
    this.#waiting.delete(name);
    const [values, scales] = arrived === name ? [bytes, other] : [other, bytes];
    const int8 = new Int8Array(values.buffer, values.byteOffset, values.byteLength);
    return [[name, { shape: matrix.shape, data: dequantizeRows({ values: int8, scales: toFloat32('F32', scales) }) }]];
  }
}

/** Pieces of the length asked for, out of chunks of any length. */
class ChunkReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #fileBytes: number;
  #chunk: Uint8Array = new Uint8Array(0);
  #position = 0;

  constructor(chunks: AsyncIterable<Uint8Array>, fileBytes: number) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#fileBytes = fileBytes;
  }

  async read(length: number): Promise<Uint8Array> {
    const piece = new Uint8Array(length);
    await this.#consume(length, (part, at) => piece.set(part, at));
    return piece;
  }

  async skip(length: number): Promise<void> {
    await this.#consume(length, () => {});
  }

  /** Reads on to the end, which lets a verifying source compare its hash. */
  async end(): Promise<void> {
    for (let done: boolean | undefined = false; !done; ) {
      if (this.#chunk.byteLength > 0) fail(`more bytes came than the ${this.#fileBytes} announced`);
      const next = await this.#chunks.next();
      done = next.done;
      if (!next.done) this.#chunk = next.value;
    }
  }

  /** Lets the source close its file or socket. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #consume(length: number, use: (part: Uint8Array, at: number) => void): Promise<void> {
    for (let done = 0; done < length; ) {
      if (this.#chunk.byteLength === 0) await this.#next();
      const part = this.#chunk.subarray(0, length - done);
      use(part, done);
      done += part.byteLength;
      this.#position += part.byteLength;
      this.#chunk = this.#chunk.subarray(part.byteLength);
    }
  }

  async #next(): Promise<void> {
    const next = await this.#chunks.next();
    if (next.done) fail(`the file ends at byte ${this.#position} of ${this.#fileBytes}: it was cut off`);
    this.#chunk = next.value;
  }
}
