/**
 * Where a job goes in a pool that several models share, and whether it wakes a runner (D1, D2). Delay scheduling (Zaharia et
 * al., EuroSys 2010): a job whose model is in the memory of a runner that is about to be free is kept for it for no longer
 * than loading the model elsewhere would take; queues cannot be filtered, so "kept" means that the copy of its message in the
 * overflow queue is delayed.
 */
import type { Action, Lease, PoolView } from './policy.js';

/** The longest delay that SQS takes. */
const LONGEST_OFFER_DELAY_MS = 900_000;

/** @param model Of the job that was submitted. */
export function placeJob(view: PoolView, model: string): Action[] {
  const affine = view.leases.filter((lease) => lease.model === model);
  if (affine.some(({ state }) => state === 'idle')) return [];
  const actions: Action[] = [];
  const isSoonFree = affine.some((lease) => waitMs(lease, view.nowMs) < view.loadMs);
  if (isSoonFree) actions.push({ type: 'offer', afterMs: Math.min(LONGEST_OFFER_DELAY_MS, view.loadMs) });
  else if (view.leases.some(({ state }) => state === 'idle')) return [];
  if (isStarvedWithout(view)) actions.push({ type: 'wake' });
  return actions;
}

/**
 * Whether jobs would wait for longer than a boot is worth: a woken runner costs its boot, a job that waits for a busy one
 * costs its user's time, and no wait beyond the boot itself is worth it.
 */
function isStarvedWithout({ leases, queued, nowMs, bootMs, prices }: PoolView): boolean {
  const worthMs = bootMs * Math.min(1, prices.runner / prices.waiting);
  let free = 0;
  for (const lease of leases) {
    if (lease.state === 'starting' || waitMs(lease, nowMs) <= worthMs) free++;
  }
  return free <= queued;
}

const waitMs = ({ state, freeAtMs }: Lease, nowMs: number): number =>
  state === 'idle' ? 0 : Math.max(0, freeAtMs - nowMs);
