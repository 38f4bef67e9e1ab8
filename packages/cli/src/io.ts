/**
 * Everything a command touches of the process it runs in. Commands get it passed in, so tests drive them with buffers, a
 * clock of their own and a signal they control. Results go to `stdout`; progress, hints and logs go to `stderr`.
 */
import type { Readable } from 'node:stream';

export interface Output {
  /** `done` is called when it may take more. */
  write(part: string | Uint8Array, done?: () => void): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly nowMs: () => number;
  readonly sleep: (durationMs: number, signal?: AbortSignal) => Promise<void>;
  /** Fires on Ctrl-C and SIGTERM: whatever runs must stop, clean up and return. */
  readonly signal: AbortSignal;
}

/** A mistake in how the command was called: shown without a stack, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A command that ran and did not succeed, already told in `message`; exit code 1. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}
