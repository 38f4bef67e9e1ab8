/**
 * Deletes the files of imported models whose name went, a grace period later, unless another name stands for them or something
 * uses them. A mark says that they are to go; it is there before the name goes, and whoever imports the same files again stores
 * them elsewhere while it is (`importPrefix`), so that deleting races with nobody.
 */
import { MANIFEST_NAME } from '@preheat/checkpoints';
import { decodeStored, KEYS, ModelRecord } from '@preheat/contracts';
import { markOfModel, SweepTurn, Uses, type UsesDependencies } from '@preheat/jobs';
import { listAll, type ListEntry, type Log, type ObjectStore } from '@preheat/ports';

export interface ImportCollection {
  readonly deleted: number;
  /** Imports that could not be read or deleted; the log says why. */
  readonly failed: number;
}

export async function collectImports(
  deps: UsesDependencies & { readonly log: Log },
  { orphanGraceMs, turn = new SweepTurn(deps) }: { orphanGraceMs: number; turn?: SweepTurn },
): Promise<ImportCollection> {
  const result = { deleted: 0, failed: 0 };
  const olderThanMs = deps.clock.nowMs() - orphanGraceMs;
  for await (const mark of turn.entries(KEYS.doomedImports)) {
    if (mark.lastModifiedMs >= olderThanMs) continue;
    try {
      if (await collectImport(deps, mark, { olderThanMs, orphanGraceMs, turn })) result.deleted++;
    } catch (error) {
      result.failed++;
      deps.log.error('an import could not be deleted', { key: mark.key, error });
    }
  }
  return result;
}

async function collectImport(
  deps: UsesDependencies,
  mark: ListEntry,
  { olderThanMs, orphanGraceMs, turn }: { olderThanMs: number; orphanGraceMs: number; turn: SweepTurn },
): Promise<boolean> {
  const { store } = deps;
  const prefix = decodeURIComponent(mark.key.slice(KEYS.doomedImports.length));
  const uses = new Uses(deps, { graceMs: orphanGraceMs, includeDead: true });
  const records = await recordsOf(store, prefix);
  const isNamed = records.some(({ gone }) => (gone?.atMs ?? Infinity) >= olderThanMs);
  if (isNamed || (await uses.ofBundle(prefix)).length > 0) return false;
  const keys: string[] = [];
  for await (const { key } of listAll(store, `${prefix}/`)) keys.push(key);
  // A bundle loses its manifest first, so that what is left of it is never taken for whole.
  const isManifest = (key: string) => key.endsWith(`/${MANIFEST_NAME}`);
  for (const key of keys.sort((a, b) => Number(isManifest(b)) - Number(isManifest(a)))) {
    // The mark leads the next sweep to the rest.
    if (turn.isOver) return false;
    await store.delete(key);
  }
  for (const { projectId, name, needs = [] } of records) {
    for (const target of needs) await store.delete(KEYS.user(target, markOfModel(projectId ?? '', name)));
  }
  await store.delete(mark.key);
  return true;
}

/** The names that stand for the bundle, and those that did. */
async function recordsOf(store: ObjectStore, prefix: string): Promise<ModelRecord[]> {
  const projectId = prefix.split('/')[1] ?? '';
  const found: ModelRecord[] = [];
  for await (const { key } of listAll(store, KEYS.models(projectId))) {
    const object = await store.get(key);
    const record = object && decodeStored(ModelRecord, object.body, key);
    if (record?.prefix === prefix) found.push(record);
  }
  return found;
}
