/** Rows of one call share its signal: it is listened to once, however many there are. */
import type { DecodingRow } from './decoding-row.js';

/** Fails the rows that are not over with the signal's reason, now or later. @returns What stops listening. */
export function giveUpWhenAborted(rows: readonly DecodingRow[], signal: AbortSignal | undefined): () => void {
  const giveUp = (): void => {
    for (const row of rows) row.giveUp(signal?.reason);
  };
  if (signal?.aborted) giveUp();
  else signal?.addEventListener('abort', giveUp, { once: true });
  return () => signal?.removeEventListener('abort', giveUp);
}
