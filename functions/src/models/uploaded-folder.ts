/** A model folder that lies in uploaded files, each of its files in parts. */
import { ApiError, type ImportModelRequest, invariant, KEYS, type StoredFile } from '@preheat/contracts';
import type { ModelFolder } from '@preheat/checkpoints';
import type { ObjectStore } from '@preheat/ports';
import type { FileLibrary } from '../files/file-library.js';

type RequestedFile = ImportModelRequest['files'][number];

export interface UploadedFolder extends ModelFolder {
  /** Whether all bytes of every file are there. */
  readonly isComplete: boolean;
  /** Equal for equal files in equal parts. */
  readonly identity: string;
}

/** @throws ApiError `invalid_request` naming the part that the project does not have, or a file given twice. */
export async function openUploads(
  store: ObjectStore,
  files: FileLibrary,
  projectId: string,
  requested: readonly RequestedFile[],
): Promise<UploadedFolder> {
  const uploads = new Map<string, Upload>();
  for (const [index, file] of requested.entries()) {
    const at = `files.${index}`;
    if (uploads.has(file.path)) throw refused(`'${at}.path' ${file.path} is given twice.`, `${at}.path`);
    const parts = await partsOf(files, projectId, file, at);
    const present = parts.reduce((sum, part) => sum + part.file.bytes, 0);
    if (present > file.bytes) {
      throw refused(`'${at}.bytes' is ${file.bytes}, but the parts of ${file.path} have ${present}.`, `${at}.bytes`);
    }
    uploads.set(file.path, { file, parts, present });
  }
  const of = (name: string): Upload => {
    const upload = uploads.get(name);
    invariant(upload, `the request has no file ${name}`);
    return upload;
  };
  return {
    names: [...uploads.keys()],
    sizeOf: (name) => of(name).file.bytes,
    open: (name, range) => readParts(store, of(name).parts, range?.offset ?? 0, range?.length ?? Infinity),
    isComplete: [...uploads.values()].every(({ file, present }) => present === file.bytes),
    identity: JSON.stringify(
      [...uploads.values()].map(({ file, parts }) => [file.path, parts.map((part) => part.sha256)]),
    ),
  };
}

interface Upload {
  readonly file: RequestedFile;
  readonly parts: readonly StoredFile[];
  readonly present: number;
}

/** Records of parts read at once. */
const PARALLEL_READS = 32;

async function partsOf(files: FileLibrary, projectId: string, file: RequestedFile, at: string): Promise<StoredFile[]> {
  const parts: StoredFile[] = [];
  for (let start = 0; start < file.parts.length; start += PARALLEL_READS) {
    const ids = file.parts.slice(start, start + PARALLEL_READS);
    const read = ids.map((id, offset) => partOf(files, projectId, id, `${at}.parts.${start + offset}`));
    parts.push(...(await Promise.all(read)));
  }
  return parts;
}

async function partOf(files: FileLibrary, projectId: string, id: string, param: string): Promise<StoredFile> {
  const stored = await files.find(projectId, id);
  if (stored) return stored;
  throw refused(`'${param}' names no file of this project: ${id}.`, param);
}

/** Bytes `offset` to `offset + length` of the parts laid end to end, as far as they go. */
async function* readParts(
  store: ObjectStore,
  parts: readonly StoredFile[],
  offset: number,
  length: number,
): AsyncGenerator<Uint8Array> {
  let start = 0;
  for (const { file } of parts) {
    const from = Math.max(offset - start, 0);
    const to = Math.min(offset + length - start, file.bytes);
    start += file.bytes;
    if (from >= to) continue;
    const content = await store.getStream(KEYS.fileContent(file.id), { range: { offset: from, length: to - from } });
    if (!content) throw refused(`The content of ${file.id} was deleted while it was read.`, 'files');
    yield* content.body;
  }
}

const refused = (message: string, param: string): ApiError => new ApiError('invalid_request', message, { param });
