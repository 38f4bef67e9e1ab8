/** How long a request waits for a model to be loaded: below what ends the wait in another way, so that clients are told. */

export interface Patience {
  /** Of a request to which nothing can be said meanwhile. */
  readonly heldMs: number;
  /** Of a stream. */
  readonly warmingMs: number;
}

/** Below the time-outs of the proxies in front of a server. */
const HELD_MS = 50_000;
/** Official clients give up after ten minutes: what is said before that reaches them. */
const WARMING_MS = 540_000;
/** For saying so. */
const RESERVE_MS = 10_000;

/** @param answerLimitMs From when on the process is stopped in the middle of an answer, if it is. */
export function patience(answerLimitMs = Number.POSITIVE_INFINITY): Patience {
  const mostMs = answerLimitMs - RESERVE_MS;
  return { heldMs: Math.min(HELD_MS, mostMs), warmingMs: Math.min(WARMING_MS, mostMs) };
}
