/** The sweeper of the embedded server: sweeps, waits, and never gives up because of one failure. */
import { sweep, type SweepOptions, type SweepParts } from './sweep.js';

export interface SweepLoopOptions extends SweepOptions {
  readonly everyMs: number;
  readonly signal: AbortSignal;
}

export async function sweepUntilStopped(parts: SweepParts, options: SweepLoopOptions): Promise<void> {
  const { everyMs, signal } = options;
  while (!signal.aborted) {
    await sweep(parts, options).catch((error: unknown) => parts.log.error('sweep failed', { error }));
    await parts.clock.sleep(everyMs, signal).catch(() => undefined);
  }
}
