/**
 * Every measurement made so far, in one JSON file that is rewritten after each: a bench of an hour can be cut into pieces
 * and resumed. An entry belongs to the exact command that made it, so a changed command is measured anew.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Match, Side } from './match.js';
import type { Line } from './run-side.js';
import type { Series } from './statistics.js';

export interface Entry {
  readonly match: string;
  readonly side: string;
  readonly round: number;
  readonly command: string;
  /** Commit the tree was at. */
  readonly revision: string;
  readonly foreignCpu: number;
  /** The result line with `first_line_s` and `peak_rss_mib` added. */
  readonly values: Line;
  /** Lines before the last, of sides that print several. */
  readonly lines?: readonly Line[];
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
}

interface Stored {
  readonly schemaVersion: 1;
  readonly machine: Machine;
  readonly entries: Entry[];
}

/** The command as it is recorded: without the folders of this machine. */
export function commandText({ command, env = {} }: Side, folders: Readonly<Record<string, string>>): string {
  const words = [...Object.entries(env).map(([name, value]) => `${name}=${value}`), ...command];
  const replace = (text: string, [name, folder]: readonly [string, string]) => text.replaceAll(folder, `$${name}`);
  return Object.entries(folders).reduce(replace, words.join(' '));
}

export class Ledger {
  readonly machine: Machine;
  readonly #path: string | null;
  readonly #entries: Entry[];

  private constructor(path: string | null, { machine, entries }: Stored) {
    this.#path = path;
    this.machine = machine;
    this.#entries = entries;
  }

  /** Reads `path` if it is there. @throws Error when it was made on another machine: ratios do not mix. */
  static open(path: string | null, machine: Machine): Ledger {
    if (path === null || !existsSync(path)) return new Ledger(path, { schemaVersion: 1, machine, entries: [] });
    const stored = JSON.parse(readFileSync(path, 'utf8')) as Stored;
    if (JSON.stringify(stored.machine) !== JSON.stringify(machine)) {
      throw new Error(`${path} was measured on ${JSON.stringify(stored.machine)}; use another file for this machine`);
    }
    return new Ledger(path, stored);
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  add(entry: Entry): void {
    this.#entries.push(entry);
    if (this.#path === null) return;
    const stored: Stored = { schemaVersion: 1, machine: this.machine, entries: this.#entries };
    // Whole or not at all: a bench is often interrupted.
    writeFileSync(`${this.#path}.partial`, `${JSON.stringify(stored, null, 1)}\n`);
    renameSync(`${this.#path}.partial`, this.#path);
  }

  has(match: string, side: string, round: number, command: string): boolean {
    return this.#of(match, side, command).some((entry) => entry.round === round);
  }

  /** The metric of a side by round. */
  series({ id, metric }: Pick<Match, 'id' | 'metric'>, side: Side, command: string): Series {
    const { scale = 1 } = side;
    return new Map(
      this.#of(id, side.id, command).flatMap(({ round, values }) => {
        const value = Number(values[metric.key]);
        return Number.isFinite(value) ? [[round, value * scale] as const] : [];
      }),
    );
  }

  #of(match: string, side: string, command: string): Entry[] {
    return this.#entries.filter((entry) => entry.match === match && entry.side === side && entry.command === command);
  }
}
