/**
 * Exports of a project's models: files in the store, and a document written after they were proven. The id comes from what
 * was asked for, so asking again finds the export that is there.
 */
import { createHash } from 'node:crypto';
import { MANIFEST_NAME, ModelExportError, openBundle } from '@preheat/checkpoints';
import {
  ApiError,
  bundlesOf,
  decodeStored,
  encodeStored,
  type ExportModelRequest,
  KEYS,
  ModelExport,
  type ModelRecord,
} from '@preheat/contracts';
import { markOfExport, markUse } from '@preheat/jobs';
import type { StoredStream } from '@preheat/ports';
import type { ApiDependencies } from '../dependencies.js';
import { findModel } from '../serving/find-model.js';

type Dependencies = Pick<ApiDependencies, 'store' | 'models' | 'clock'>;

export class ModelExports {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** @throws ApiError `model_not_found`, `model_not_exportable` or `export_mismatch`. */
  async create(projectId: string, request: ExportModelRequest): Promise<ModelExport> {
    const { store, models, clock } = this.#deps;
    const record = await findModel(models, projectId, request.model);
    const id = exportId(record, request);
    const present = await this.#read(projectId, id);
    if (present) return present;
    const options = { format: request.format, dtype: request.dtype ?? 'float32', shardBytes: request.shard_bytes };
    // On demand: a function that exports nothing must start without the model runtime.
    const { exportModel, ExportMismatchError } = await import('@preheat/inference/exports');
    const bundles = bundlesOf(record);
    try {
      await Promise.all(bundles.map((prefix) => markUse(store, prefix, markOfExport(id))));
      const prefix = KEYS.modelExportFiles(projectId, id);
      const { files, parity } = await exportModel(store, models, record, prefix, options);
      const document: ModelExport = {
        object: 'model.export',
        id,
        created: Math.floor(clock.nowMs() / 1000),
        model: record.name,
        format: options.format,
        dtype: options.dtype,
        files: files.manifest.blobs.map(({ name, sizeBytes, sha256 }) => ({ path: name, bytes: sizeBytes, sha256 })),
        parity,
      };
      await store.put(KEYS.modelExport(projectId, id), encodeStored(document));
      return document;
    } catch (error) {
      if (error instanceof ModelExportError)
        throw new ApiError('model_not_exportable', `${error.message}.`, { param: 'format' });
      if (error instanceof ExportMismatchError) throw new ApiError('export_mismatch', `${error.message}.`);
      throw error;
    } finally {
      for (const prefix of bundles) await store.delete(KEYS.user(prefix, markOfExport(id)));
    }
  }

  /** @throws ApiError `not_found`. */
  async get(projectId: string, id: string): Promise<ModelExport> {
    const found = await this.#read(projectId, id);
    if (found) return found;
    throw new ApiError('not_found', `No export with id ${id} exists in this project.`, { param: 'export_id' });
  }

  /** @throws ApiError `not_found`, listing the files there are. */
  async open(projectId: string, id: string, path: string): Promise<StoredStream> {
    const { files } = await this.get(projectId, id);
    const isKnown = files.some((file) => file.path === path);
    const content = isKnown
      ? await this.#deps.store.getStream(`${KEYS.modelExportFiles(projectId, id)}/${path}`)
      : undefined;
    if (content) return content;
    const names = files.map((file) => file.path).join(', ');
    throw new ApiError('not_found', `The export ${id} has no file '${path.slice(0, 200)}'; it has ${names}.`, {
      param: 'path',
    });
  }

  /** The document goes first: an export without it does not exist. @throws ApiError `not_found`. */
  async delete(projectId: string, id: string): Promise<void> {
    await this.get(projectId, id);
    const { store } = this.#deps;
    const prefix = KEYS.modelExportFiles(projectId, id);
    const { names } = await openBundle(store, prefix);
    await store.delete(KEYS.modelExport(projectId, id));
    for (const name of [MANIFEST_NAME, ...names]) await store.delete(`${prefix}/${name}`);
  }

  async #read(projectId: string, id: string): Promise<ModelExport | undefined> {
    const key = KEYS.modelExport(projectId, id);
    const object = await this.#deps.store.get(key);
    return object && decodeStored(ModelExport, object.body, key);
  }
}

function exportId({ name, prefix }: ModelRecord, request: ExportModelRequest): string {
  const { format, dtype = 'float32', shard_bytes: shardBytes } = request;
  const asked = JSON.stringify([name, prefix, format, dtype, shardBytes ?? null]);
  return `mexp_${createHash('sha256').update(asked).digest('hex').slice(0, 24)}`;
}
