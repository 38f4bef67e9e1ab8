/** What every way of importing a model does around its own checks. */
import { createHash } from 'node:crypto';
import { LoraAdapterError, ModelFolderError, SafetensorsError } from '@preheat/checkpoints';
import { ApiError, type ModelRecord } from '@preheat/contracts';
import { TokenizerError } from '@preheat/tokenizer';
import type { ApiDependencies } from '../dependencies.js';
import type { UploadedFolder } from './uploaded-folder.js';

export type ImportDependencies = Pick<ApiDependencies, 'store' | 'models' | 'clock'>;

/** A name is not taken from what has it; the same files under the same name are the same import. */
export async function assertFreeName(
  { models }: ImportDependencies,
  projectId: string,
  name: string,
  prefix: string,
): Promise<void> {
  if (await models.findAlias(projectId, name)) {
    const message = `'${name}' is an alias of this project. Choose another name, or delete the alias first.`;
    throw new ApiError('invalid_request', message, { param: 'name' });
  }
  const present = await models.find(projectId, name);
  if (!present || present.prefix === prefix) return;
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
  createdAtMs: number,
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
  };
}
