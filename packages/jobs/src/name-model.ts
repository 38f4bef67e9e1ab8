/**
 * Gives a model of a job its name. Bundles of one model differ between attempts in nothing but their place; a runner that was
 * stopped for so long that its own bundle is collected must not point the name away from that of its successor.
 */
import { decodeStored, encodeStored, InvariantError, KEYS, ModelRecord } from '@preheat/contracts';
import { type ObjectStore, putIdempotent, UnknownOutcomeError } from '@preheat/ports';

const MAX_SWAPS = 8;

/** False: a later attempt of the job has given it already. What became of a name once it was given is left as it is. */
export async function nameModel(store: ObjectStore, record: ModelRecord): Promise<boolean> {
  const { projectId, name, expiresAtMs = null } = record;
  if (projectId === null) throw new InvariantError(`${name} is a model of a job, and has no project`);
  const key = KEYS.model(projectId, name);
  if (expiresAtMs !== null) {
    await putIdempotent(store, KEYS.expiry(expiresAtMs, projectId, name), new Uint8Array());
  }
  for (let swap = 0; swap < MAX_SWAPS; swap++) {
    const object = await store.get(key);
    const present = object && decodeStored(ModelRecord, object.body, key);
    if (present?.prefix === record.prefix) return true;
    if (present && epochOf(present) > epochOf(record)) return false;
    const condition = object ? ({ kind: 'match', etag: object.etag } as const) : ({ kind: 'absent' } as const);
    try {
      const result = await store.put(key, encodeStored(record), { condition, contentType: 'application/json' });
      if (result.ok) return true;
    } catch (error) {
      if (!(error instanceof UnknownOutcomeError)) throw error;
    }
  }
  throw new Error(`gave up writing ${key} after ${MAX_SWAPS} lost swaps`);
}

const epochOf = ({ prefix }: ModelRecord): number => Number(/^jobs\/[^/]+\/attempts\/(\d+)\//.exec(prefix)?.[1] ?? 0);
