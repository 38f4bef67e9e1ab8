/** Keeps a lease alive from a timer while training runs; stops when the job is lost or the caller is done. */
import { type LeasedJob, LostLeaseError } from '@preheat/jobs';
import type { Clock, Log } from '@preheat/ports';

/** Renews every third of the lease, so that two renewals may fail before the lease runs out. */
const RENEWALS_PER_LEASE = 3;

/**
 * Beats until `stop` aborts or the lease is lost. A store that cannot be reached is retried with the next beat: the lease
 * itself decides when that has taken too long.
 */
export async function beatUntil(
  stop: AbortSignal,
  leased: LeasedJob,
  options: { clock: Clock; ttlMs: number; log: Log },
): Promise<void> {
  while (!stop.aborted && !leased.lost.aborted) {
    try {
      await options.clock.sleep(options.ttlMs / RENEWALS_PER_LEASE, stop);
      await leased.heartbeat();
    } catch (error) {
      if (stop.aborted || error instanceof LostLeaseError) return;
      options.log.warn('a heartbeat failed; the next one tries again', { error });
    }
  }
}
