/**
 * Makes uploaded files a model of the project. Everything is checked before a byte is stored under the model's name: config,
 * tokenizer, every tensor's name, shape and type, and, once the files are complete, every single weight.
 */
import { createHash } from 'node:crypto';
import {
  assertFiniteWeights,
  type BlobContent,
  checkModelFolder,
  type FolderSummary,
  loadFolderWeights,
  ModelFolderError,
  publishBundle,
  shardTensors,
  type WeightDtype,
} from '@preheat/checkpoints';
import { ApiError, type ImportModelRequest, KEYS, type ModelImport, type ModelRecord } from '@preheat/contracts';
import { describeFolder, type ModelDescription } from '@preheat/inference/model-registry';
import { TokenizerError } from '@preheat/tokenizer';
import type { ApiDependencies } from '../dependencies.js';
import type { FileLibrary } from '../files/file-library.js';
import { openUploads, type UploadedFolder } from './uploaded-folder.js';

type StorageDtype = ModelImport['storage_dtype'];
type Described = Pick<ModelDescription, 'config' | 'tokenizer'>;

const WEIGHT_DTYPES: Readonly<Record<Exclude<StorageDtype, 'original'>, WeightDtype>> = {
  float32: 'F32',
  bfloat16: 'BF16',
  float16: 'F16',
  int8: 'I8',
};

/** @throws ApiError `invalid_model` naming the file at fault, or `invalid_request` for the request itself. */
export async function importModel(
  deps: Pick<ApiDependencies, 'store' | 'models' | 'clock'>,
  files: FileLibrary,
  projectId: string,
  request: ImportModelRequest,
): Promise<ModelImport> {
  const folder = await openUploads(deps.store, files, projectId, request.files);
  const dtype = request.storage_dtype ?? 'original';
  const prefix = KEYS.importedModel(projectId, digestOf(folder, dtype));
  await assertFreeName(deps, projectId, request.name, prefix);
  const { summary, described } = await checked(folder, async () => ({
    summary: await checkModelFolder(folder),
    described: await describeFolder(folder),
  }));
  if (request.check_only === true) return report(request.name, 'checked', summary, described, dtype);
  if (!folder.isComplete) {
    throw new ApiError('invalid_request', "'files' have parts missing; only a check_only request may.", {
      param: 'files',
    });
  }
  await checked(folder, () => assertFiniteWeights(folder, described.config));
  await publishBundle(deps.store, prefix, await blobsOf(folder, summary, dtype));
  await deps.models.publish(recordOf(projectId, request.name, prefix, deps.clock.nowMs()));
  return report(request.name, 'imported', summary, described, dtype);
}

/** A name is not taken from what has it; the same files under the same name are the same import. */
async function assertFreeName(
  { models }: Pick<ApiDependencies, 'models'>,
  projectId: string,
  name: string,
  prefix: string,
): Promise<void> {
  const present = await models.find(projectId, name);
  if (!present || present.prefix === prefix) return;
  const message = `The name '${name}' is taken by another model (${present.kind}). Choose another name, or delete that model first.`;
  throw new ApiError('invalid_request', message, { param: 'name' });
}

async function checked<T>(folder: UploadedFolder, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof ModelFolderError) && !(error instanceof TokenizerError)) throw error;
    const file = error instanceof ModelFolderError ? error.file : null;
    const index = folder.names.indexOf(file ?? '');
    throw new ApiError('invalid_model', error.message, { param: index < 0 ? 'files' : `files.${index}` });
  }
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

function digestOf(folder: UploadedFolder, dtype: StorageDtype): string {
  return createHash('sha256').update(dtype).update(folder.identity).digest('hex').slice(0, 32);
}

function recordOf(projectId: string, name: string, prefix: string, createdAtMs: number): ModelRecord {
  return {
    schemaVersion: 1,
    name,
    kind: 'imported',
    projectId,
    createdAtMs,
    ownedBy: projectId,
    prefix,
    jobId: null,
    base: null,
  };
}

function report(
  model: string,
  status: ModelImport['status'],
  summary: FolderSummary,
  { config, tokenizer }: Described,
  dtype: StorageDtype,
): ModelImport {
  return {
    object: 'model.import',
    model,
    status,
    model_type: config.model_type,
    parameters: summary.parameters,
    layers: config.num_hidden_layers,
    context_tokens: config.max_position_embeddings,
    vocabulary: config.vocab_size,
    tensors: summary.tensors,
    weight_bytes: summary.weightBytes,
    weight_files: [...summary.weightFiles],
    dtypes: [...summary.dtypes],
    storage_dtype: dtype,
    has_chat_template: tokenizer.hasChatTemplate,
    end_tokens: [config.eos_token_id].map((id) => tokenizer.idToToken(id)),
    ignored: [...summary.ignored],
  };
}
