/** Writes an object whose bytes nobody else would write differently, so that an unknown outcome is simply tried again. */
import type { ObjectStore } from './object-store.js';
import { UnknownOutcomeError } from './store-errors.js';

const MAX_ATTEMPTS = 5;

/**
 * @param body bytes, or a function that streams the same ones each time it is called.
 * @throws UnknownOutcomeError when every attempt's answer was lost; other errors of the store pass through.
 */
export async function putIdempotent(
  store: ObjectStore,
  key: string,
  body: Uint8Array | (() => AsyncIterable<Uint8Array>),
  contentType = 'application/octet-stream',
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      const options = { contentType };
      const result = await (typeof body === 'function'
        ? store.putStream(key, body(), options)
        : store.put(key, body, options));
      if (result.ok) return;
    } catch (error) {
      if (!(error instanceof UnknownOutcomeError) || attempt === MAX_ATTEMPTS) throw error;
    }
    if (attempt === MAX_ATTEMPTS) throw new UnknownOutcomeError(key);
  }
}
