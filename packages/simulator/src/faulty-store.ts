/**
 * An ObjectStore that misbehaves as a real one may, and never otherwise: conditions always hold, reads always see the
 * last write, and what is refused is not written. What a caller must survive is slowness, conflicts, and writes
 * whose answer is lost: before they happened, after, or while they are still on their way.
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
  /** As above, but the write happens up to `lateCommitMaxMs` after the caller was told: a read-back can miss it. */
  readonly lateCommit?: number;
  readonly lateCommitMaxMs?: number;
  /** A read, listing or delete fails with StoreUnavailableError and does nothing. */
  readonly unavailable?: number;
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
  readonly #faults: StoreFaults;
  readonly #log: Log | undefined;
  readonly #late = new Set<Promise<void>>();

  constructor(inner: ObjectStore, { clock, random, faults, log }: FaultyStoreOptions) {
    this.#inner = inner;
    this.#clock = clock;
    this.#random = random;
    this.#faults = faults;
    this.#log = log;
  }

  put(key: string, body: Uint8Array, options?: PutOptions): Promise<PutResult> {
    // A late write happens after the caller has got its buffer back.
    const sent = body.slice();
    return this.#write(key, options, () => this.#inner.put(key, sent, options));
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
    return this.#call('list', prefix, () => this.#inner.list(prefix, options));
  }

  delete(key: string): Promise<void> {
    return this.#call('delete', key, () => this.#inner.delete(key));
  }

  getStream(key: string, options?: GetOptions): Promise<StoredStream | undefined> {
    return this.#call('getStream', key, () => this.#inner.getStream(key, options));
  }

  /** Resolves when no write is on its way any more; a scenario ends with it before it looks at the inner store. */
  async settled(): Promise<void> {
    while (this.#late.size > 0) await Promise.all(this.#late);
  }

  async #write(key: string, options: PutOptions | undefined, commit: () => Promise<PutResult>): Promise<PutResult> {
    await this.#latency();
    const faults = this.#faults;
    if (options?.condition !== undefined && this.#strikes('conflict', key, faults.conflict)) {
      return { ok: false, reason: 'conflict' };
    }
    if (this.#strikes('timeoutBeforeCommit', key, faults.timeoutBeforeCommit)) throw new UnknownOutcomeError(key);
    if (this.#strikes('lateCommit', key, faults.lateCommit)) {
      this.#commitLate(key, commit);
      throw new UnknownOutcomeError(key);
    }
    const answerLost = this.#strikes('timeoutAfterCommit', key, faults.timeoutAfterCommit);
    const result = await commit();
    await this.#latency();
    if (answerLost) throw new UnknownOutcomeError(key);
    return result;
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

  async #latency(): Promise<void> {
    const ms = Math.round(this.#random.float() * ((this.#faults.latencyMaxMs ?? 0) / 2));
    if (ms > 0) await this.#clock.sleep(ms);
  }
}
