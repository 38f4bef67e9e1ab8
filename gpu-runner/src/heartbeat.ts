/** Keeps a lease alive from a timer while training runs; stops when the job is lost or the caller is done. */
import { type LeasedJob, LostLeaseError } from '@preheat/jobs';
import type { Clock, Log } from '@preheat/ports';
import type { Alarm } from '@preheat/recipes';
import { alarmEvent } from './alarms.js';

/** Renews every third of the lease, so that two renewals may fail before the lease runs out. */
export const RENEWALS_PER_LEASE = 3;

/**
 * Beats until `stop` aborts or the lease is lost. A store that cannot be reached is retried with the next beat: the lease
 * itself decides when that has taken too long.
 */
export async function beatUntil(
  stop: AbortSignal,
  leased: LeasedJob,
  options: { clock: Clock; ttlMs: number; log: Log },
): Promise<void> {
  let failed = 0;
  while (!stop.aborted && !leased.lost.aborted) {
    try {
      await options.clock.sleep(options.ttlMs / RENEWALS_PER_LEASE, stop);
      await leased.heartbeat();
      // Events wait in the runner meanwhile; what is told here is why they came late.
      if (failed > 0) leased.record(alarmEvent(lateTelemetry(failed), null));
      failed = 0;
    } catch (error) {
      if (stop.aborted || error instanceof LostLeaseError) return;
      failed++;
      options.log.warn('a heartbeat failed; the next one tries again', { error });
    }
  }
}

const lateTelemetry = (failed: number): Alarm => ({
  detector: 'telemetry_down',
  isWorthless: false,
  cause: 'events could not be written for a while; they were kept, and follow in order',
  evidence: { failed_heartbeats: failed },
});
