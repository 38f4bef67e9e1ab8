/** JSON given in a file or, from a leading brace or bracket, on the command line itself. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Io, UsageError } from '../io.js';

/** Throws `UsageError` with the file and what is wrong in it. */
export function readJson<T>(fileOrJson: string, io: Io): T {
  const inline = /^\s*[[{]/.test(fileOrJson);
  const text = inline ? fileOrJson : readText(fileOrJson, io);
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw new UsageError(`${inline ? 'the JSON given' : fileOrJson} is not valid JSON: ${(error as Error).message}`);
  }
}

export function readText(file: string, io: Io): string {
  try {
    return readFileSync(resolve(io.cwd, file), 'utf8');
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${(error as Error).message}`);
  }
}
