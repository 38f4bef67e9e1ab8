/**
 * The time of one sweep, shared between its stages. A stage takes at most its share of what is left, stops there, and goes on from
 * there in the next sweep, round to where it began: whatever there is to sweep, every stage has its turn in every sweep, and every
 * entry is looked at after a bounded number of them. What stages leave over goes to those that have more to look at. Without an end
 * of the time every stage sees everything.
 */
import { decodeStored, encodeStored, InvariantError, KEYS, SweepCursors } from '@preheat/contracts';
import {
  type Clock,
  compareKeys,
  listAll,
  type ListEntry,
  type Log,
  type ObjectStore,
  putIdempotent,
} from '@preheat/ports';

export interface TurnDependencies {
  readonly store: ObjectStore;
  readonly clock: Clock;
}

export interface TurnOptions {
  /** No entry is begun from then on. */
  readonly untilMs?: number;
  /** The key that the turn before looked at last. */
  readonly startAfter?: string | undefined;
}

/** One stage's look at one prefix. */
export class SweepTurn {
  readonly #deps: TurnDependencies;
  #untilMs: number;
  readonly #startAfter: string | undefined;
  #stoppedAt: string | undefined;
  /** Where it is: among the entries behind its start, among those before, or through with all of them. */
  #part: 'behind' | 'before' | 'done' = 'behind';
  #hasBegun = false;
  /** The last key seen in this part. */
  #seen: string | undefined;

  constructor(deps: TurnDependencies, { untilMs = Infinity, startAfter }: TurnOptions = {}) {
    this.#deps = deps;
    this.#untilMs = untilMs;
    this.#startAfter = startAfter;
  }

  /** Gives a turn that stopped more time: its entries go on where it stopped, and none comes twice. */
  goOn(untilMs: number): void {
    this.#untilMs = untilMs;
  }

  get isDone(): boolean {
    return this.#part === 'done';
  }

  get hasStopped(): boolean {
    return this.#hasBegun && !this.isDone;
  }

  /** The key to go on after; undefined once everything was seen. */
  get stoppedAt(): string | undefined {
    return this.#stoppedAt;
  }

  /** Whether its time is up: one entry may have much to do, and what is left of it waits for the next sweep. */
  get isOver(): boolean {
    return this.#deps.clock.nowMs() >= this.#untilMs;
  }

  /**
   * Entries in key order from where the last turn stopped, then those before, until the time is up.
   * @param isDue False for an entry after which all others, in key order, need no look either.
   */
  async *entries(prefix: string, isDue: (key: string) => boolean = () => true): AsyncGenerator<ListEntry> {
    this.#hasBegun = true;
    const start = this.#startAfter?.startsWith(prefix) ? this.#startAfter : undefined;
    if (this.#part === 'behind') {
      this.#seen ??= start;
      this.#stoppedAt = this.#seen;
      yield* this.#listed(prefix, isDue);
      if (this.#part === 'behind') return;
    }
    if (this.#part === 'before' && start !== undefined) {
      yield* this.#listed(prefix, (key) => compareKeys(key, start) <= 0 && isDue(key));
      if (this.#part === 'before') return;
    }
    this.#part = 'done';
    this.#stoppedAt = undefined;
  }

  /** The rest of this part; then the next one begins. */
  async *#listed(prefix: string, isPart: (key: string) => boolean): AsyncGenerator<ListEntry> {
    const listed = listAll(this.#deps.store, prefix, this.#seen === undefined ? {} : { startAfter: this.#seen });
    for await (const entry of listed) {
      if (!isPart(entry.key)) break;
      if (this.isOver) return;
      this.#seen = this.#stoppedAt = entry.key;
      yield entry;
    }
    this.#part = this.#part === 'behind' ? 'before' : 'done';
    this.#seen = undefined;
  }
}

/** Calls `each` for every item, so many at once; each takes the next one when it is done. */
export async function inLanes<T>(
  items: AsyncIterable<T>,
  lanes: number,
  each: (item: T) => Promise<void>,
): Promise<void> {
  const lane = async (): Promise<void> => {
    for await (const item of items) await each(item);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

export type TurnsDependencies = TurnDependencies & { readonly log: Log };

export class SweepTurns {
  readonly #deps: TurnsDependencies;
  readonly #untilMs: number;
  readonly #allShares: Readonly<Record<string, number>>;
  /** Of the stages that are yet to have their turn. */
  #shares: Map<string, number>;
  readonly #cursors: SweepCursors['cursors'];
  /** As the store has them. */
  #kept: SweepCursors['cursors'];
  readonly #taken = new Map<string, SweepTurn>();

  private constructor(
    deps: TurnsDependencies,
    shares: Readonly<Record<string, number>>,
    { untilMs, cursors }: { untilMs: number; cursors: SweepCursors['cursors'] },
  ) {
    this.#deps = deps;
    this.#untilMs = untilMs;
    this.#allShares = shares;
    this.#shares = new Map(Object.entries(shares));
    this.#cursors = cursors;
    this.#kept = cursors;
  }

  /** @param shares What each stage gets of the time, as parts of their sum; what one leaves is shared by those after it. */
  static async begin(
    deps: TurnsDependencies,
    shares: Readonly<Record<string, number>>,
    untilMs = Infinity,
  ): Promise<SweepTurns> {
    const cursors = untilMs === Infinity ? {} : await readCursors(deps);
    return new SweepTurns(deps, shares, { untilMs, cursors });
  }

  /** The turn of a stage, which begins now. Once for each, and again for those of `again`; one that is done has no entries left. */
  take(stage: string): SweepTurn {
    const share = this.#shares.get(stage);
    const before = this.#taken.get(stage);
    if (before?.isDone) return before;
    if (share === undefined) throw new InvariantError(`${stage} is no stage of this sweep, or had its turn`);
    const nowMs = this.#deps.clock.nowMs();
    const left = [...this.#shares.values()].reduce((sum, one) => sum + one, 0);
    this.#shares.delete(stage);
    const untilMs = this.#untilMs === Infinity ? Infinity : nowMs + ((this.#untilMs - nowMs) * share) / left;
    before?.goOn(untilMs);
    const turn = before ?? new SweepTurn(this.#deps, { untilMs, startAfter: this.#cursors[stage] });
    this.#taken.set(stage, turn);
    return turn;
  }

  /** Those of the stages that stopped, while time is left: each may take its turn again, and they share that time. */
  again(stages: readonly string[]): string[] {
    if (this.#deps.clock.nowMs() >= this.#untilMs) return [];
    const stopped = stages.filter((stage) => this.#taken.get(stage)?.hasStopped);
    this.#shares = new Map(stopped.map((stage) => [stage, this.#allShares[stage] ?? 0]));
    return stopped;
  }

  /**
   * Remembers where the stages stopped, also where the process is stopped in a later one. Returns those that have more to look at.
   */
  async keep(): Promise<string[]> {
    // Stopped by a failure: the next sweep sees everything again.
    if (this.#untilMs === Infinity) return [];
    const cursors = { ...this.#cursors };
    for (const [stage, { stoppedAt }] of this.#taken) {
      if (stoppedAt === undefined) delete cursors[stage];
      else cursors[stage] = stoppedAt;
    }
    if (JSON.stringify(cursors) !== JSON.stringify(this.#kept)) {
      const body = encodeStored({ schemaVersion: 1, cursors } satisfies SweepCursors);
      await putIdempotent(this.#deps.store, KEYS.sweepCursors, body, 'application/json');
      this.#kept = cursors;
    }
    return Object.keys(cursors);
  }
}

async function readCursors({ store, log }: TurnsDependencies): Promise<SweepCursors['cursors']> {
  try {
    const object = await store.get(KEYS.sweepCursors);
    return object ? decodeStored(SweepCursors, object.body, KEYS.sweepCursors).cursors : {};
  } catch (error) {
    log.warn('where the last sweep stopped cannot be read; it begins at the start', { error });
    return {};
  }
}
