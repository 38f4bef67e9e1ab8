/** Waiting for a process of its own: asks again and again, with a limit, because there is nothing to subscribe to. */
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 200;

/** The first value that satisfies `isDone`. @throws Error with the last value after `limitMs`. */
export async function waitFor<T>(
  what: string,
  read: () => Promise<T>,
  isDone: (value: T) => boolean,
  limitMs: number,
): Promise<T> {
  const giveUpAtMs = Date.now() + limitMs;
  for (;;) {
    const value = await read();
    if (isDone(value)) return value;
    if (Date.now() > giveUpAtMs) throw new Error(`${what} did not happen in ${limitMs} ms: ${JSON.stringify(value)}`);
    await delay(POLL_MS);
  }
}
