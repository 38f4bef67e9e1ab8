/**
 * How long an evaluation request waits for others to share its batch (D6): not at all while the session is free, since nobody
 * is gained by idling; while it is busy, a little, which costs at most a tenth of what the request takes anyway.
 */
const LONGEST_HOLD_MS = 10;
const LARGEST_SHARE = 0.1;

export function batchHoldMs(isBusy: boolean, medianRunMs: number): number {
  return isBusy ? Math.min(LONGEST_HOLD_MS, LARGEST_SHARE * medianRunMs) : 0;
}
