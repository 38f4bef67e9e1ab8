/**
 * How long a runner stays warm, learned: the time that would have cost least over the gaps seen so far. While little is
 * known it never stays beyond break-even, so a new key never costs more than twice the optimum (Karlin et al. 1988); with
 * knowledge, a key whose next job rarely comes is left at once, and one whose next job mostly comes just after break-even
 * is waited for.
 */
import { CENTRES_MS, EDGES_MS, type GapCounts, gapShares } from './gap-histogram.js';
import { allPaces, type KeyState, paceAt } from './key-state.js';

/** Gaps of its own that outweigh a prior. There are two: the key at any pace, and the class at this pace. */
const PRIOR_WEIGHT = 5;
/** Gaps after which a key may stay beyond break-even. */
const TRUSTED_AFTER = 8;
export const LONGEST_LINGER_MS = EDGES_MS.at(-1) as number;

export interface LingerQuestion {
  /** Gaps until a job that could use the runner, as all writers saw them. */
  readonly seen: KeyState;
  /** Of other keys of the class: what is expected before much was seen. */
  readonly prior?: KeyState;
  readonly nowMs: number;
  /** Price of an idle millisecond. */
  readonly idlePrice: number;
  /** What leaving costs when a job comes after all. */
  readonly missCost: number;
}

/** Milliseconds, 0 to 6 h. */
export function learnedLingerMs({ seen, prior, nowMs, idlePrice, missCost }: LingerQuestion): number {
  const breakEvenMs = missCost / idlePrice;
  const pace = paceAt(seen, nowMs);
  const priors = [allPaces(seen), ...(prior ? [prior.gaps[pace] as GapCounts] : [])];
  const shares = gapShares(seen.gaps[pace] as GapCounts, priors, PRIOR_WEIGHT);
  if (!shares) return Math.min(breakEvenMs, LONGEST_LINGER_MS);
  return cheapestStayMs(shares, idlePrice, missCost, seen.observed < TRUSTED_AFTER ? breakEvenMs : Infinity);
}

/** Argmin over the edges T of Σ_{g<T} p(g)·g·w + P(g≥T)·(T·w + C). */
function cheapestStayMs(shares: GapCounts, idlePrice: number, missCost: number, limitMs: number): number {
  let [bestMs, bestCost, idle, beyond] = [0, Infinity, 0, 1];
  for (const [bin, edgeMs] of EDGES_MS.entries()) {
    if (edgeMs > limitMs) break;
    const cost = idle + beyond * (edgeMs * idlePrice + missCost);
    // A difference within rounding is none: the shorter stay wins.
    if (cost < bestCost * (1 - 1e-9)) [bestMs, bestCost] = [edgeMs, cost];
    const share = shares[bin] as number;
    idle += share * (CENTRES_MS[bin] as number) * idlePrice;
    beyond -= share;
  }
  return bestMs;
}
