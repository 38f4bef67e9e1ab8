/**
 * Waiting for a model where nothing can be said meanwhile. Clients wait ten minutes for an answer, and repeat a 503 twice after
 * what `retry-after` says: a request is held for a while, then refused for now. In a process that goes on after its answer, loading
 * does, so that the next try finds the model.
 */
import { ApiError } from '@preheat/contracts';
import type { Clock, Log } from '@preheat/ports';
import type { ServedModel } from '../serving/decoder-serving.js';
import { releaseLate } from '../serving/release-late.js';
import { timeLimit, withinLimit } from '../serving/time-limit.js';
import type { Patience } from './patience.js';

export interface Waiting {
  readonly clock: Clock;
  readonly log: Log;
  readonly patience: Patience;
}

/** Official clients ignore more than 60. */
const RETRY_AFTER_SECONDS = 20;

/** @throws ApiError `overloaded` when the model is still being loaded after that long. */
export async function acquireInTime(
  acquire: () => Promise<ServedModel>,
  { clock, log, patience: { heldMs } }: Waiting,
): Promise<ServedModel> {
  const opening = acquire();
  const { signal, end } = timeLimit(clock, heldMs);
  try {
    return await withinLimit(opening, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    // Kept open for who asks next.
    releaseLate(opening, log);
    throw stillLoading(heldMs);
  } finally {
    end();
  }
}

export function stillLoading(waitedMs: number): ApiError {
  const waited = Math.round(waitedMs / 1000);
  const message = `The model is still being loaded after ${waited} s. Try again in ${RETRY_AFTER_SECONDS} s.`;
  return new ApiError('overloaded', message, { retryAfterSeconds: RETRY_AFTER_SECONDS });
}
