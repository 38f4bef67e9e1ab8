/**
 * Sends model files to the platform: first the beginnings, which are enough to check everything but the weights' values, and
 * only then the rest. Parts are temporary: they are deleted when the import is done, and expire if this process dies.
 */
import { openAsBlob } from 'node:fs';
import { open } from 'node:fs/promises';
import type { ImportModelRequest, ModelImport, Preheat } from '@preheat/sdk';
import type { LocalFile } from './local-folder.js';

/** Small enough for a Lambda function URL (6 MB in base64), large enough that requests cost little. */
const PART_BYTES = 4_000_000;
const EXPIRY_SECONDS = 24 * 3600;
/** Enough of a file that will be refused. */
const PEEK_BYTES = 64;
const LENGTH_BYTES = 8;

export interface UploadOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (sentBytes: number, totalBytes: number, name: string) => void;
  readonly partBytes?: number;
}

type ImportTarget = Omit<ImportModelRequest, 'files' | 'check_only'>;
type SentFile = ImportModelRequest['files'][number];

/** @throws PreheatError with what the platform finds wrong; nothing stays uploaded then. */
export async function uploadModel(
  client: Preheat,
  files: readonly LocalFile[],
  target: ImportTarget,
  options: UploadOptions,
): Promise<ModelImport> {
  const upload = new ModelUpload(client, files, options);
  const { signal } = options;
  try {
    for (const file of files) await upload.send(file, await headBytes(file));
    await client.models.import({ ...target, files: upload.sent(), check_only: true }, { signal });
    for (const file of files) await upload.send(file, file.bytes);
    return await client.models.import({ ...target, files: upload.sent() }, { signal });
  } finally {
    await upload.discard();
  }
}

/** Bytes that say what is in the file: all of a description, the header of safetensors. */
async function headBytes({ name, path, bytes }: LocalFile): Promise<number> {
  if (/\.(json|jinja)$/.test(name)) return bytes;
  if (!name.endsWith('.safetensors') || bytes < LENGTH_BYTES) return Math.min(bytes, PEEK_BYTES);
  const file = await open(path);
  try {
    const first = Buffer.alloc(LENGTH_BYTES);
    await file.read(first, 0, LENGTH_BYTES, 0);
    const headerBytes = first.readBigUInt64LE();
    return headerBytes > BigInt(bytes) ? Math.min(bytes, PEEK_BYTES) : LENGTH_BYTES + Number(headerBytes);
  } finally {
    await file.close();
  }
}

class ModelUpload {
  readonly #client: Preheat;
  readonly #options: UploadOptions;
  readonly #totalBytes: number;
  readonly #sent = new Map<string, { bytes: number; done: number; parts: string[] }>();

  constructor(client: Preheat, files: readonly LocalFile[], options: UploadOptions) {
    this.#client = client;
    this.#options = options;
    this.#totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const { name, bytes } of files) this.#sent.set(name, { bytes, done: 0, parts: [] });
  }

  /** Uploads what is missing of the first `until` bytes. An empty file is one empty part. */
  async send({ name, path }: LocalFile, until: number): Promise<void> {
    const sent = this.#sent.get(name);
    if (!sent) return;
    const { partBytes = PART_BYTES, signal, onProgress } = this.#options;
    const content = await openAsBlob(path);
    while (sent.done < Math.min(until, sent.bytes) || sent.parts.length === 0) {
      const end = Math.min(sent.done + partBytes, until, sent.bytes);
      const file = {
        purpose: 'user_data',
        filename: name.split('/').at(-1) ?? name,
        expiresAfterSeconds: EXPIRY_SECONDS,
      } as const;
      const { id } = await this.#client.files.create(content.slice(sent.done, end), file, { signal });
      sent.parts.push(id);
      sent.done = end;
      const all = [...this.#sent.values()].reduce((sum, { done }) => sum + done, 0);
      onProgress(all, this.#totalBytes, name);
    }
  }

  sent(): SentFile[] {
    return [...this.#sent].map(([path, { bytes, parts }]) => ({ path, bytes, parts }));
  }

  /** Best effort: what stays expires by itself. */
  async discard(): Promise<void> {
    const parts = [...this.#sent.values()].flatMap((file) => file.parts);
    await Promise.allSettled(parts.map((id) => this.#client.files.delete(id, { maxRetries: 0, outlivesClient: true })));
  }
}
