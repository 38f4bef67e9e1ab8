/** What a client that waits in the queue is told: whether a warm runner will take its job, and how long that may take. */
import { ASSUMED_COLD_START_MS, decideLinger, type RunnerState } from './linger.js';

export interface QueueHint {
  /** `warm`: a runner is up and idle. `busy`: all are working. `cold`: none is up. */
  readonly start: 'warm' | 'busy' | 'cold';
  /** Lower bound of the wait; null while runners are busy, since jobs do not say how long they run. */
  readonly waitMs: number | null;
}

/** The hint for a job with `jobsAhead` jobs before it, given the runners that are up. */
export function queueHint(runners: readonly RunnerState[], jobsAhead: number, nowMs: number): QueueHint {
  const staying = runners.filter((runner) => decideLinger(runner, nowMs).lingerMs > 0);
  if (staying.length === 0) return { start: 'cold', waitMs: longestColdStartMs(runners) };
  const idle = staying.filter((runner) => runner.idleSinceMs !== null).length;
  return idle > jobsAhead ? { start: 'warm', waitMs: 0 } : { start: 'busy', waitMs: null };
}

function longestColdStartMs(runners: readonly RunnerState[]): number {
  const measured = runners.flatMap((runner) => runner.coldStartMs ?? []);
  return measured.length === 0 ? ASSUMED_COLD_START_MS : Math.max(...measured);
}
