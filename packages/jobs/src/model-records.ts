/**
 * Records of models, changed by compare-and-swap. A name that goes is not deleted at once: its record says when and why, so
 * that whoever looked it up just before can still read the bundle, and who asks for it later is told.
 */
import { decodeStored, encodeStored, type JobDocument, KEYS, ModelRecord } from '@preheat/contracts';
import { listAll, type ObjectStore, UnknownOutcomeError } from '@preheat/ports';
import { fineTunedModelName } from './public-job.js';

const MAX_SWAPS = 8;

/** A record in the store. */
export interface StoredModel {
  readonly record: ModelRecord;
  readonly writtenAtMs: number;
}

export async function readModelRecord(
  store: ObjectStore,
  projectId: string,
  name: string,
): Promise<ModelRecord | undefined> {
  const key = KEYS.model(projectId, name);
  const object = await store.get(key);
  return object && decodeStored(ModelRecord, object.body, key);
}

/**
 * Changes a record unless `change` leaves it as it is by answering undefined; it may be asked several times, also about its
 * own success. Returns the record as it is then, undefined when there is none.
 */
export async function changeModelRecord(
  store: ObjectStore,
  { projectId, name }: Pick<ModelRecord, 'projectId' | 'name'>,
  change: (record: ModelRecord) => ModelRecord | undefined,
): Promise<ModelRecord | undefined> {
  const key = KEYS.model(projectId ?? '', name);
  for (let swap = 0; swap < MAX_SWAPS; swap++) {
    const object = await store.get(key);
    if (!object) return undefined;
    const record = decodeStored(ModelRecord, object.body, key);
    const next = change(record);
    if (next === undefined) return record;
    const condition = { kind: 'match', etag: object.etag } as const;
    try {
      const result = await store.put(key, encodeStored(next), { condition, contentType: 'application/json' });
      if (result.ok) return next;
    } catch (error) {
      if (!(error instanceof UnknownOutcomeError)) throw error;
    }
  }
  throw new Error(`gave up changing ${key} after ${MAX_SWAPS} lost swaps`);
}

/** Takes a name away. False: it has been pointed to another bundle, or was gone before. */
export async function retireModel(
  store: ObjectStore,
  record: ModelRecord,
  gone: NonNullable<ModelRecord['gone']>,
): Promise<boolean> {
  const after = await changeModelRecord(store, record, (now) =>
    now.gone || now.prefix !== record.prefix ? undefined : { ...now, gone },
  );
  return after?.gone?.atMs === gone.atMs && after.gone.reason === gone.reason;
}

/** Gives a name back that was taken away just now. */
export async function restoreModel(store: ObjectStore, record: ModelRecord): Promise<void> {
  await changeModelRecord(store, record, ({ gone, ...now }) =>
    gone === undefined || now.prefix !== record.prefix ? undefined : now,
  );
}

/** The records of the models that a job made, those whose name went among them. */
export async function modelsOfJob(
  store: ObjectStore,
  job: Pick<JobDocument, 'id' | 'projectId' | 'model' | 'suffix'>,
): Promise<StoredModel[]> {
  const found: StoredModel[] = [];
  for await (const { key } of listAll(store, KEYS.modelsNamed(job.projectId, fineTunedModelName(job)))) {
    const object = await store.get(key);
    const record = object && decodeStored(ModelRecord, object.body, key);
    if (object && record?.jobId === job.id) found.push({ record, writtenAtMs: object.lastModifiedMs });
  }
  return found;
}
