/**
 * Programs by shape and kind, the least recently used dropped first. Executors keep compiled forms by the identity of a
 * program, so dropping one here lets the executor drop its session too.
 */
import type { Program } from '@preheat/graph';

export class ProgramCache {
  readonly #capacity: number;
  readonly #programs = new Map<string, Program>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** The program of `key`, built on first use. */
  get(key: string, build: () => Program): Program {
    const program = this.#programs.get(key) ?? build();
    this.#programs.delete(key);
    this.#programs.set(key, program);
    if (this.#programs.size > this.#capacity) {
      const [oldest] = this.#programs.keys();
      if (oldest !== undefined) this.#programs.delete(oldest);
    }
    return program;
  }

  get size(): number {
    return this.#programs.size;
  }
}
