/**
 * Makes an uploaded LoRA adapter a model of the project. It is stored as it came, beside the record of its base: the base's
 * weights stay where they are, and the two are merged when the model is loaded.
 */
import {
  ADAPTER_CONFIG_FILE,
  ADAPTER_WEIGHTS_FILE,
  assertFiniteAdapter,
  type BlobContent,
  inputsFirstModules,
  loraModules,
  mergeAdapter,
  publishBundle,
  readAdapter,
} from '@preheat/checkpoints';
import {
  ApiError,
  bundlesOf,
  encodeStored,
  type ImportModelRequest,
  type ModelImport,
  parameterCount,
} from '@preheat/contracts';
import { ADAPTER_BASE_BLOB, descriptionBlobs } from '@preheat/inference/stored-models';
import { markOfModel, markUse } from '@preheat/jobs';
import { findModel } from '../serving/find-model.js';
import { adapterDescription } from './adapter-description.js';
import {
  assertComplete,
  checked,
  importDigest,
  type ImportDependencies,
  importedRecord,
  importPrefix,
} from './import-checks.js';
import { importReport } from './import-report.js';
import type { UploadedFolder } from './uploaded-folder.js';

/** @throws ApiError `invalid_model` when the adapter does not fit its base, `invalid_request` for the request itself. */
export async function importAdapter(
  deps: ImportDependencies,
  folder: UploadedFolder,
  projectId: string,
  request: ImportModelRequest,
): Promise<ModelImport> {
  const record = await findModel(deps.models, projectId, baseOf(request));
  const prefix = await importPrefix(deps, projectId, request.name, importDigest(folder, record.prefix));
  const base = await deps.models.load(record);
  const weightFiles = folder.names.filter((name) => name === ADAPTER_WEIGHTS_FILE);
  const summary = {
    parameters: parameterCount(base.config),
    weightFiles,
    weightBytes: weightFiles.reduce((sum, name) => sum + folder.sizeOf(name), 0),
    dtypes: [],
    ignored: [],
  };
  // An adapter is small, so nothing is said about a part of it.
  if (request.check_only === true && !folder.isComplete) return importReport(request, { ...summary, tensors: 0 }, base);
  assertComplete(folder);
  const adapter = await checked(folder, async () => {
    const read = await readAdapter(folder);
    assertFiniteAdapter(read);
    mergeAdapter(base.tensors, read, inputsFirstModules(base.config));
    return read;
  });
  const described = await checked(folder, () => adapterDescription(folder, base));
  const report = importReport(request, { ...summary, tensors: 2 * loraModules(adapter).length }, described);
  if (request.check_only === true) return report;
  const blobs = new Map<string, BlobContent>(descriptionBlobs(described.config, described.tokenizerFiles));
  blobs.set(ADAPTER_BASE_BLOB, encodeStored(record));
  for (const file of [ADAPTER_CONFIG_FILE, ADAPTER_WEIGHTS_FILE]) blobs.set(file, () => folder.open(file));
  const needs = bundlesOf(record);
  const mark = markOfModel(projectId, request.name);
  await Promise.all(needs.map((bundle) => markUse(deps.store, bundle, mark)));
  await publishBundle(deps.store, prefix, blobs);
  const stored = { createdAtMs: deps.clock.nowMs(), needs };
  await deps.models.publish(importedRecord(projectId, request.name, prefix, record.name, stored));
  return report;
}

function baseOf({ base, storage_dtype: dtype = 'original' }: ImportModelRequest): string {
  if (base === undefined) {
    const message = "These files are a LoRA adapter: 'base' must name the model it is for.";
    throw new ApiError('invalid_request', message, { param: 'base' });
  }
  if (dtype === 'original') return base;
  const message = "An adapter is kept as it came: 'storage_dtype' must be original.";
  throw new ApiError('invalid_request', message, { param: 'storage_dtype' });
}
