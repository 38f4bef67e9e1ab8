/**
 * Makes uploaded files a model of the project. Everything is checked before a byte is stored under the model's name: config,
 * tokenizer, every tensor's name, shape and type, and, once the files are complete, every single weight.
 */
import {
  ADAPTER_CONFIG_FILE,
  assertFiniteWeights,
  assertTiedHead,
  type BlobContent,
  checkModelFolder,
  type FolderSummary,
  loadFolderWeights,
  publishBundle,
  shardTensors,
  TIED_HEAD,
  type WeightDtype,
} from '@preheat/checkpoints';
import type { ImportModelRequest, ModelImport } from '@preheat/contracts';
import { describeFolder } from '@preheat/inference/stored-models';
import type { FileLibrary } from '../files/file-library.js';
import { importAdapter } from './import-adapter.js';
import {
  assertComplete,
  checked,
  importDigest,
  type ImportDependencies,
  importedRecord,
  importPrefix,
} from './import-checks.js';
import { importReport } from './import-report.js';
import { openUploads, type UploadedFolder } from './uploaded-folder.js';

type StorageDtype = ModelImport['storage_dtype'];

const WEIGHT_DTYPES: Readonly<Record<Exclude<StorageDtype, 'original'>, WeightDtype>> = {
  float32: 'F32',
  bfloat16: 'BF16',
  float16: 'F16',
  int8: 'I8',
};

/** @throws ApiError `invalid_model` naming the file at fault, or `invalid_request` for the request itself. */
export async function importModel(
  deps: ImportDependencies,
  files: FileLibrary,
  projectId: string,
  request: ImportModelRequest,
): Promise<ModelImport> {
  const folder = await openUploads(deps.store, files, projectId, request.files);
  const isAdapter = request.base !== undefined || folder.names.includes(ADAPTER_CONFIG_FILE);
  return isAdapter ? importAdapter(deps, folder, projectId, request) : importWhole(deps, folder, projectId, request);
}

async function importWhole(
  deps: ImportDependencies,
  folder: UploadedFolder,
  projectId: string,
  request: ImportModelRequest,
): Promise<ModelImport> {
  const dtype = request.storage_dtype ?? 'original';
  const prefix = await importPrefix(deps, projectId, request.name, importDigest(folder, dtype));
  const summary = await checked(folder, () => checkModelFolder(folder));
  const report = importReport(request, summary, await checked(folder, () => describeFolder(folder)));
  if (request.check_only === true) return report;
  assertComplete(folder);
  await checked(folder, () => assertFiniteWeights(folder, summary.config));
  if (summary.ignored.includes(TIED_HEAD)) await checked(folder, () => assertTiedHead(folder, summary.config));
  await publishBundle(deps.store, prefix, await checked(folder, () => blobsOf(folder, summary, dtype)));
  await deps.models.publish(importedRecord(projectId, request.name, prefix, null, { createdAtMs: deps.clock.nowMs() }));
  return report;
}

/** The folder as it came, or with its weights written anew in another type. */
async function blobsOf(
  folder: UploadedFolder,
  { config, weightFiles }: FolderSummary,
  dtype: StorageDtype,
): Promise<Map<string, BlobContent>> {
  const isWeight = (name: string) => weightFiles.includes(name) || name.endsWith('.safetensors.index.json');
  const kept = folder.names.filter((name) => dtype === 'original' || !isWeight(name));
  const blobs = new Map<string, BlobContent>(kept.map((name) => [name, () => folder.open(name)]));
  if (dtype === 'original') return blobs;
  const tensors = await loadFolderWeights(folder, config);
  for (const { name, pieces } of shardTensors(tensors, WEIGHT_DTYPES[dtype])) blobs.set(name, pieces);
  return blobs;
}
