/** Data files: JSONL for training and evals, and whatever a job left as results. */
import type { FileObject } from '../generated/wire.js';
import { Paginator } from '../paginator.js';
import type { RequestOptions, Transport } from '../transport.js';
import { uploadInParts, type UploadLimits } from './upload-in-parts.js';

/** A path on this machine (Node only), or the bytes themselves. */
export type FileSource = string | URL | Blob | Uint8Array<ArrayBuffer> | ArrayBuffer;

export interface CreateFile {
  readonly purpose: 'fine-tune' | 'evals' | 'batch' | 'user_data';
  /** Default: the name of the path, or `data.jsonl` for bytes. */
  readonly filename?: string;
  /** After this the file is gone; at least an hour. */
  readonly expiresAfterSeconds?: number;
}

export interface ListFiles {
  readonly purpose?: string;
  readonly limit?: number;
  readonly order?: 'asc' | 'desc';
}

export class Files {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Uploads a file, in parts where it is larger than the platform takes in one request. The server checks every line; a malformed
   * one is a 400 that names it.
   */
  async create(source: FileSource, file: CreateFile, options?: RequestOptions): Promise<FileObject> {
    const { blob, name } = await opened(source);
    const { purpose, expiresAfterSeconds } = file;
    const limits = blob.size > SURELY_TAKEN_BYTES ? await this.#limits(options) : undefined;
    if (limits && blob.size > limits.file_bytes) {
      const large = { blob, filename: file.filename ?? name, purpose, expiresAfterSeconds };
      return uploadInParts(this.#transport, large, limits, options);
    }
    const body = new FormData();
    body.append('purpose', purpose);
    if (expiresAfterSeconds !== undefined) {
      body.append('expires_after[anchor]', 'created_at');
      body.append('expires_after[seconds]', String(expiresAfterSeconds));
    }
    body.append('file', blob, file.filename ?? name);
    return this.#transport.json({ method: 'POST', path: '/files', body }, options);
  }

  #limits(options?: RequestOptions): Promise<UploadLimits> {
    return this.#transport.json({ method: 'GET', path: '/x/limits' }, options);
  }

  list(query: ListFiles = {}, options?: RequestOptions): Paginator<FileObject> {
    return new Paginator((after) =>
      this.#transport.json({ method: 'GET', path: '/files', query: { ...query, after } }, options),
    );
  }

  retrieve(id: string, options?: RequestOptions): Promise<FileObject> {
    return this.#transport.json({ method: 'GET', path: filePath(id) }, options);
  }

  /** The raw bytes, as a `Response` so that a large file can be streamed. */
  content(id: string, options?: RequestOptions): Promise<Response> {
    const headers = { accept: 'application/binary' };
    return this.#transport.response({ method: 'GET', path: `${filePath(id)}/content`, headers }, options);
  }

  delete(id: string, options?: RequestOptions): Promise<{ id: string; object: 'file'; deleted: boolean }> {
    return this.#transport.json({ method: 'DELETE', path: filePath(id) }, options);
  }
}

const filePath = (id: string): string => `/files/${encodeURIComponent(id)}`;

/** Files up to this are sent without asking for the limits in force: requests to a function may have 6 MB, in base64. */
const SURELY_TAKEN_BYTES = 4_000_000;

const DEFAULT_NAME = 'data.jsonl';

async function opened(source: FileSource): Promise<{ blob: Blob; name: string }> {
  if (source instanceof Blob) return { blob: source, name: 'name' in source ? String(source.name) : DEFAULT_NAME };
  if (typeof source !== 'string' && !(source instanceof URL)) return { blob: new Blob([source]), name: DEFAULT_NAME };
  // Loaded on use, so that browsers, where a path means nothing, can load this module.
  const { openAsBlob, statSync } = await import('node:fs');
  // By itself, openAsBlob names no path when there is no file, and a folder fails only when the upload reads it.
  if (!statSync(source).isFile()) throw new TypeError(`${source} is not a file`);
  const path = source instanceof URL ? decodeURIComponent(source.pathname) : source;
  const name = path.split(/[/\\]/).at(-1) || DEFAULT_NAME;
  return { blob: await openAsBlob(source), name };
}
