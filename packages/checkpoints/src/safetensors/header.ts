/**
 * The header of a safetensors file: eight bytes of length, then JSON. Checked as strictly as the reference
 * implementation does (offsets in order, no holes, no overlap, whole file covered), because a file that merely seems to
 * load can hide shifted weights. It can be checked from the first bytes of a file alone.
 */
import { DTYPE_BYTES } from './dtypes.js';
import { fail, quote, SafetensorsError } from './safetensors-error.js';

export const LENGTH_BYTES = 8;
/** Limit of the reference implementation; stops a corrupt length from asking for gigabytes. */
const MAX_HEADER_BYTES = 100_000_000;
export const MAX_RANK = 8;
export const METADATA_KEY = '__metadata__';

export interface SafetensorsEntry {
  readonly name: string;
  /** A key of `DTYPE_BYTES`. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Bytes [start, end) of the file. */
  readonly start: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  /** In the order of their bytes. */
  readonly entries: readonly SafetensorsEntry[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** Bytes of length and header together, from the first eight of a file of `fileBytes`. */
export function headBytes(first: Uint8Array, fileBytes: number): number {
  if (first.byteLength < LENGTH_BYTES) fail(`file of ${fileBytes} bytes is too short for the header length`);
  const length = new DataView(first.buffer, first.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) fail(`header length ${length} exceeds the limit of ${MAX_HEADER_BYTES}`);
  const end = LENGTH_BYTES + Number(length);
  if (end > fileBytes) fail(`header of ${length} bytes does not fit a file of ${fileBytes} bytes`);
  return end;
}

/**
 * The header in the first bytes of a file of `fileBytes`.
 * @throws SafetensorsError saying which part of the header, or which tensor, is wrong and how.
 */
export function parseHeader(head: Uint8Array, fileBytes: number): SafetensorsHeader {
  const dataStart = headBytes(head, fileBytes);
  const header = parseJson(head.subarray(LENGTH_BYTES, dataStart));
  if (!isRecord(header)) fail('header is not a JSON object');
  const entries = Object.keys(header)
    .filter((name) => name !== METADATA_KEY)
    .map((name) => checkEntry(name, header[name], dataStart));
  entries.sort((a, b) => a.start - b.start || a.end - b.end);
  checkCoverage(entries, dataStart, fileBytes);
  return { entries, metadata: checkMetadata(header[METADATA_KEY]) };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    throw new SafetensorsError(`safetensors: header is not valid UTF-8 JSON: ${(cause as Error).message}`, { cause });
  }
}

function checkEntry(name: string, value: unknown, dataStart: number): SafetensorsEntry {
  const where = `tensor ${quote(name)}`;
  if (!isRecord(value)) fail(`${where} has no description object`);
  const { dtype, shape, data_offsets: offsets } = value;
  const elementBytes = typeof dtype === 'string' && Object.hasOwn(DTYPE_BYTES, dtype) ? DTYPE_BYTES[dtype] : undefined;
  if (elementBytes === undefined) {
    fail(`${where} has dtype ${JSON.stringify(dtype)}, expected one of ${Object.keys(DTYPE_BYTES).join(', ')}`);
  }
  if (!isSizes(shape) || shape.length > MAX_RANK) {
    fail(`${where} has shape ${JSON.stringify(shape)}, expected at most ${MAX_RANK} non-negative integers`);
  }
  if (!isSizes(offsets) || offsets.length !== 2 || (offsets[0] as number) > (offsets[1] as number)) {
    fail(`${where} has data_offsets ${JSON.stringify(offsets)}, expected [start, end] with start <= end`);
  }
  const [start, end] = offsets as [number, number];
  const expected = elementCount(shape) * elementBytes;
  if (end - start !== expected)
    fail(`${where} of shape [${shape}] needs ${expected} bytes, its offsets span ${end - start}`);
  return { name, dtype: dtype as string, shape, start: dataStart + start, end: dataStart + end };
}

function checkCoverage(entries: readonly SafetensorsEntry[], dataStart: number, fileBytes: number): void {
  const dataBytes = fileBytes - dataStart;
  let covered = dataStart;
  for (const { name, start, end } of entries) {
    const where = `tensor ${quote(name)}`;
    if (start !== covered) {
      fail(`${where} starts at byte ${start - dataStart}, expected ${covered - dataStart}: hole or overlap`);
    }
    if (end > fileBytes)
      fail(`${where} ends at byte ${end - dataStart}, but the file holds ${dataBytes} data bytes: it was cut off`);
    covered = end;
  }
  if (covered !== fileBytes) fail(`${fileBytes - covered} bytes after the last tensor belong to none`);
}

function checkMetadata(value: unknown): Record<string, string> {
  if (value === undefined) return {};
  if (!isRecord(value) || !Object.values(value).every((item) => typeof item === 'string')) {
    fail(`${METADATA_KEY} must map strings to strings`);
  }
  return value as Record<string, string>;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
