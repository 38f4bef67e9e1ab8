/**
 * Takes the names of expired models away, and forgets them after a while in which whoever asks is told that they expired. A
 * model that something uses expires once nothing does: its entry stays due.
 */
import { KEYS, type ModelRecord } from '@preheat/contracts';
import {
  ActiveRuns,
  readModelRecord,
  restoreModel,
  retireModel,
  SweepTurn,
  Uses,
  type UsesDependencies,
} from '@preheat/jobs';
import { type Log, putIdempotent } from '@preheat/ports';
import { scheduleModelFiles } from './schedule-model-files.js';

export interface ExpirySweep {
  readonly expired: number;
  readonly forgotten: number;
  /** In use. */
  readonly waiting: number;
  /** Models that could not be read or written; the log says why. */
  readonly failed: number;
}

export interface ExpiryOptions {
  readonly orphanGraceMs: number;
  /** What of the expiries is looked at; all that are due unless said. */
  readonly turn?: SweepTurn;
  /** Runs under way as they were read before. */
  readonly runs?: ActiveRuns;
}

export type ExpiryDependencies = UsesDependencies & { readonly log: Log };

/** So long it is told that a model expired. */
export const TOLD_MS = 30 * 86_400_000;
const TIME_LENGTH = 15;

type Outcome = 'expired' | 'forgotten' | 'waiting' | 'dropped';

export async function sweepExpiries(deps: ExpiryDependencies, options: ExpiryOptions): Promise<ExpirySweep> {
  const result = { expired: 0, forgotten: 0, waiting: 0, failed: 0 };
  const nowMs = deps.clock.nowMs();
  const { orphanGraceMs, turn = new SweepTurn(deps), runs = new ActiveRuns(deps.store) } = options;
  const isDue = (key: string): boolean => Number(key.slice(KEYS.expiries.length).slice(0, TIME_LENGTH)) <= nowMs;
  for await (const { key } of turn.entries(KEYS.expiries, isDue)) {
    try {
      const outcome = await sweepOne(deps, { orphanGraceMs, runs }, key, nowMs);
      if (outcome !== 'waiting') await deps.store.delete(key);
      if (outcome !== 'dropped') result[outcome]++;
    } catch (error) {
      result.failed++;
      deps.log.error('the expiry of a model could not be looked at', { key, error });
    }
  }
  return result;
}

async function sweepOne(
  deps: ExpiryDependencies,
  { orphanGraceMs, runs }: { orphanGraceMs: number; runs: ActiveRuns },
  key: string,
  nowMs: number,
): Promise<Outcome> {
  const [projectId = '', name = ''] = key.slice(KEYS.expiries.length + TIME_LENGTH + 1).split('+');
  const record = await readModelRecord(deps.store, projectId, decodeURIComponent(name));
  if (!record) return 'dropped';
  if (record.gone) return forget(deps, record, nowMs);
  if ((record.expiresAtMs ?? Infinity) > nowMs) return 'dropped';
  const isUsed = async (by?: ActiveRuns): Promise<boolean> => {
    const uses = new Uses(deps, { graceMs: orphanGraceMs, includeDead: true, ...(by ? { runs: by } : {}) });
    return (await uses.ofModel(record)).length > 0;
  };
  // Runs as they were when the sweep began tell only of use: one that came since must not see its model go, if only for a moment.
  if ((await isUsed(runs)) || (await isUsed())) return 'waiting';
  await scheduleModelFiles(deps, record);
  await putIdempotent(deps.store, KEYS.expiry(nowMs + TOLD_MS, projectId, record.name), new Uint8Array());
  await retireModel(deps.store, record, { atMs: nowMs, reason: 'expired' });
  // Who came to use it in between gets it back.
  if (!(await isUsed())) return 'expired';
  await restoreModel(deps.store, record);
  return 'waiting';
}

/** Names of imports are chosen by people, who may import to them again at any moment: their records stay. */
async function forget({ store }: ExpiryDependencies, record: ModelRecord, nowMs: number): Promise<Outcome> {
  const { gone, jobId, projectId, name } = record;
  if (gone?.reason !== 'expired' || jobId === null || gone.atMs + TOLD_MS > nowMs) return 'dropped';
  await store.delete(KEYS.model(projectId ?? '', name));
  return 'forgotten';
}
