/**
 * The files of a project: content first, then the record that makes it real, then the index entry that lists it. Deleting
 * goes the other way, so a crash between steps leaves at worst an object nobody can see; a mark that was set before the
 * first step leads the collector to it. Only a whole file takes its mark back: after a deletion, a write may still be on its
 * way.
 */
import { createHash } from 'node:crypto';
import { ApiError, decodeStored, encodeStored, type FileObject, KEYS, StoredFile } from '@preheat/contracts';
import { ownedBy } from '@preheat/jobs';
import { type Clock, type Ids, type ObjectStore, putIdempotent, type StoredStream } from '@preheat/ports';
import { findKey, type ObjectIndex, readPage } from '../listing/object-index.js';
import type { PageOf, PageRequest } from '../listing/page.js';
import { timeId } from '../listing/time-id.js';
import { assertDataFileName, validateRows } from './validate-rows.js';

export interface FileDependencies {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** Bytes in the store that no record names yet. */
export interface StagedContent {
  readonly id: string;
  readonly createdAtMs: number;
  readonly bytes: number;
  readonly sha256: string;
}

export interface FileDescription {
  readonly filename: string;
  readonly purpose: FileObject['purpose'];
  readonly expiresAfterSeconds: number | null;
}

const LONG_UPLOAD_MS = 60_000;

const missing = (id: string): ApiError =>
  new ApiError('not_found', `No file with id ${id} exists in this project.`, { param: 'file_id' });

export class FileLibrary {
  readonly #store: ObjectStore;
  readonly #clock: Clock;
  readonly #ids: Ids;

  constructor({ store, clock, ids }: FileDependencies) {
    this.#store = store;
    this.#clock = clock;
    this.#ids = ids;
  }

  /**
   * Streams content into the store under a new id of the project.
   * @throws ApiError `file_too_large`; nothing is stored then.
   */
  async stage(projectId: string, content: AsyncIterable<Uint8Array>, maxBytes: number): Promise<StagedContent> {
    const { id, createdAtMs } = timeId('file-', { clock: this.#clock, ids: this.#ids });
    await this.#markUnfinished(projectId, id);
    const hash = createHash('sha256');
    let bytes = 0;
    await this.#store.putStream(KEYS.fileContent(id), measured());
    // The collector forgets a mark that stood alone for long.
    if (this.#clock.nowMs() - createdAtMs > LONG_UPLOAD_MS) await this.#markUnfinished(projectId, id);
    return { id, createdAtMs, bytes, sha256: hash.digest('hex') };

    async function* measured(): AsyncGenerator<Uint8Array> {
      for await (const chunk of content) {
        bytes += chunk.byteLength;
        if (bytes > maxBytes) throw new ApiError('file_too_large', `A file may have at most ${maxBytes} bytes.`);
        hash.update(chunk);
        yield chunk;
      }
    }
  }

  /** Takes back what `stage` and a failed `publish` wrote. */
  async discard(projectId: string, staged: StagedContent): Promise<void> {
    await this.#remove(staged.id, KEYS.fileIndexEntry(projectId, staged.createdAtMs, staged.id));
  }

  /**
   * Checks staged content line by line where its purpose asks for it, and makes it a file of the project.
   * @throws ApiError `invalid_training_file` and `invalid_request`; the content stays staged.
   */
  async publish(projectId: string, staged: StagedContent, description: FileDescription): Promise<FileObject> {
    assertDataFileName(description);
    const content = await this.#store.getStream(KEYS.fileContent(staged.id));
    if (!content) throw new Error(`staged content of ${staged.id} is missing`);
    const lines = await validateRows(content.body, description);
    const document = toDocument(projectId, staged, description, lines);
    const entry = KEYS.fileIndexEntry(projectId, staged.createdAtMs, staged.id);
    await this.#scheduleExpiry(document);
    await putIdempotent(this.#store, KEYS.file(staged.id), encodeStored(document), 'application/json');
    await putIdempotent(this.#store, entry, new Uint8Array());
    await this.#store.delete(KEYS.unfinishedFile(staged.id));
    return document.file;
  }

  /** The record, or undefined when the project has no such file or it has expired. */
  async find(projectId: string, id: string): Promise<StoredFile | undefined> {
    const stored = await this.#read(projectId, id);
    return stored && this.#isExpired(stored) ? undefined : stored;
  }

  /** @throws ApiError `not_found`. */
  async get(projectId: string, id: string): Promise<StoredFile> {
    const stored = await this.find(projectId, id);
    if (!stored) throw missing(id);
    return stored;
  }

  async content(projectId: string, id: string): Promise<StoredStream> {
    await this.get(projectId, id);
    return this.#content(id);
  }

  /**
   * For whoever came to use the file before it expired: it is kept for them, and read by nobody else.
   * @throws ApiError `not_found`.
   */
  async kept(projectId: string, id: string): Promise<{ file: FileObject; content: StoredStream }> {
    const stored = await this.#read(projectId, id);
    if (!stored) throw missing(id);
    return { file: stored.file, content: await this.#content(id) };
  }

  async #content(id: string): Promise<StoredStream> {
    const content = await this.#store.getStream(KEYS.fileContent(id));
    if (!content) throw new ApiError('not_found', `The content of ${id} was deleted.`, { param: 'file_id' });
    return content;
  }

  async list(projectId: string, request: PageRequest, purpose?: string): Promise<PageOf<FileObject>> {
    return readPage(this.#index(projectId), request, async (id) => {
      const stored = await this.find(projectId, id);
      return purpose === undefined || stored?.file.purpose === purpose ? stored?.file : undefined;
    });
  }

  async delete(projectId: string, id: string): Promise<void> {
    await this.get(projectId, id);
    await this.#delete(projectId, id);
  }

  /** Whether there was one that expired. */
  async deleteExpired(projectId: string, id: string): Promise<boolean> {
    const stored = await this.#read(projectId, id);
    if (!stored || !this.#isExpired(stored)) return false;
    await this.#delete(projectId, id);
    return true;
  }

  async #read(projectId: string, id: string): Promise<StoredFile | undefined> {
    const object = await this.#store.get(KEYS.file(id));
    return object && ownedBy(projectId, decodeStored(StoredFile, object.body, KEYS.file(id)));
  }

  #isExpired({ file }: StoredFile): boolean {
    return (file.expires_at ?? Infinity) * 1000 <= this.#clock.nowMs();
  }

  async #delete(projectId: string, id: string): Promise<void> {
    await this.#markUnfinished(projectId, id);
    const entry = await findKey(this.#index(projectId), id);
    await this.#remove(id, entry);
  }

  async #remove(id: string, entry: string | undefined): Promise<void> {
    if (entry !== undefined) await this.#store.delete(entry);
    await this.#store.delete(KEYS.file(id));
    await this.#store.delete(KEYS.fileContent(id));
  }

  async #scheduleExpiry({ projectId, file }: StoredFile): Promise<void> {
    if (file.expires_at === undefined) return;
    await putIdempotent(this.#store, KEYS.fileExpiry(file.expires_at * 1000, projectId, file.id), new Uint8Array());
  }

  /** The mark names the project, which nothing else tells before there is a record. */
  #markUnfinished(projectId: string, id: string): Promise<void> {
    return putIdempotent(this.#store, KEYS.unfinishedFile(id), new TextEncoder().encode(projectId));
  }

  #index(projectId: string): ObjectIndex {
    return {
      store: this.#store,
      prefix: KEYS.fileIndex(projectId),
      keyOrder: 'desc',
      idPrefix: 'file-',
      keyOf: (createdAtMs, id) => KEYS.fileIndexEntry(projectId, createdAtMs, id),
      nowMs: () => this.#clock.nowMs(),
    };
  }
}

function toDocument(
  projectId: string,
  staged: StagedContent,
  description: FileDescription,
  lines: number | null,
): StoredFile {
  const createdAt = Math.floor(staged.createdAtMs / 1000);
  const { expiresAfterSeconds } = description;
  return {
    schemaVersion: 1,
    projectId,
    lines,
    sha256: staged.sha256,
    file: {
      id: staged.id,
      object: 'file',
      bytes: staged.bytes,
      created_at: createdAt,
      filename: description.filename,
      purpose: description.purpose,
      status: 'processed',
      ...(expiresAfterSeconds === null ? {} : { expires_at: createdAt + expiresAfterSeconds }),
    },
  };
}
