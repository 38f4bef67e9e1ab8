/** The log of a platform that runs behind a progress line: all of it in a file, its end in memory. */
import { closeSync, openSync, writeSync } from 'node:fs';

const TAIL_LINES = 20;

export class LogFile {
  readonly #descriptor: number;
  readonly #tail: string[] = [];
  #open = true;

  constructor(path: string) {
    this.#descriptor = openSync(path, 'a');
  }

  add(name: string, line: string): void {
    const text = `[${name}] ${line}`;
    this.#tail.push(text);
    if (this.#tail.length > TAIL_LINES) this.#tail.shift();
    if (this.#open) writeSync(this.#descriptor, `${text}\n`);
  }

  /** The last lines, `''` when there are none. */
  tail(): string {
    return this.#tail.join('\n');
  }

  close(): void {
    this.#open = false;
    closeSync(this.#descriptor);
  }
}
