/**
 * A worker's hold on one run. As with jobs, the lease says who works and its epoch is the fence: every write is a
 * compare-and-swap that first makes sure the lease is still ours, so a worker that was presumed dead, or whose run was
 * canceled, can write nothing more.
 */
import { ENDED_RUN_STATES, KEYS, type Lease, type StoredRun } from '@preheat/contracts';
import { hasExpired, isHeldBy, renewLease, takeLease, type Versioned } from '@preheat/jobs';
import type { Clock, Log } from '@preheat/ports';
import type { Runs } from './runs.js';

/** The run was canceled, deleted or taken over: stop, write nothing. */
export class LostRunError extends Error {
  override readonly name = 'LostRunError';
}

/** Leases a run may lose without any progress in between before it is failed. */
export const MAX_RUN_ATTEMPTS = 5;

type Patch = Partial<StoredRun>;

export class HeldRun {
  readonly lease: Lease;
  readonly #runs: Runs;
  readonly #clock: Clock;
  readonly #ttlMs: number;
  readonly #lost = new AbortController();
  #stored: Versioned<StoredRun>;
  /** One write after the other: heartbeat and results share the hold. */
  #tail: Promise<unknown> = Promise.resolve();

  private constructor(runs: Runs, clock: Clock, stored: Versioned<StoredRun>, lease: Lease, ttlMs: number) {
    this.#runs = runs;
    this.#clock = clock;
    this.#stored = stored;
    this.lease = lease;
    this.#ttlMs = ttlMs;
  }

  /** Takes the run if there is something to do and nobody alive does it. */
  static async acquire(
    runs: Runs,
    clock: Clock,
    key: { evalId: string; runId: string },
    worker: { id: string; leaseTtlMs: number },
  ): Promise<HeldRun | undefined> {
    const path = KEYS.run(key.evalId, key.runId);
    const current = await runs.documents.read(path);
    const run = current && afterExpiry(current.document, clock.nowMs());
    if (!current || !run || ENDED_RUN_STATES.has(run.state)) return undefined;
    const lease = takeLease(run, worker.id, clock.nowMs(), worker.leaseTtlMs);
    const writeId = `${worker.id}-${lease.epoch}`;
    const next: StoredRun = { ...run, state: 'in_progress', lease, epoch: lease.epoch, writeId };
    const result = await runs.documents.replace(path, current as Versioned<StoredRun>, next);
    return result.ok ? new HeldRun(runs, clock, result.stored, lease, worker.leaseTtlMs) : undefined;
  }

  /** The document as last written. */
  get run(): StoredRun {
    return this.#stored.document;
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Applies a change and renews the lease. @throws LostRunError. */
  write(change: (run: StoredRun) => Patch): Promise<void> {
    const next = this.#tail.then(() => this.#swap(change));
    this.#tail = next.catch(() => undefined);
    return next;
  }

  /** Renews the lease until the signal aborts or the run is lost. A failed renewal is tried again with the next beat. */
  async keepAlive(signal: AbortSignal, log: Log): Promise<void> {
    const either = AbortSignal.any([signal, this.lost]);
    while (!either.aborted) {
      await this.#clock.sleep(this.#ttlMs / 3, either).catch(() => undefined);
      if (either.aborted) return;
      await this.write(() => ({})).catch((error: unknown) => {
        if (!either.aborted) log.warn('a heartbeat failed; the next one tries again', { runId: this.run.id, error });
      });
    }
  }

  async #swap(change: (run: StoredRun) => Patch): Promise<void> {
    let isOurs = false;
    const renewed = (run: StoredRun): StoredRun | undefined => {
      isOurs = isHeldBy(run, this.lease);
      if (!isOurs) return undefined;
      return { ...run, lease: renewLease(this.lease, this.#clock.nowMs(), this.#ttlMs), ...change(run) };
    };
    const path = KEYS.run(this.run.evalId, this.run.id);
    const stored = await this.#runs.documents.update(path, renewed, this.#stored);
    if (isOurs && stored) {
      this.#stored = stored;
      return;
    }
    this.#lost.abort(new LostRunError(`run ${this.run.id} was canceled or taken over`));
    throw this.#lost.signal.reason;
  }
}

/** The run as it stands once an expired lease is counted; undefined while somebody alive holds it. */
export function afterExpiry(run: StoredRun, nowMs: number): StoredRun | undefined {
  if (run.lease === null) return run;
  if (!hasExpired(run, nowMs)) return undefined;
  return afterFailure(run, 'The worker died');
}

/** Counts a failed attempt: the run is queued again, or failed when it failed too often without progress. */
export function afterFailure(run: StoredRun, what: string): StoredRun {
  const attempts = run.attempts + 1;
  if (attempts < MAX_RUN_ATTEMPTS) return { ...run, state: 'queued', lease: null, attempts };
  const message = `${what} ${attempts} times in a row; the run was stopped.`;
  return { ...run, state: 'failed', lease: null, attempts, error: { code: 'evaluation_failed', message } };
}
