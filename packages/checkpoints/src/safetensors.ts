/**
 * The safetensors format for float32 tensors: eight bytes of header length, a JSON header, then the raw elements.
 * Reading validates as strictly as the reference implementation (offsets in order, no holes, no overlap, whole file
 * covered), because a file that merely seems to load can hide shifted weights. Elements are little-endian.
 */
import type { Tensor, TensorMap } from './tensor.js';

const LENGTH_BYTES = 8;
/** Limit of the reference implementation; stops a corrupt length from asking for gigabytes. */
const MAX_HEADER_BYTES = 100_000_000;
const MAX_RANK = 8;
const BYTES_PER_ELEMENT = Float32Array.BYTES_PER_ELEMENT;
/** The header is padded to this, so that elements are aligned and can be read without copying. */
const ALIGNMENT_BYTES = 8;
const METADATA_KEY = '__metadata__';
/** transformers refuses files that do not say which framework wrote them. */
const DEFAULT_METADATA = { format: 'pt' };

/** The file is not valid safetensors, or holds something other than float32. */
export class SafetensorsError extends Error {
  override readonly name = 'SafetensorsError';
}

export interface SafetensorsFile {
  readonly tensors: Map<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

interface HeaderEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/**
 * The bytes of a safetensors file, tensors in the order of the map.
 * @throws SafetensorsError for a tensor whose element count does not fit its shape.
 */
export function encodeSafetensors(
  tensors: TensorMap,
  metadata: Readonly<Record<string, string>> = DEFAULT_METADATA,
): Uint8Array {
  // Pairs, not an object literal: a tensor may be called "__proto__" or "1", and order must be kept.
  const entries: string[] = [`${JSON.stringify(METADATA_KEY)}:${JSON.stringify(metadata)}`];
  let end = 0;
  for (const [name, tensor] of tensors) {
    assertWritable(name, tensor);
    const start = end;
    end += tensor.data.length * BYTES_PER_ELEMENT;
    const entry: HeaderEntry = { dtype: 'F32', shape: tensor.shape, data_offsets: [start, end] };
    entries.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
  }
  const json = new TextEncoder().encode(`{${entries.join(',')}}`);
  const headerBytes = Math.ceil(json.length / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
  const file = new Uint8Array(LENGTH_BYTES + headerBytes + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.set(json, LENGTH_BYTES);
  file.fill(0x20, LENGTH_BYTES + json.length, LENGTH_BYTES + headerBytes);
  let offset = LENGTH_BYTES + headerBytes;
  for (const { data } of tensors.values()) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return file;
}

/**
 * Reads a safetensors file. Tensors are views into `file` where its alignment allows and copies where not, so the
 * caller gives `file` away.
 * @throws SafetensorsError saying which part of the file, or which tensor, is wrong and how.
 */
export function decodeSafetensors(file: Uint8Array): SafetensorsFile {
  const { header, dataStart } = readHeader(file);
  const dataBytes = file.byteLength - dataStart;
  const tensors = new Map<string, Tensor>();
  const names = Object.keys(header).filter((name) => name !== METADATA_KEY);
  const entries = names.map((name) => ({ name, entry: checkEntry(name, header[name]) }));
  entries.sort(
    (a, b) => a.entry.data_offsets[0] - b.entry.data_offsets[0] || a.entry.data_offsets[1] - b.entry.data_offsets[1],
  );
  let covered = 0;
  for (const { name, entry } of entries) {
    const [start, end] = entry.data_offsets;
    if (start !== covered) fail(`tensor ${quote(name)} starts at byte ${start}, expected ${covered}: hole or overlap`);
    if (end > dataBytes) fail(`tensor ${quote(name)} ends at byte ${end}, but the file holds ${dataBytes} data bytes`);
    tensors.set(name, { shape: entry.shape, data: readElements(file, dataStart + start, end - start) });
    covered = end;
  }
  if (covered !== dataBytes) fail(`${dataBytes - covered} bytes after the last tensor belong to none`);
  return { tensors, metadata: checkMetadata(header[METADATA_KEY]) };
}

function readHeader(file: Uint8Array): { header: Record<string, unknown>; dataStart: number } {
  if (file.byteLength < LENGTH_BYTES) fail(`file of ${file.byteLength} bytes is too short for the header length`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) fail(`header length ${length} exceeds the limit of ${MAX_HEADER_BYTES}`);
  const dataStart = LENGTH_BYTES + Number(length);
  if (dataStart > file.byteLength) fail(`header of ${length} bytes does not fit a file of ${file.byteLength} bytes`);
  const header = parseJson(file.subarray(LENGTH_BYTES, dataStart));
  if (typeof header !== 'object' || header === null || Array.isArray(header)) fail('header is not a JSON object');
  return { header: header as Record<string, unknown>, dataStart };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    throw new SafetensorsError(`header is not valid UTF-8 JSON: ${(cause as Error).message}`, { cause });
  }
}

function checkEntry(name: string, value: unknown): HeaderEntry {
  const where = `tensor ${quote(name)}`;
  if (typeof value !== 'object' || value === null) fail(`${where} has no description object`);
  const { dtype, shape, data_offsets: offsets } = value as Partial<Record<keyof HeaderEntry, unknown>>;
  if (dtype !== 'F32') fail(`${where} has dtype ${JSON.stringify(dtype)}, only "F32" is supported`);
  if (!isSizes(shape) || shape.length > MAX_RANK) {
    fail(`${where} has shape ${JSON.stringify(shape)}, expected at most ${MAX_RANK} non-negative integers`);
  }
  if (!isSizes(offsets) || offsets.length !== 2 || (offsets[0] as number) > (offsets[1] as number)) {
    fail(`${where} has data_offsets ${JSON.stringify(offsets)}, expected [start, end] with start <= end`);
  }
  const [start, end] = offsets as [number, number];
  const expected = elements(shape) * BYTES_PER_ELEMENT;
  if (end - start !== expected)
    fail(`${where} of shape [${shape}] needs ${expected} bytes, its offsets span ${end - start}`);
  return { dtype, shape, data_offsets: [start, end] };
}

function checkMetadata(value: unknown): Record<string, string> {
  if (value === undefined) return {};
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject || !Object.values(value).every((item) => typeof item === 'string')) {
    fail(`${METADATA_KEY} must map strings to strings`);
  }
  return value as Record<string, string>;
}

function readElements(file: Uint8Array, offset: number, byteLength: number): Float32Array {
  const start = file.byteOffset + offset;
  if (start % BYTES_PER_ELEMENT === 0) return new Float32Array(file.buffer, start, byteLength / BYTES_PER_ELEMENT);
  return new Float32Array(file.slice(offset, offset + byteLength).buffer);
}

function assertWritable(name: string, { shape, data }: Tensor): void {
  if (name === METADATA_KEY) fail(`a tensor cannot be called ${METADATA_KEY}`);
  if (!isSizes(shape) || shape.length > MAX_RANK) fail(`tensor ${quote(name)} has shape [${shape}]`);
  if (elements(shape) !== data.length) {
    fail(`tensor ${quote(name)} of shape [${shape}] needs ${elements(shape)} elements, got ${data.length}`);
  }
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function quote(name: string): string {
  return JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name);
}

function fail(message: string): never {
  throw new SafetensorsError(`safetensors: ${message}`);
}
