/**
 * Decoders kept open for serving, least recently used first out, within a budget of bytes. A decoder in use is never
 * closed: the budget may be exceeded while everything in it is leased, and is restored by the releases.
 */

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

interface Entry<S> {
  readonly loading: Promise<S>;
  session?: S;
  leases: number;
  /** No longer handed out; closed with its last lease. */
  isRetired?: boolean;
}

export class SessionCache<S extends CachedSession> {
  #budgetBytes: number;
  /** In order of use, oldest first. */
  readonly #entries = new Map<string, Entry<S>>();

  constructor(budgetBytes: number) {
    if (!(budgetBytes > 0)) throw new RangeError(`budgetBytes must be above 0, got ${budgetBytes}`);
    this.#budgetBytes = budgetBytes;
  }

  /** Models loaded or being loaded. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * The session of a model, loading it at most once however many ask at the same time.
   * @throws what `loader` throws, to everyone who waited for it; the next call loads again.
   */
  async acquire(modelId: string, loader: () => Promise<S>): Promise<SessionLease<S>> {
    await this.#retireBroken(modelId);
    const entry = this.#entries.get(modelId) ?? { loading: loader(), leases: 0 };
    this.#entries.delete(modelId);
    this.#entries.set(modelId, entry);
    entry.leases += 1;
    try {
      entry.session = await entry.loading;
    } catch (error) {
      if (this.#entries.get(modelId) === entry) this.#entries.delete(modelId);
      throw error;
    }
    await this.#evict();
    return { session: entry.session, release: this.#releaseOf(entry) };
  }

  /** Closes every session that is not leased; leased ones close with their last release. */
  async close(): Promise<void> {
    this.#budgetBytes = 0;
    await this.#evict();
  }

  #releaseOf(entry: Entry<S>): () => Promise<void> {
    let released = false;
    return async () => {
      if (released) throw new Error('a session lease was released twice');
      released = true;
      entry.leases -= 1;
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

  /** Closes the least recently used idle sessions until the rest fits. */
  async #evict(): Promise<void> {
    const closing: Promise<void>[] = [];
    let held = [...this.#entries.values()].reduce((sum, { session }) => sum + (session?.byteSize ?? 0), 0);
    for (const [modelId, entry] of this.#entries) {
      if (held <= this.#budgetBytes) break;
      if (entry.leases > 0 || !entry.session) continue;
      this.#entries.delete(modelId);
      held -= entry.session.byteSize;
      closing.push(entry.session.close());
    }
    await Promise.all(closing);
  }
}
