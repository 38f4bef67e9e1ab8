/** Splits a byte stream into JSONL lines without holding the file: a line may span chunks, a chunk may hold many lines. */
import { ApiError, jsonExcess } from '@preheat/contracts';
import { byteLines } from '@preheat/ports';

export interface JsonlLine {
  /** As an editor counts, from 1. */
  readonly number: number;
  readonly value: unknown;
}

/** What an error about a line can say beside the problem. */
export interface JsonlSource {
  readonly filename: string;
  /** A well-formed line for this use of the file. */
  readonly example: string;
}

/** Longest line, in bytes: bounds the memory of one upload. */
export const LINE_BYTES_MAX = 8 * 1024 * 1024;

/** A line, or why it is none. */
export type JsonlEntry = JsonlLine | { readonly number: number; readonly problem: string };

/**
 * The lines of a file as parsed JSON. Empty lines are tolerated at the end only.
 * @throws ApiError `invalid_training_file` with file, line number, what was expected and an example.
 */
export async function* jsonlLines(bytes: AsyncIterable<Uint8Array>, source: JsonlSource): AsyncGenerator<JsonlLine> {
  for await (const entry of jsonlEntries(bytes, source)) {
    if ('problem' in entry) throw lineError(source, entry.number, entry.problem);
    yield entry;
  }
}

/**
 * The same for who wants to know of every line that is wrong.
 * @throws ApiError `invalid_training_file` for a line that is too long to be held: nothing behind it can be read.
 */
export async function* jsonlEntries(bytes: AsyncIterable<Uint8Array>, source: JsonlSource): AsyncGenerator<JsonlEntry> {
  const tooLong = (line: number) => lineError(source, line, `the line is longer than ${LINE_BYTES_MAX} bytes`);
  let number = 0;
  let blankAt: number | undefined;
  for await (const raw of byteLines(bytes, { maxBytes: LINE_BYTES_MAX, tooLong })) {
    number += 1;
    const text = decode(raw);
    if (text?.trim() === '') {
      blankAt ??= number;
      continue;
    }
    if (blankAt !== undefined)
      yield { number: blankAt, problem: 'the line is empty; every line holds one JSON object' };
    blankAt = undefined;
    yield text === undefined ? { number, problem: 'the line is not valid UTF-8' } : parse(text, number);
  }
}

/** `invalid_training_file` for one line, or for the whole file with line 0. */
export function lineError(source: JsonlSource, line: number, problem: string): ApiError {
  const where = line > 0 ? `${source.filename}, line ${line}` : source.filename;
  const message = `${where}: ${problem}. Expected one JSON object per line, for example: ${source.example}`;
  return new ApiError('invalid_training_file', message, { param: 'file' });
}

function decode(raw: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(raw);
  } catch {
    return undefined;
  }
}

function parse(text: string, number: number): JsonlEntry {
  const excess = jsonExcess(text);
  if (excess !== null) return { number, problem: `the line ${excess}` };
  try {
    return { number, value: JSON.parse(text) };
  } catch (error) {
    return { number, problem: `the line is not valid JSON (${(error as Error).message})` };
  }
}
