/**
 * Repairs what messages and workers lose: rings for runs that wait too long and frees those whose worker died. A run that
 * cannot be swept never keeps the others from it.
 */
import { ENDED_RUN_STATES, KEYS, type StoredRun } from '@preheat/contracts';
import { inLanes, SweepTurn } from '@preheat/jobs';
import type { Clock, Log, ObjectStore } from '@preheat/ports';
import { forgetEval } from './forget-eval.js';
import { afterExpiry } from './held-run.js';
import type { Runs } from './runs.js';

export interface RunSweep {
  readonly seen: number;
  readonly rung: number;
  readonly cleared: number;
  /** Runs that could not be read or written; the log says why. */
  readonly failed: number;
}

export interface RunSweepOptions {
  readonly ringAfterMs: number;
  /** Told of a run that ended, before the sweeper forgets it; a failure, or a crash, brings the run back. */
  readonly ended?: (run: StoredRun) => Promise<void>;
  /** What of the active runs is looked at; all of them unless said. */
  readonly turn?: SweepTurn;
}

const RUNS_AT_ONCE = 8;

export interface RunSweepDependencies {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly log: Log;
}

export async function sweepRuns(runs: Runs, deps: RunSweepDependencies, options: RunSweepOptions): Promise<RunSweep> {
  const result = { seen: 0, rung: 0, cleared: 0, failed: 0 };
  const { turn = new SweepTurn(deps) } = options;
  await inLanes(turn.entries(KEYS.activeRuns), RUNS_AT_ONCE, async ({ key }) => {
    result.seen++;
    const outcome = await sweepOne(runs, deps, key, { ...options, turn }).catch((error: unknown) => {
      deps.log.error('an evaluation run could not be swept', { key, error });
      return 'failed' as const;
    });
    if (outcome !== 'left') result[outcome]++;
  });
  return result;
}

async function sweepOne(
  runs: Runs,
  { store, clock }: RunSweepDependencies,
  key: string,
  { ringAfterMs, ended, turn }: RunSweepOptions & { readonly turn: SweepTurn },
): Promise<'rung' | 'cleared' | 'left'> {
  const [evalId = '', runId = ''] = key.slice(KEYS.activeRuns.length).split('--');
  let isDue = false;
  const stored = await runs.documents.update(KEYS.run(evalId, runId), (run) => {
    const next = dueAgain(run, clock.nowMs(), ringAfterMs);
    isDue = next?.state === 'queued';
    return next;
  });
  if (!(await store.head(KEYS.evaluation(evalId)))) {
    // Who stored it died before finding that the eval is gone. The entry leads the next sweep to what is left of that.
    if (!(await forgetEval(store, evalId, () => turn.isOver))) return 'left';
    await store.delete(key);
    return 'cleared';
  }
  if (!stored || ENDED_RUN_STATES.has(stored.document.state)) {
    if (stored) await ended?.(stored.document);
    await store.delete(key);
    return 'cleared';
  }
  if (!isDue) return 'left';
  await runs.ring(stored.document);
  return 'rung';
}

/** The run as it should be rung for, or undefined when it is in good hands. */
function dueAgain(run: StoredRun, nowMs: number, ringAfterMs: number): StoredRun | undefined {
  if (ENDED_RUN_STATES.has(run.state)) return undefined;
  if (run.lease !== null) {
    const freed = afterExpiry(run, nowMs);
    return freed && { ...freed, rungAtMs: nowMs };
  }
  return nowMs - run.rungAtMs < ringAfterMs * 2 ** run.attempts ? undefined : { ...run, rungAtMs: nowMs };
}
