/** The machine's clock. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '@preheat/ports';

export const systemClock: Clock = {
  nowMs: () => Date.now(),

  async sleep(ms, signal) {
    try {
      await delay(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  },
};
