/**
 * Where a job goes in a pool that several models share, and whether it wakes a runner (D1, D2). Delay scheduling (Zaharia et
 * al., EuroSys 2010): a job whose model is in the memory of a runner that is about to be free is kept for it for no longer
 * than loading the model elsewhere would take. Production asks whenever a free runner looks at a job, the simulator when the
 * job comes.
 */
import { type Action, type Lease, type PoolView, worthOfBootMs } from './policy.js';

/** The longest delay that SQS takes. */
export const LONGEST_KEEP_MS = 900_000;

/** What is known when a job is looked at. */
export interface KeepQuestion extends Pick<PoolView, 'nowMs' | 'loadMs'> {
  /** Of other runners than the one that asks. */
  readonly leases: readonly Lease[];
  /** Since when the job waits. */
  readonly sinceMs: number;
}

/** For how long from now a job is kept for the runners that hold its model; 0: whoever is free takes it. */
export function keptForMs({ nowMs, sinceMs, loadMs, leases }: KeepQuestion, model: string): number {
  const leftMs = Math.max(0, sinceMs + Math.min(LONGEST_KEEP_MS, loadMs) - nowMs);
  return leases.some((lease) => lease.model === model && waitMs(lease, nowMs) < leftMs) ? leftMs : 0;
}

/** @param model Of the job that was submitted. */
export function placeJob(view: PoolView, model: string): Action[] {
  const affine = view.leases.filter((lease) => lease.model === model);
  if (affine.some(({ state }) => state === 'idle')) return [];
  const actions: Action[] = [];
  const afterMs = keptForMs({ ...view, sinceMs: view.nowMs }, model);
  if (afterMs > 0) actions.push({ type: 'offer', afterMs });
  else if (view.leases.some(({ state }) => state === 'idle')) return [];
  if (isStarvedWithout(view)) actions.push({ type: 'wake' });
  return actions;
}

/** Whether jobs would wait for longer than a boot is worth. */
function isStarvedWithout({ leases, queued, nowMs, bootMs, prices }: PoolView): boolean {
  const worthMs = worthOfBootMs({ bootMs, prices });
  let free = 0;
  for (const lease of leases) {
    if (lease.state === 'starting' || waitMs(lease, nowMs) <= worthMs) free++;
  }
  return free <= queued;
}

const waitMs = ({ state, freeAtMs }: Lease, nowMs: number): number =>
  state === 'idle' ? 0 : Math.max(0, freeAtMs - nowMs);
