/**
 * When models expire. The record of a model says so and is what counts; an index, written before it, leads the sweeper there in
 * time. An entry that the record does not bear out any more is only dropped.
 */
import { ApiError, KEYS, type ModelExpiry, type ModelRecord, type SetModelExpiry } from '@preheat/contracts';
import { changeModelRecord } from '@preheat/jobs';
import { putIdempotent } from '@preheat/ports';
import type { ApiDependencies } from '../dependencies.js';

type Dependencies = Pick<ApiDependencies, 'store' | 'clock'>;

/** Null lifts the expiry. @throws ApiError `invalid_request` for a base model, `model_not_found` when the name went meanwhile. */
export async function setExpiry(
  { store }: Dependencies,
  record: ModelRecord,
  expiresAtMs: number | null,
): Promise<ModelExpiry> {
  const { name, projectId } = record;
  if (projectId === null) {
    throw new ApiError('invalid_request', `'${name}' is a base model; base models do not expire.`, { param: 'model' });
  }
  if (expiresAtMs !== null) await putIdempotent(store, KEYS.expiry(expiresAtMs, projectId, name), new Uint8Array());
  const changed = await changeModelRecord(store, record, (now) =>
    now.gone || now.expiresAtMs === expiresAtMs ? undefined : { ...now, expiresAtMs },
  );
  if (changed && !changed.gone) return toModelExpiry(changed);
  throw new ApiError('model_not_found', `The model '${name}' was deleted.`, { param: 'model' });
}

/** @throws ApiError `invalid_request` unless exactly one of the two is given, and lies ahead. */
export function requestedExpiry(
  { expires_at: at, expires_in_seconds: inSeconds }: SetModelExpiry,
  nowMs: number,
): number {
  if ((at === undefined) === (inSeconds === undefined)) {
    const message = "Give either 'expires_at' (a Unix time) or 'expires_in_seconds'. DELETE lifts an expiry.";
    throw new ApiError('invalid_request', message, { param: 'expires_at' });
  }
  const expiresAtMs = at === undefined ? nowMs + 1000 * (inSeconds ?? 0) : 1000 * at;
  if (expiresAtMs > nowMs) return expiresAtMs;
  const message = `'expires_at' must be still to come: it is ${Math.floor(nowMs / 1000)} now. To delete a model at once, DELETE it.`;
  throw new ApiError('invalid_request', message, { param: 'expires_at' });
}

export function toModelExpiry({ name, expiresAtMs = null }: ModelRecord): ModelExpiry {
  const expires_at = expiresAtMs === null ? null : Math.floor(expiresAtMs / 1000);
  return { object: 'model.expiry', model: name, expires_at };
}
