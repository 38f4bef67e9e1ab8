/** What every way of importing a model does around its own checks. */
import { createHash } from 'node:crypto';
import { LoraAdapterError, ModelFolderError, SafetensorsError } from '@preheat/checkpoints';
import { ApiError, KEYS, type ModelRecord } from '@preheat/contracts';
import { TokenizerError } from '@preheat/tokenizer';
import type { ApiDependencies } from '../dependencies.js';
import type { UploadedFolder } from './uploaded-folder.js';

export type ImportDependencies = Pick<ApiDependencies, 'store' | 'models' | 'clock' | 'ids'>;

/**
 * Where the files go: the same files to one place, but not to one that the collector may be clearing.
 * @throws ApiError `invalid_request`: a name is not taken from what has it. The same files under it are the same import.
 */
export async function importPrefix(
  { models, store, ids }: ImportDependencies,
  projectId: string,
  name: string,
  digest: string,
): Promise<string> {
  const prefix = KEYS.importedModel(projectId, digest);
  if (await models.findAlias(projectId, name)) {
    const message = `'${name}' is an alias of this project. Choose another name, or delete the alias first.`;
    throw new ApiError('invalid_request', message, { param: 'name' });
  }
  const present = await models.find(projectId, name);
  if (present?.prefix === prefix || present?.prefix.startsWith(`${prefix}-`)) return present.prefix;
  if (!present) return (await store.head(KEYS.doomedImport(prefix))) ? `${prefix}-${ids.next('again-')}` : prefix;
  const message = `The name '${name}' is taken by another model (${present.kind}). Choose another name, or delete that model first.`;
  throw new ApiError('invalid_request', message, { param: 'name' });
}

/** @throws ApiError `invalid_request` unless every byte is there. */
export function assertComplete(folder: UploadedFolder): void {
  if (folder.isComplete) return;
  throw new ApiError('invalid_request', "'files' have parts missing; only a check_only request may.", {
    param: 'files',
  });
}

const FOLDER_ERRORS = [ModelFolderError, TokenizerError, LoraAdapterError, SafetensorsError];

/** Runs checks of the folder. @throws ApiError `invalid_model` for what they find, with the file at fault as `param`. */
export async function checked<T>(folder: UploadedFolder, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof Error) || !FOLDER_ERRORS.some((kind) => error instanceof kind)) throw error;
    const index = error instanceof ModelFolderError ? folder.names.indexOf(error.file ?? '') : -1;
    throw new ApiError('invalid_model', error.message, { param: index < 0 ? 'files' : `files.${index}` });
  }
}

/** Equal for equal files imported in the same way. */
export function importDigest(folder: UploadedFolder, way: string): string {
  return createHash('sha256')
    .update(JSON.stringify([way, folder.identity]))
    .digest('hex')
    .slice(0, 32);
}

export function importedRecord(
  projectId: string,
  name: string,
  prefix: string,
  base: string | null,
  { createdAtMs, needs }: Pick<ModelRecord, 'createdAtMs' | 'needs'>,
): ModelRecord {
  return {
    schemaVersion: 1,
    name,
    kind: 'imported',
    projectId,
    createdAtMs,
    ownedBy: projectId,
    prefix,
    jobId: null,
    base,
    ...(needs === undefined ? {} : { needs }),
  };
}
