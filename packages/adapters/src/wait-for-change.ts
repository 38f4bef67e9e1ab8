/** A wait that something else may end early, without an exception for either way of ending. */
import type { Clock } from '@preheat/ports';

/** Resolves after `ms` or when `signal` aborts, whichever is first. Other failures of the clock pass through. */
export async function waitForChange(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await clock.sleep(ms, signal);
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}
