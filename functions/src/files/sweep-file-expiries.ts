/**
 * Deletes files some time after they expired: content, record and index entry. One that a job or an evaluation run under way reads
 * stays until none does: its entry stays due. A crash in between leaves the entry, so the next sweep goes on.
 */
import { KEYS } from '@preheat/contracts';
import { ActiveRuns, SweepTurn, Uses, type UsesDependencies } from '@preheat/jobs';
import type { Log } from '@preheat/ports';
import { CREATION_MAX_MS } from '../models/refuse-in-use.js';
import type { FileLibrary } from './file-library.js';

export interface FileExpirySweep {
  readonly expired: number;
  /** In use. */
  readonly waiting: number;
  /** Files that could not be read or deleted; the log says why. */
  readonly failed: number;
}

const TIME_LENGTH = 15;

export interface FileExpiryOptions {
  /** What of the expiries is looked at; all that are due unless said. */
  readonly turn?: SweepTurn;
  /** Runs under way as they were read before, and a time before that: what was not due by then waits. */
  readonly runs?: { readonly active: ActiveRuns; readonly readAfterMs: number };
}

export async function sweepFileExpiries(
  deps: UsesDependencies & { readonly log: Log; readonly files: FileLibrary },
  { turn = new SweepTurn(deps), runs }: FileExpiryOptions = {},
): Promise<FileExpirySweep> {
  const result = { expired: 0, waiting: 0, failed: 0 };
  // Whoever found the file before it expired has left its mark by now, and nobody can come to use it: one look is enough.
  const dueMs = runs?.readAfterMs ?? deps.clock.nowMs();
  const uses = new Uses(deps, {
    graceMs: CREATION_MAX_MS,
    // As when its owner deletes it.
    includeDead: false,
    runs: runs?.active ?? new ActiveRuns(deps.store),
  });
  const entryOf = (key: string): string => key.slice(KEYS.fileExpiries.length);
  const isDue = (key: string): boolean => Number(entryOf(key).slice(0, TIME_LENGTH)) + CREATION_MAX_MS <= dueMs;
  for await (const { key } of turn.entries(KEYS.fileExpiries, isDue)) {
    const [projectId = '', id = ''] = entryOf(key)
      .slice(TIME_LENGTH + 1)
      .split('+');
    try {
      if ((await uses.ofFile(projectId, id)).length > 0) {
        result.waiting++;
        continue;
      }
      if (await deps.files.deleteExpired(projectId, id)) result.expired++;
      await deps.store.delete(key);
    } catch (error) {
      result.failed++;
      deps.log.error('an expired file could not be deleted', { key, error });
    }
  }
  return result;
}
