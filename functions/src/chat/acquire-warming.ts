/** Waiting for a model in a stream; a comment every few seconds tells clients and proxies that the wait is intended. */
import type { ServedModel } from '../serving/decoder-serving.js';
import { releaseLate } from '../serving/release-late.js';
import { stillLoading, type Waiting } from './acquire-in-time.js';

export interface Warming extends Waiting {
  readonly signal: AbortSignal;
  acquire(): Promise<ServedModel>;
}

const WARMING_EVERY_MS = 5_000;
const WARMING_FRAME = ': warming\n\n';

/**
 * A model that comes when nobody reads the stream any more is given back, wherever the stream was left.
 * @throws ApiError `overloaded` when the wait is too long even for a stream.
 */
export async function* acquireWarming(options: Warming): AsyncGenerator<string, ServedModel> {
  const { acquire, clock, log, signal } = options;
  const opening = acquire();
  let isHandedOver = false;
  try {
    const startMs = clock.nowMs();
    for (;;) {
      const model = await orTick(opening, options);
      isHandedOver = model !== undefined;
      if (model !== undefined) return model;
      signal.throwIfAborted();
      const waitedMs = clock.nowMs() - startMs;
      if (waitedMs >= options.patience.warmingMs) throw stillLoading(waitedMs);
      yield WARMING_FRAME;
    }
  } finally {
    if (!isHandedOver) releaseLate(opening, log);
  }
}

/** Undefined when the model is not there after a while, or nobody waits any more. */
async function orTick<T>(opening: Promise<T>, { clock, signal }: Warming): Promise<T | undefined> {
  const isThere = new AbortController();
  const ticked = clock.sleep(WARMING_EVERY_MS, AbortSignal.any([signal, isThere.signal])).then(
    () => undefined,
    () => undefined,
  );
  try {
    return await Promise.race([opening, ticked]);
  } finally {
    isThere.abort();
  }
}
