/**
 * Results by what made them: the key of an artifact is a hash of everything it depends on, so whatever two arms, systems or
 * runs have in common is computed once, and a run that was killed goes on behind its last result.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Artifacts {
  /** The stored result for `inputs`, or that of `make`, which is then stored. */
  once<T>(kind: string, inputs: unknown, make: (key: string) => Promise<T>): Promise<T>;
}

/** Key order does not matter. */
export function contentKey(kind: string, inputs: unknown): string {
  const text = JSON.stringify(inputs, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  return `${kind}-${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}

export class FolderArtifacts implements Artifacts {
  readonly #folder: string;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.#folder = folder;
  }

  async once<T>(kind: string, inputs: unknown, make: (key: string) => Promise<T>): Promise<T> {
    const key = contentKey(kind, inputs);
    const path = this.#path(key);
    if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as T;
    const made = await make(key);
    // Whole or not at all: a run may be killed at any time.
    writeFileSync(`${path}.partial`, JSON.stringify(made));
    renameSync(`${path}.partial`, path);
    return made;
  }

  #path(key: string): string {
    return join(this.#folder, `${key}.json`);
  }
}
