/**
 * Decoders kept open for serving within a budget of bytes. Who leaves first when it is exceeded is settled by Greedy-Dual-Size
 * (Cao and Irani 1997): a decoder is worth the time it took to open, for each byte that it holds; that worth ages with every
 * eviction and is renewed with every use, and of equals the least recently used leaves. A decoder in use is never closed: the
 * budget may be exceeded while everything in it is leased, and is restored by the releases.
 */
import type { Clock } from '@preheat/ports';

/** What the cache needs to know about a decoder. */
export interface CachedSession {
  /** Estimated memory held. */
  readonly byteSize: number;
  /** False once it can no longer answer; it is then replaced by the next who asks. */
  readonly isUsable: boolean;
  close(): Promise<void>;
}

export interface SessionLease<S> {
  readonly session: S;
  /** Gives the session back. Must be called once, whatever happened in between. */
  release(): Promise<void>;
}

/** Does what opens a session, of which so many bytes are known beforehand, once there is room for them. */
export type Opening = <T>(bytes: number, work: () => Promise<T>) => Promise<T>;

interface Entry<S> {
  loading?: Promise<S>;
  session?: S;
  /** Bytes of room that were made for it, until it is there. */
  opening: number;
  /** When the work of opening it began. */
  startMs: number;
  leases: number;
  /** Milliseconds it took to open, for each byte. */
  worth: number;
  /** Its worth above that of what left before its last use. */
  priority: number;
  /** No longer handed out; closed with its last lease. */
  isRetired?: boolean;
}

export class SessionCache<S extends CachedSession> {
  readonly #clock: Pick<Clock, 'nowMs'>;
  #budgetBytes: number;
  /** Bytes of what is being opened, until it is there. */
  #opening = 0;
  /** Settled when everybody who came before has begun to open what they came for. */
  #turn: Promise<void> = Promise.resolve();
  /** Whoever's turn it is waits for room. */
  #freed = (): void => undefined;
  /** Priority of the last that left. */
  #left = 0;
  /** In order of use, oldest first. */
  readonly #entries = new Map<string, Entry<S>>();

  constructor(budgetBytes: number, clock: Pick<Clock, 'nowMs'>) {
    if (!(budgetBytes > 0)) throw new RangeError(`budgetBytes must be above 0, got ${budgetBytes}`);
    this.#budgetBytes = budgetBytes;
    this.#clock = clock;
  }

  /** Models loaded or being loaded. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * The session of a model, loading it at most once however many ask at the same time.
   * @param loader is given an `Opening`, for the part of it that takes memory.
   * @throws what `loader` throws, to everyone who waited for it; the next call loads again.
   */
  async acquire(modelId: string, loader: (open: Opening) => Promise<S>): Promise<SessionLease<S>> {
    await this.#retireBroken(modelId);
    const entry: Entry<S> = this.#entries.get(modelId) ?? {
      opening: 0,
      startMs: this.#clock.nowMs(),
      leases: 0,
      worth: 0,
      priority: this.#left,
    };
    this.#entries.delete(modelId);
    this.#entries.set(modelId, entry);
    entry.leases += 1;
    entry.loading ??= this.#load(entry, loader);
    let session: S;
    try {
      session = await entry.loading;
    } catch (error) {
      if (this.#entries.get(modelId) === entry) this.#entries.delete(modelId);
      throw error;
    }
    entry.priority = this.#left + entry.worth;
    try {
      await this.#evict();
    } catch (error) {
      entry.leases -= 1;
      throw error;
    }
    return { session, release: this.#releaseOf(entry) };
  }

  /** What was opened counts as opening until it counts as a session, with nothing in between. */
  async #load(entry: Entry<S>, loader: (open: Opening) => Promise<S>): Promise<S> {
    try {
      const session = await loader((bytes, work) => this.#open(entry, bytes, work));
      entry.worth = (this.#clock.nowMs() - entry.startMs) / Math.max(1, session.byteSize);
      entry.session = session;
      return session;
    } finally {
      this.#opening -= entry.opening;
      entry.opening = 0;
      this.#freed();
    }
  }

  /**
   * Room is made before and not after, and as much is opened at once as fits the budget beside what is in use, but always one, in the
   * order they came.
   */
  async #open<T>(entry: Entry<S>, bytes: number, work: () => Promise<T>): Promise<T> {
    const before = this.#turn;
    let begun = (): void => undefined;
    this.#turn = new Promise((resolve) => (begun = resolve));
    await before;
    while (this.#opening > 0 && this.#leasedBytes + this.#opening + bytes > this.#budgetBytes) {
      await new Promise<void>((resolve) => (this.#freed = resolve));
    }
    this.#opening += bytes;
    entry.opening += bytes;
    begun();
    await this.#evict();
    entry.startMs = this.#clock.nowMs();
    return work();
  }

  /** Hands a session over for good, if nobody holds it. */
  take(modelId: string): S | undefined {
    const entry = this.#entries.get(modelId);
    if (!entry?.session?.isUsable || entry.leases > 0) return undefined;
    this.#entries.delete(modelId);
    return entry.session;
  }

  /** Closes every session that is not leased; leased ones close with their last release. */
  async close(): Promise<void> {
    this.#budgetBytes = 0;
    await this.#evict();
  }

  get #heldBytes(): number {
    return [...this.#entries.values()].reduce((sum, { session }) => sum + (session?.byteSize ?? 0), 0);
  }

  /** Of what cannot be closed to make room. */
  get #leasedBytes(): number {
    const leased = [...this.#entries.values()].filter(({ leases }) => leases > 0);
    return leased.reduce((sum, { session }) => sum + (session?.byteSize ?? 0), 0);
  }

  #releaseOf(entry: Entry<S>): () => Promise<void> {
    let released = false;
    return async () => {
      if (released) throw new Error('a session lease was released twice');
      released = true;
      entry.leases -= 1;
      this.#freed();
      if (entry.isRetired && entry.leases === 0) await entry.session?.close();
      await this.#evict();
    };
  }

  /** Takes a session that broke out of the cache, so that one dead thread does not fail a model for good. */
  async #retireBroken(modelId: string): Promise<void> {
    const entry = this.#entries.get(modelId);
    if (!entry?.session || entry.session.isUsable) return;
    this.#entries.delete(modelId);
    entry.isRetired = true;
    if (entry.leases === 0) await entry.session.close();
  }

  /** Closes idle sessions, those of the least priority first, until the rest fits. */
  async #evict(): Promise<void> {
    const idle = [...this.#entries].filter(([, { leases, session }]) => leases === 0 && session !== undefined);
    const closing: Promise<void>[] = [];
    let held = this.#heldBytes + this.#opening;
    for (const [modelId, { session, priority }] of idle.sort(([, a], [, b]) => a.priority - b.priority)) {
      if (held <= this.#budgetBytes || !session) break;
      this.#entries.delete(modelId);
      this.#left = Math.max(this.#left, priority);
      held -= session.byteSize;
      closing.push(closed(session));
    }
    await Promise.all(closing);
  }
}

/** A session whose thread dies while it is closed is closed: that is no failure of whoever needed its place. */
async function closed(session: CachedSession): Promise<void> {
  try {
    await session.close();
  } catch (error) {
    if (session.isUsable) throw error;
  }
}
