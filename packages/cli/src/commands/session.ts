/** What every command that talks to the platform needs: a client, and one way to show a result as text or as JSON. */
import type { Preheat } from '@preheat/sdk';
import type { Command } from 'commander';
import { type ConnectionFlags, connect } from '../connection.js';
import type { Io } from '../io.js';

export interface GlobalFlags extends ConnectionFlags {
  readonly json?: boolean;
}

export interface Session<Flags> {
  readonly client: Preheat;
  readonly flags: Flags & GlobalFlags;
  readonly io: Io;
  /** Prints `value` as JSON with `--json`, else the text made from it. */
  show<T>(value: T, text: (value: T) => string): void;
}

/** Opens a session for the command that runs. Throws `UsageError` when no key is known. */
export function openSession<Flags extends object>(command: Command, io: Io): Session<Flags> {
  const flags = command.optsWithGlobals<Flags & GlobalFlags>();
  return {
    client: connect(flags, io),
    flags,
    io,
    show: (value, text) => {
      io.stdout.write(`${flags.json ? JSON.stringify(value, undefined, 2) : text(value)}\n`);
    },
  };
}
