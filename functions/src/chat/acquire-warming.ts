/** Waiting for a model in a stream; a comment every few seconds tells clients and proxies that the wait is intended. */
import type { Clock } from '@preheat/ports';
import type { ServedModel } from '../serving/decoder-serving.js';

export interface Warming {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  acquire(): Promise<ServedModel>;
}

const WARMING_EVERY_MS = 5_000;
const WARMING_FRAME = ': warming\n\n';

export async function* acquireWarming({ acquire, clock, signal }: Warming): AsyncGenerator<string, ServedModel> {
  const ready = acquire();
  for (;;) {
    const tick = new AbortController();
    const tired = clock.sleep(WARMING_EVERY_MS, AbortSignal.any([signal, tick.signal])).then(() => undefined);
    const first = await Promise.race([ready, tired.catch(() => undefined)]);
    tick.abort();
    if (first !== undefined) return first;
    if (signal.aborted) {
      await (await ready).release();
      signal.throwIfAborted();
    }
    yield WARMING_FRAME;
  }
}
