/** Looks up a model by the name a client sent, which may be anything. */
import { ApiError, type ModelRecord } from '@preheat/contracts';
import type { ModelRegistry } from '@preheat/inference/model-registry';

const MAX_NAME_LENGTH = 300;
/** Room for the rest of the key: keys of the store have at most 1024 bytes. */
const MAX_ENCODED_LENGTH = 800;

/** A base model or one of the project's own. @throws ApiError `model_not_found` or `model_expired`. */
export async function findModel(models: ModelRegistry, projectId: string, name: string): Promise<ModelRecord> {
  const record = isStorable(name) ? await models.find(projectId, name) : undefined;
  return record ?? refuseName(models, projectId, name);
}

/** Also a model that another project lets this one call. @throws ApiError `model_not_found` or `model_expired`. */
export async function findCallableModel(models: ModelRegistry, projectId: string, name: string): Promise<ModelRecord> {
  const record = isStorable(name) ? await models.findCallable(projectId, name) : undefined;
  return record ?? refuseName(models, projectId, name);
}

async function refuseName(models: ModelRegistry, projectId: string, name: string): Promise<never> {
  await refuseGone(models, projectId, name);
  const message = `The model '${name.slice(0, MAX_NAME_LENGTH)}' does not exist in this project. GET /v1/models lists them.`;
  throw new ApiError('model_not_found', message, { param: 'model' });
}

/** @throws ApiError `model_expired` for a model that was there and has expired, `model_not_found` for one that its job did not keep. */
export async function refuseGone(models: ModelRegistry, projectId: string, name: string): Promise<void> {
  const gone = isStorable(name) ? (await models.findGone(projectId, name))?.gone : undefined;
  if (!gone || gone.reason === 'deleted') return;
  const at = new Date(gone.atMs).toISOString();
  if (gone.reason === 'expired') {
    throw new ApiError('model_expired', `The model '${name}' expired at ${at} and was deleted.`, { param: 'model' });
  }
  const message = `The model '${name}' was deleted at ${at}: its job keeps its best checkpoints and the latest ('retention').`;
  throw new ApiError('model_not_found', message, { param: 'model' });
}

/** Whether a name could be part of a key at all. */
export function isStorable(name: string): boolean {
  if (name === '' || name.length > MAX_NAME_LENGTH || /\p{Surrogate}/u.test(name)) return false;
  return encodeURIComponent(name).length <= MAX_ENCODED_LENGTH;
}
