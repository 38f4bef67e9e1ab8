/**
 * Deletes what nothing refers to: what dead runners, lost races and merged event segments leave under `jobs/<id>/`, checkpoints
 * that their job does not keep, and the names of models that never became part of their job. Only what is older than a grace
 * period: until then a writer may still be about to refer to it. Only keys that no later writer uses again (they contain a write
 * id or an epoch), or names of jobs that have ended, so that deleting races with nobody. A write may arrive however late (its
 * process was stopped, its request was on its way), so looks at a job become rare, and never end.
 */
import { KEYS } from '@preheat/contracts';
import { putIdempotent } from '@preheat/ports';
import { collectJob } from './collect-job.js';
import { decodeTraces, encodeTraces } from './collection-entry.js';
import type { JobStore, JobStoreDependencies } from './job-store.js';
import { SweepTurn } from './sweep-turns.js';
import { ActiveRuns } from './uses.js';

export interface CollectResult {
  readonly looked: number;
  readonly deleted: number;
  /** Jobs whose objects could not be read or deleted; the log says why. */
  readonly failed: number;
}

export interface CollectOptions {
  /** Age from which an object that nothing refers to is deleted. */
  readonly orphanGraceMs: number;
  /** What of the schedule is looked at; all that is due unless said. */
  readonly turn?: SweepTurn;
  /** Runs under way as they were read before. */
  readonly runs?: ActiveRuns;
}

/**
 * Looks at each job once a grace period, from its creation until nothing is left to delete, and from then on
 * whenever the time since its end has about doubled: all looks of a day are about as many as the jobs of a few days.
 */
export async function collectJobs(
  jobs: JobStore,
  deps: JobStoreDependencies,
  { orphanGraceMs, turn = new SweepTurn(deps), runs = new ActiveRuns(deps.store) }: CollectOptions,
): Promise<CollectResult> {
  const result = { looked: 0, deleted: 0, failed: 0 };
  const nowMs = deps.clock.nowMs();
  const isDue = (key: string): boolean => splitCollectionKey(key)[0] + orphanGraceMs <= nowMs;
  for await (const { key } of turn.entries(KEYS.collections, isDue)) {
    const [, jobId] = splitCollectionKey(key);
    result.looked++;
    try {
      const traces = decodeTraces((await deps.store.get(key))?.body);
      const { deleted, lookAtMs } = await collectJob(jobs, deps, {
        ...{ jobId, traces, graceMs: orphanGraceMs, runs },
        isOver: () => turn.isOver,
      });
      result.deleted += deleted;
      const next = lookAtMs === null ? null : KEYS.collection(lookAtMs - orphanGraceMs, jobId);
      if (next !== null) {
        await putIdempotent(deps.store, next, encodeTraces(traces));
      }
      if (next !== key) await deps.store.delete(key);
    } catch (error) {
      result.failed++;
      deps.log.error('the orphans of a job could not be deleted', { jobId, error });
    }
  }
  return result;
}

function splitCollectionKey(key: string): [sinceMs: number, jobId: string] {
  const name = key.slice(KEYS.collections.length);
  return [Number(name.slice(0, 15)), name.slice(16)];
}
