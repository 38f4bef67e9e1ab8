/** For tests: an `Io` of buffers, with a clock that moves when somebody sleeps. */
import { Readable } from 'node:stream';
import type { Io } from '../io.js';

export interface TestIo extends Io {
  readonly text: { out: string; err: string };
  readonly sleeps: number[];
  interrupt(): void;
}

export interface TestIoOptions {
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  readonly stdin?: string;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export function testIo(options: TestIoOptions = {}): TestIo {
  const text = { out: '', err: '' };
  const sleeps: number[] = [];
  const abort = new AbortController();
  let nowMs = 0;
  const into =
    (name: 'out' | 'err') =>
    (part: string | Uint8Array, done?: () => void): void => {
      // Bytes are kept one a character.
      text[name] += typeof part === 'string' ? part : Buffer.from(part).toString('latin1');
      done?.();
    };
  const screen = { isTTY: options.isTTY ?? false, columns: options.columns ?? 80 };
  return {
    text,
    sleeps,
    interrupt: () => abort.abort(new Error('interrupted by the test')),
    stdout: { write: into('out'), ...screen },
    stderr: { write: into('err'), ...screen },
    stdin: Object.assign(Readable.from([options.stdin ?? '']), { isTTY: screen.isTTY }),
    env: options.env ?? {},
    cwd: options.cwd ?? '/nowhere',
    nowMs: () => nowMs,
    sleep: (durationMs) => {
      sleeps.push(durationMs);
      nowMs += durationMs;
      return Promise.resolve();
    },
    signal: abort.signal,
  };
}
