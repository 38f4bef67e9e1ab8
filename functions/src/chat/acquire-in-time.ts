/**
 * Waiting for a model where nothing can be said meanwhile. Clients wait ten minutes for an answer, and repeat a 503 twice after
 * what `retry-after` says: a request is held for a while, then refused for now. Loading goes on, so that the next try finds it.
 */
import { ApiError } from '@preheat/contracts';
import type { Clock } from '@preheat/ports';
import type { ServedModel } from '../serving/decoder-serving.js';
import { timeLimit, withinLimit } from '../serving/time-limit.js';

/** Below the time-outs of the proxies in front of a server. */
const HELD_MS = 50_000;
/** Official clients ignore more than 60. */
const RETRY_AFTER_SECONDS = 20;

/** @throws ApiError `overloaded` when the model is still being loaded after that long. */
export async function acquireInTime(acquire: () => Promise<ServedModel>, clock: Clock): Promise<ServedModel> {
  const opening = acquire();
  const { signal, end } = timeLimit(clock, HELD_MS);
  try {
    return await withinLimit(opening, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    // Given back as soon as it is there, and kept open for who asks next.
    opening.then(
      (model) => model.release(),
      () => undefined,
    );
    throw stillLoading(HELD_MS);
  } finally {
    end();
  }
}

export function stillLoading(waitedMs: number): ApiError {
  const message = `The model is still being loaded after ${waitedMs / 1000} s; loading goes on.`;
  return new ApiError('overloaded', message, { retryAfterSeconds: RETRY_AFTER_SECONDS });
}
