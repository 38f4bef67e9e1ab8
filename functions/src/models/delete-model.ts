/** Takes the name of a model away, unless something uses it; the collector deletes its files a grace period later. */
import { ApiError, type ModelRecord } from '@preheat/contracts';
import { restoreModel, retireModel } from '@preheat/jobs';
import type { ApiDependencies } from '../dependencies.js';
import { refuseInUse, usesNow } from './refuse-in-use.js';
import { scheduleModelFiles } from './schedule-model-files.js';

type Dependencies = Pick<ApiDependencies, 'store' | 'clock' | 'jobs'>;

/** @throws ApiError `model_in_use`, `invalid_request` for a base model. */
export async function deleteModel(deps: Dependencies, record: ModelRecord): Promise<void> {
  if (record.kind === 'base') {
    const message = `'${record.name}' is a base model; base models cannot be deleted.`;
    throw new ApiError('invalid_request', message, { param: 'model' });
  }
  const refuse = async () =>
    refuseInUse(await usesNow(deps).ofModel(record), 'model_in_use', `'${record.name}'`, 'model');
  await refuse();
  // Before the name goes: whoever dies after this leaves a look of the collector that finds nothing.
  await scheduleModelFiles(deps, record);
  await retireModel(deps.store, record, { atMs: deps.clock.nowMs(), reason: 'deleted' });
  // Who came to use it in between gets it back.
  await refuse().catch(async (error: unknown) => {
    await restoreModel(deps.store, record);
    throw error;
  });
}
