/** Waiting for a model in a stream; a comment every few seconds tells clients and proxies that the wait is intended. */
import type { Clock } from '@preheat/ports';
import type { ServedModel } from '../serving/decoder-serving.js';
import { stillLoading } from './acquire-in-time.js';

export interface Warming {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  acquire(): Promise<ServedModel>;
}

const WARMING_EVERY_MS = 5_000;
const WARMING_FRAME = ': warming\n\n';
/** Official clients give up after ten minutes: what is said before that reaches them. */
const MAX_WARMING_MS = 540_000;

/** @throws ApiError `overloaded` when the wait is too long even for a stream; loading goes on. */
export async function* acquireWarming({ acquire, clock, signal }: Warming): AsyncGenerator<string, ServedModel> {
  const ready = acquire();
  const startMs = clock.nowMs();
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
    const waitedMs = clock.nowMs() - startMs;
    if (waitedMs >= MAX_WARMING_MS) {
      ready.then(
        (model) => model.release(),
        () => undefined,
      );
      throw stillLoading(waitedMs);
    }
    yield WARMING_FRAME;
  }
}
