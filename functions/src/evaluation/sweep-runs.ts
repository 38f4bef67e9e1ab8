/** Repairs what messages and workers lose: rings for runs that wait too long and frees those whose worker died. */
import { KEYS, type StoredRun } from '@preheat/contracts';
import { type Clock, listAll, type ObjectStore } from '@preheat/ports';
import { afterExpiry } from './held-run.js';
import { ENDED, type Runs } from './runs.js';

export interface RunSweep {
  readonly seen: number;
  readonly rung: number;
  readonly cleared: number;
}

export async function sweepRuns(
  runs: Runs,
  { store, clock }: { store: ObjectStore; clock: Clock },
  { ringAfterMs }: { ringAfterMs: number },
): Promise<RunSweep> {
  const result = { seen: 0, rung: 0, cleared: 0 };
  for await (const { key } of listAll(store, KEYS.activeRuns)) {
    result.seen++;
    const [evalId = '', runId = ''] = key.slice(KEYS.activeRuns.length).split('--');
    let isDue = false;
    const stored = await runs.documents.update(KEYS.run(evalId, runId), (run) => {
      const next = dueAgain(run, clock.nowMs(), ringAfterMs);
      isDue = next?.state === 'queued';
      return next;
    });
    if (!stored || ENDED.has(stored.document.state)) {
      await store.delete(key);
      result.cleared++;
    } else if (isDue) {
      await runs.ring(stored.document);
      result.rung++;
    }
  }
  return result;
}

/** The run as it should be rung for, or undefined when it is in good hands. */
function dueAgain(run: StoredRun, nowMs: number, ringAfterMs: number): StoredRun | undefined {
  if (ENDED.has(run.state)) return undefined;
  if (run.lease !== null) {
    const freed = afterExpiry(run, nowMs);
    return freed && { ...freed, rungAtMs: nowMs };
  }
  return nowMs - run.rungAtMs < ringAfterMs * 2 ** run.attempts ? undefined : { ...run, rungAtMs: nowMs };
}
