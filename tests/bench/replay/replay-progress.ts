/** What an unfinished run has measured, rewritten after each part: the next run under the same conditions goes on from there. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Latencies } from './calibrate.js';
import type { Replay } from './replay-report.js';

interface Measured {
  readonly latencies: Latencies | null;
  readonly replays: readonly Replay[];
  /** Of the machine's time, what went to other programs while each part was measured; null where that is not known. */
  readonly foreignShares: readonly (number | null)[];
}

interface Stored extends Measured {
  readonly conditions: string;
}

const NOTHING: Measured = { latencies: null, replays: [], foreignShares: [] };

export class ReplayProgress {
  readonly #file: string;
  readonly #conditions: string;
  #measured: Measured;

  private constructor(file: string, conditions: string, measured: Measured) {
    this.#file = file;
    this.#conditions = conditions;
    this.#measured = measured;
  }

  /** @param conditions All that must be the same for what was measured to count. */
  static open(file: string, conditions: string, isFresh: boolean): ReplayProgress {
    const stored = isFresh ? null : read(file);
    const { latencies, replays, foreignShares } = stored?.conditions === conditions ? stored : NOTHING;
    return new ReplayProgress(file, conditions, { latencies, replays, foreignShares });
  }

  get latencies(): Latencies | null {
    return this.#measured.latencies;
  }

  get foreignShares(): readonly (number | null)[] {
    return this.#measured.foreignShares;
  }

  replayOf(trace: string): Replay | undefined {
    return this.#measured.replays.find((replay) => replay.trace === trace);
  }

  calibrated(latencies: Latencies, foreignShare: number | null): void {
    this.#keep({ latencies }, foreignShare);
  }

  replayed(replay: Replay, foreignShare: number | null): void {
    this.#keep({ replays: [...this.#measured.replays, replay] }, foreignShare);
  }

  /** There is nothing to go on with. */
  done(): void {
    rmSync(this.#file, { force: true });
  }

  #keep(more: Partial<Measured>, foreignShare: number | null): void {
    const foreignShares = [...this.#measured.foreignShares, foreignShare];
    this.#measured = { ...this.#measured, ...more, foreignShares };
    const stored: Stored = { conditions: this.#conditions, ...this.#measured };
    mkdirSync(dirname(this.#file), { recursive: true });
    writeFileSync(`${this.#file}.part`, JSON.stringify(stored));
    renameSync(`${this.#file}.part`, this.#file);
  }
}

/** Null: there is none, or it cannot be read, and all is measured anew. */
function read(file: string): Stored | null {
  if (!existsSync(file)) return null;
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Stored;
  } catch {
    return null;
  }
}
