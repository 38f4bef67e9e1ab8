/** Marks at files and bundles that say who uses them, left before their makers are written themselves; see `Uses`. */
import { KEYS } from '@preheat/contracts';
import { type ObjectStore, putIdempotent } from '@preheat/ports';

export interface Use {
  readonly kind: 'job' | 'model' | 'alias' | 'eval run' | 'export';
  /** Id, or name. */
  readonly id: string;
}

/** Leaves a mark of a job, an imported adapter or an export. @param target See `KEYS.users`. */
export async function markUse(store: ObjectStore, target: string, by: string): Promise<void> {
  await putIdempotent(store, KEYS.user(target, by), new Uint8Array());
}

/** The mark of a job. */
export const markOfJob = (jobId: string): string => `job-${jobId}`;
/** The mark of a model that is an adapter on another. */
export const markOfModel = (projectId: string, name: string): string =>
  `model-${projectId}+${encodeURIComponent(name)}`;
/** The mark of an export under way. */
export const markOfExport = (exportId: string): string => `export-${exportId}`;
