/**
 * Deletes what uploads and deletions left half done: content without a record, and records that no index lists. Only where
 * the last step is longer ago than the grace period, so that whoever is still at it can finish.
 */
import { InvariantError, KEYS } from '@preheat/contracts';
import { SweepTurn } from '@preheat/jobs';
import type { Clock, ListEntry, Log, ObjectStore } from '@preheat/ports';
import { createdAtOf } from '../listing/time-id.js';

export interface FileCollection {
  readonly deleted: number;
  /** Files that could not be read or deleted; the log says why. */
  readonly failed: number;
}

export async function collectFiles(
  { store, clock, log }: { store: ObjectStore; clock: Clock; log: Log },
  { orphanGraceMs, turn = new SweepTurn({ store, clock }) }: { orphanGraceMs: number; turn?: SweepTurn },
): Promise<FileCollection> {
  const result = { deleted: 0, failed: 0 };
  const olderThanMs = clock.nowMs() - orphanGraceMs;
  for await (const mark of turn.entries(KEYS.unfinishedFiles)) {
    try {
      if (await collectFile(store, mark, olderThanMs)) result.deleted++;
    } catch (error) {
      result.failed++;
      log.error('an unfinished file could not be deleted', { key: mark.key, error });
    }
  }
  return result;
}

/** True when a file was deleted. */
async function collectFile(store: ObjectStore, mark: ListEntry, olderThanMs: number): Promise<boolean> {
  const id = mark.key.slice(KEYS.unfinishedFiles.length);
  const content = await store.head(KEYS.fileContent(id));
  const touchedMs = Math.max(mark.lastModifiedMs, content?.lastModifiedMs ?? 0);
  if (touchedMs >= olderThanMs) return false;
  const project = await store.get(mark.key);
  if (!project) return false;
  const entry = indexEntry(new TextDecoder().decode(project.body), id);
  const isWhole = (await store.head(KEYS.file(id))) !== undefined && (await store.head(entry)) !== undefined;
  if (!isWhole) for (const key of [entry, KEYS.file(id), KEYS.fileContent(id)]) await store.delete(key);
  await store.delete(mark.key);
  return !isWhole;
}

function indexEntry(projectId: string, id: string): string {
  const createdAtMs = createdAtOf('file-', id, Number.MAX_SAFE_INTEGER);
  if (createdAtMs === undefined) throw new InvariantError(`${id} is not an id of this platform`);
  return KEYS.fileIndexEntry(projectId, createdAtMs, id);
}
