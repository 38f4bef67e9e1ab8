/**
 * An ObjectStore that misbehaves as a real one may, and never otherwise: conditions always hold, reads always see the
 * last write, and what is refused is not written. What a caller must survive is slowness, conflicts, listings that lag, and
 * writes whose answer is lost or wrong: before they happened, after, or while they are still on their way.
 */
import { UnknownOutcomeError } from '@preheat/ports';
import type {
  Clock,
  GetOptions,
  ListOptions,
  ListResult,
  Log,
  ObjectMeta,
  ObjectStore,
  PutOptions,
  PutResult,
  Random,
  StoredObject,
  StoredStream,
} from '@preheat/ports';
import { StaleListings } from './stale-listings.js';

/** Probabilities of each fault for one call; all 0 unless given. */
export interface StoreFaults {
  /** Each call takes up to this long, half of it before the store is touched. */
  readonly latencyMaxMs?: number;
  /** A conditional write is answered `conflict`. */
  readonly conflict?: number;
  /** A write is lost on the way; the caller sees UnknownOutcomeError. */
  readonly timeoutBeforeCommit?: number;
  /** A write happens and its answer is lost; the caller sees UnknownOutcomeError. */
  readonly timeoutAfterCommit?: number;
  /** A conditional write happens, something on the way repeats it, and the caller is told `precondition`. */
  readonly refusedAfterCommit?: number;
  /** As `timeoutAfterCommit`, but the write happens up to `lateCommitMaxMs` after the caller was told: a read-back can miss it. */
  readonly lateCommit?: number;
  readonly lateCommitMaxMs?: number;
  /** A read, listing or delete fails with StoreUnavailableError and does nothing. */
  readonly unavailable?: number;
  /** A listing shows the store as it was up to `staleListMaxMs` ago. */
  readonly staleList?: number;
  readonly staleListMaxMs?: number;
}

export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}

export interface FaultyStoreOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly faults: StoreFaults;
  /** Told about every fault, so that the trace of a failure shows it. */
  readonly log?: Log;
}

export class FaultyStore implements ObjectStore {
  readonly #inner: ObjectStore;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #log: Log | undefined;
  readonly #late = new Set<Promise<void>>();
  readonly #listings: StaleListings;
  #faults: StoreFaults;

  constructor(inner: ObjectStore, { clock, random, faults, log }: FaultyStoreOptions) {
    this.#inner = inner;
    this.#clock = clock;
    this.#random = random;
    this.#faults = faults;
    this.#log = log;
    this.#listings = new StaleListings(clock);
  }

  /** No fault strikes any more; what is still on its way arrives. Latency stays. */
  heal(): void {
    const { latencyMaxMs } = this.#faults;
    this.#faults = latencyMaxMs === undefined ? {} : { latencyMaxMs };
  }

  put(key: string, body: Uint8Array, options?: PutOptions): Promise<PutResult> {
    // A late write happens after the caller has got its buffer back.
    const sent = body.slice();
    return this.#write(key, options, () => this.#commit(key, sent, options));
  }

  /** The stream is read before any fault is drawn: its source belongs to the caller's time, not the network's. */
  async putStream(key: string, body: AsyncIterable<Uint8Array>, options?: PutOptions): Promise<PutResult> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    return this.put(key, Buffer.concat(chunks), options);
  }

  get(key: string, options?: GetOptions): Promise<StoredObject | undefined> {
    return this.#call('get', key, () => this.#inner.get(key, options));
  }

  head(key: string): Promise<ObjectMeta | undefined> {
    return this.#call('head', key, () => this.#inner.head(key));
  }

  list(prefix: string, options?: ListOptions): Promise<ListResult> {
    return this.#call('list', prefix, async () => {
      const page = await this.#inner.list(prefix, options);
      if (!this.#strikes('staleList', prefix, this.#faults.staleList)) return page;
      const lagMs = this.#random.int((this.#faults.staleListMaxMs ?? 5000) + 1);
      return this.#listings.before(page, prefix, options?.startAfter, lagMs);
    });
  }

  delete(key: string): Promise<void> {
    return this.#call('delete', key, async () => {
      const was = await this.#inner.head(key);
      await this.#inner.delete(key);
      if (was) this.#listings.deleted({ key, ...was });
    });
  }

  getStream(key: string, options?: GetOptions): Promise<StoredStream | undefined> {
    return this.#call('getStream', key, () => this.#inner.getStream(key, options));
  }

  /** Resolves when no write is on its way any more; a scenario ends with it before it looks at the inner store. */
  async settled(): Promise<void> {
    while (this.#late.size > 0) await Promise.all(this.#late);
  }

  async #commit(key: string, body: Uint8Array, options: PutOptions | undefined): Promise<PutResult> {
    const isNew = this.#faults.staleList !== undefined && (await this.#inner.head(key)) === undefined;
    const result = await this.#inner.put(key, body, options);
    if (isNew && result.ok) this.#listings.created(key);
    return result;
  }

  async #write(key: string, options: PutOptions | undefined, commit: () => Promise<PutResult>): Promise<PutResult> {
    await this.#latency();
    const faults = this.#faults;
    const isConditional = options?.condition !== undefined;
    if (isConditional && this.#strikes('conflict', key, faults.conflict)) return { ok: false, reason: 'conflict' };
    if (this.#strikes('timeoutBeforeCommit', key, faults.timeoutBeforeCommit)) throw new UnknownOutcomeError(key);
    if (this.#strikes('lateCommit', key, faults.lateCommit)) {
      this.#commitLate(key, commit);
      throw new UnknownOutcomeError(key);
    }
    const answerLost = this.#strikes('timeoutAfterCommit', key, faults.timeoutAfterCommit);
    const repeated = isConditional && this.#strikes('refusedAfterCommit', key, faults.refusedAfterCommit);
    const result = await commit();
    await this.#latency();
    if (answerLost) throw new UnknownOutcomeError(key);
    return repeated ? { ok: false, reason: 'precondition' } : result;
  }

  #commitLate(key: string, commit: () => Promise<PutResult>): void {
    const delayMs = this.#random.int((this.#faults.lateCommitMaxMs ?? 1000) + 1);
    const late = this.#clock.sleep(delayMs).then(async () => {
      const result = await commit();
      this.#log?.debug('fault: late write arrived', { key, outcome: result.ok ? 'ok' : result.reason });
      this.#late.delete(late);
    });
    this.#late.add(late);
  }

  async #call<T>(method: string, key: string, read: () => Promise<T>): Promise<T> {
    await this.#latency();
    if (this.#strikes('unavailable', key, this.#faults.unavailable)) {
      throw new StoreUnavailableError(`${method} ${key}: the store did not answer`);
    }
    const result = await read();
    await this.#latency();
    return result;
  }

  /** Draws whether or not the fault can strike, so that changing one rate does not shift the other draws. */
  #strikes(fault: keyof StoreFaults, key: string, rate = 0): boolean {
    const strikes = this.#random.float() < rate;
    if (strikes) this.#log?.debug(`fault: ${fault}`, { key });
    return strikes;
  }

  #latency(): Promise<void> | undefined {
    const ms = Math.round(this.#random.float() * ((this.#faults.latencyMaxMs ?? 0) / 2));
    return ms > 0 ? this.#clock.sleep(ms) : undefined;
  }
}
