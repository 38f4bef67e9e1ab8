/**
 * Which platform a command talks to: flags first, then PREHEAT_BASE_URL and PREHEAT_API_KEY, then the file that
 * `preheat dev` leaves in `.preheat` while it runs, so that commands in the same folder need no set-up.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LOCAL_BASE_URL, Preheat } from '@preheat/sdk';
import { type Io, UsageError } from './io.js';

export interface Connection {
  readonly baseURL: string;
  readonly apiKey: string;
}

export interface ConnectionFlags {
  readonly baseUrl?: string;
  readonly apiKey?: string;
}

export const DEFAULT_HOME = '.preheat';
export const connectionPath = (home: string): string => join(home, 'connection.json');

/** Throws `UsageError` when no key is known. */
export function resolveConnection(flags: ConnectionFlags, io: Io): Connection {
  const local = readConnection(join(io.cwd, DEFAULT_HOME));
  const baseURL = flags.baseUrl ?? io.env['PREHEAT_BASE_URL'] ?? local?.baseURL ?? LOCAL_BASE_URL;
  // The local key belongs to the local address: it is not sent anywhere else.
  const localKey = local?.baseURL === baseURL ? local.apiKey : undefined;
  const apiKey = flags.apiKey ?? io.env['PREHEAT_API_KEY'] ?? localKey;
  if (apiKey) return { baseURL, apiKey };
  throw new UsageError(
    `no API key for ${baseURL}: set PREHEAT_API_KEY or pass --api-key.\n` +
      'To run the platform on this machine, start `preheat dev` here: commands in this folder then find its key.',
  );
}

/** Throws `UsageError` too when the address is none. */
export function connect(flags: ConnectionFlags, io: Io): Preheat {
  const connection = resolveConnection(flags, io);
  try {
    return new Preheat({ ...connection, sleep: io.sleep, nowMs: io.nowMs, signal: io.signal });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** What `preheat dev` left in `home`, or undefined when it left nothing. Throws `UsageError` when it is damaged. */
export function readConnection(home: string): Connection | undefined {
  let text: string;
  try {
    text = readFileSync(connectionPath(home), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const value = parsed(text, home);
  return value?.baseURL && value.apiKey ? { baseURL: value.baseURL, apiKey: value.apiKey } : undefined;
}

function parsed(text: string, home: string): Partial<Connection> | null {
  try {
    return JSON.parse(text) as Partial<Connection> | null;
  } catch (error) {
    throw new UsageError(
      `${connectionPath(home)} is damaged (${(error as Error).message}): delete it, then start \`preheat dev\` again`,
    );
  }
}
