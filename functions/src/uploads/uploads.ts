/**
 * Files sent in parts. A part's bytes go into the store as they come; completing joins them, again as a stream, and makes
 * a file of them. Whatever ended or expired loses its parts to `sweepUploads`. Completing or cancelling twice is answered
 * like the first time: official clients repeat a request whose answer they lost.
 */
import { createHash } from 'node:crypto';
import {
  type AnnounceUploadPart,
  ApiError,
  type CompleteUpload,
  type CreateUpload,
  type DirectUploadPart,
  type FileObject,
  KEYS,
  StoredUpload,
  type UploadObject,
  type UploadPart,
} from '@preheat/contracts';
import { DocumentStore, ownedBy } from '@preheat/jobs';
import type { Clock, DirectUploads, Ids, ObjectStore } from '@preheat/ports';
import type { FileLibrary } from '../files/file-library.js';
import { assertDataFileName } from '../files/validate-rows.js';
import { timeId } from '../listing/time-id.js';
import { announcedPart, announcedPartId } from './announced-part.js';

export interface UploadDependencies {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Absent where parts come through the API only. */
  readonly directUploads?: DirectUploads;
}

export interface UploadLimits {
  readonly uploadBytes: number;
  readonly uploadPartBytes: number;
  readonly directPartBytes: number;
}

const LIFETIME_MS = 3_600_000;
/** Of the right to put a part into the store: long enough for a slow line, and shorter than parts are kept. */
const GRANT_MS = 900_000;
/** Parts may be sent again when an answer was lost, so more may lie in the store than the file is to have; so many times it. */
const MAX_SENT = 3;

export class Uploads {
  readonly #deps: UploadDependencies;
  readonly #files: FileLibrary;
  readonly #limits: UploadLimits;
  readonly #documents: DocumentStore<typeof StoredUpload>;

  constructor(deps: UploadDependencies, files: FileLibrary, limits: UploadLimits) {
    this.#deps = deps;
    this.#files = files;
    this.#limits = limits;
    this.#documents = new DocumentStore(deps.store, StoredUpload, deps.ids);
  }

  /** @throws ApiError `file_too_large` with the limit in force, `invalid_request` for a name its purpose forbids. */
  async create(projectId: string, request: CreateUpload): Promise<UploadObject> {
    const { uploadBytes } = this.#limits;
    if (request.bytes > uploadBytes) {
      const message = `An upload may have at most ${uploadBytes} bytes here; this one is to have ${request.bytes}.`;
      throw new ApiError('file_too_large', message, { param: 'bytes' });
    }
    assertDataFileName(request);
    const { id, createdAtMs } = timeId('upload_', this.#deps);
    const stored: StoredUpload = {
      schemaVersion: 1,
      writeId: this.#documents.nextWriteId(),
      id,
      projectId,
      createdAtMs,
      expiresAtMs: createdAtMs + LIFETIME_MS,
      request,
      state: 'pending',
      file: null,
    };
    await this.#deps.store.put(KEYS.openUpload(stored.expiresAtMs, id), new Uint8Array());
    await this.#documents.create(KEYS.upload(id), stored);
    return toUploadObject(stored, createdAtMs);
  }

  /** @throws ApiError `not_found`, `invalid_upload_state` or `file_too_large`; nothing is kept then. */
  async addPart(projectId: string, id: string, content: AsyncIterable<Uint8Array>): Promise<UploadPart> {
    const upload = await this.#get(projectId, id);
    this.#assertPending(upload);
    await this.#assertRoom(upload, 0);
    const { store, clock, ids } = this.#deps;
    const partId = ids.next('part_');
    await store.putStream(KEYS.uploadPart(id, partId), atMost(content, this.#limits.uploadPartBytes));
    return { id: partId, object: 'upload.part', created_at: Math.floor(clock.nowMs() / 1000), upload_id: id };
  }

  /**
   * The right to put a part into the store, past the API; it counts once it is there.
   * @throws ApiError `not_found`, `invalid_upload_state`, `file_too_large` or `direct_upload_unavailable`.
   */
  async announcePart(projectId: string, id: string, announced: AnnounceUploadPart): Promise<DirectUploadPart> {
    const upload = await this.#get(projectId, id);
    this.#assertPending(upload);
    const { clock, ids, directUploads } = this.#deps;
    if (!directUploads) {
      const message = `The store of this platform takes no parts from clients: send them to /v1/uploads/${id}/parts.`;
      throw new ApiError('direct_upload_unavailable', message);
    }
    const maxBytes = Math.min(this.#limits.directPartBytes, upload.request.bytes);
    if (announced.bytes > maxBytes) {
      const message = `A part of this upload may have at most ${maxBytes} bytes; this one is to have ${announced.bytes}.`;
      throw new ApiError('file_too_large', message, { param: 'bytes' });
    }
    await this.#assertRoom(upload, announced.bytes);
    const partId = announcedPartId(ids.next('part_'), announced);
    const times = { nowMs: clock.nowMs(), lifetimeMs: GRANT_MS };
    const { url, headers, expiresAtMs } = await directUploads.grantPut({
      key: KEYS.uploadPart(id, partId),
      ...announced,
      ...times,
    });
    const expires_at = Math.floor(expiresAtMs / 1000);
    return { id: partId, object: 'upload.direct_part', upload_id: id, method: 'PUT', url, headers, expires_at };
  }

  /** @throws ApiError `not_found`, `invalid_upload_state`, `upload_incomplete`, `invalid_training_file`. */
  async complete(projectId: string, id: string, request: CompleteUpload): Promise<UploadObject> {
    const upload = await this.#get(projectId, id);
    if (upload.state === 'completed') return toUploadObject(upload, this.#deps.clock.nowMs());
    this.#assertPending(upload);
    await this.#assertWhole(upload, request);
    const { filename, purpose, expires_after: expiry } = upload.request;
    const hash = createHash('md5');
    const staged = await this.#files.stage(projectId, this.#joined(id, request.part_ids, hash), upload.request.bytes);
    const description = { filename, purpose, expiresAfterSeconds: expiry?.seconds ?? null };
    let file: FileObject;
    try {
      assertSameHash(request.md5, hash.digest('hex'));
      file = await this.#files.publish(projectId, staged, description);
    } catch (error) {
      await this.#files.discard(projectId, staged);
      throw error;
    }
    return this.#settle(upload, { state: 'completed', file });
  }

  /** @throws ApiError `not_found` or `invalid_upload_state`. */
  async cancel(projectId: string, id: string): Promise<UploadObject> {
    const upload = await this.#get(projectId, id);
    if (upload.state === 'cancelled') return toUploadObject(upload, this.#deps.clock.nowMs());
    this.#assertPending(upload);
    return this.#settle(upload, { state: 'cancelled' });
  }

  /** Ends a pending upload once; whoever comes second is answered with what the first one made of it. */
  async #settle(upload: StoredUpload, end: Pick<StoredUpload, 'state'> & Partial<StoredUpload>): Promise<UploadObject> {
    let isOurs = false;
    const stored = await this.#documents.update(KEYS.upload(upload.id), (current) => {
      isOurs = current.state === 'pending';
      return isOurs ? { ...current, ...end } : undefined;
    });
    if (!stored) throw uploadNotFound(upload.id);
    if (!isOurs && end.file) await this.#files.delete(upload.projectId, end.file.id);
    if (stored.document.state !== end.state) this.#assertPending(stored.document);
    return toUploadObject(stored.document, this.#deps.clock.nowMs());
  }

  async #get(projectId: string, id: string): Promise<StoredUpload> {
    const upload = ownedBy(projectId, (await this.#documents.read(KEYS.upload(id)))?.document);
    if (upload) return upload;
    throw uploadNotFound(id);
  }

  /** @throws ApiError `file_too_large` when parts of this upload would fill the store. */
  async #assertRoom({ id, request }: StoredUpload, bytes: number): Promise<void> {
    const { entries } = await this.#deps.store.list(KEYS.uploadParts(id));
    const sent = entries.reduce((sum, { size }) => sum + size, 0);
    if (sent + bytes <= MAX_SENT * request.bytes) return;
    const message = `This upload is to have ${request.bytes} bytes, and its parts have ${sent} already: cancel it and start again.`;
    throw new ApiError('file_too_large', message);
  }

  #assertPending(upload: StoredUpload): void {
    const state = statusOf(upload, this.#deps.clock.nowMs());
    if (state === 'pending') return;
    throw new ApiError('invalid_upload_state', `Upload ${upload.id} is ${state}; it takes nothing more.`);
  }

  async #assertWhole(upload: StoredUpload, { part_ids: parts }: CompleteUpload): Promise<void> {
    const refuse = (message: string): never => {
      throw new ApiError('upload_incomplete', message, { param: 'part_ids' });
    };
    if (new Set(parts).size !== parts.length) refuse('A part is named twice; name every part once, in order.');
    let bytes = 0;
    for (const part of parts) {
      const announced = announcedPart(part);
      const head = await this.#deps.store.head(KEYS.uploadPart(upload.id, part));
      const absent = announced
        ? 'Its bytes never arrived: announce it again and put them to the URL of the answer.'
        : '';
      const size = head?.size ?? refuse(`Upload ${upload.id} has no part ${part}. ${absent}`.trim());
      if (announced && size !== announced.bytes)
        refuse(`Part ${part} has ${size} bytes; ${announced.bytes} were announced.`);
      bytes += size;
    }
    const announced = upload.request.bytes;
    if (bytes !== announced) refuse(`The parts have ${bytes} bytes together; the upload announced ${announced}.`);
  }

  async *#joined(id: string, parts: readonly string[], hash: { update(bytes: Uint8Array): void }) {
    for (const part of parts) {
      const content = await this.#deps.store.getStream(KEYS.uploadPart(id, part));
      if (!content) throw new ApiError('upload_incomplete', `Part ${part} is gone.`, { param: 'part_ids' });
      const announced = announcedPart(part);
      const partHash = announced && createHash('sha256');
      for await (const chunk of content.body) {
        hash.update(chunk);
        partHash?.update(chunk);
        yield chunk;
      }
      const sha256 = partHash?.digest('hex');
      if (sha256 === announced?.sha256) continue;
      const message = `Part ${part} has the SHA-256 ${sha256}, which is not the one that was announced: send it again.`;
      throw new ApiError('upload_incomplete', message, { param: 'part_ids' });
    }
  }
}

const uploadNotFound = (id: string): ApiError =>
  new ApiError('not_found', `No upload with id ${id} exists in this project.`, { param: 'upload_id' });

function assertSameHash(expected: string | undefined, actual: string): void {
  if (expected === undefined || expected.toLowerCase() === actual) return;
  const message = `The parts have the MD5 ${actual}; ${expected} was expected. A part is damaged or out of order.`;
  throw new ApiError('upload_incomplete', message, { param: 'md5' });
}

async function* atMost(content: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of content) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) {
      throw new ApiError('file_too_large', `A part may have at most ${maxBytes} bytes here.`, { param: 'data' });
    }
    yield chunk;
  }
}

function statusOf({ state, expiresAtMs }: StoredUpload, nowMs: number): UploadObject['status'] {
  return state === 'pending' && expiresAtMs <= nowMs ? 'expired' : state;
}

function toUploadObject(upload: StoredUpload, nowMs: number): UploadObject {
  const { bytes, filename, purpose } = upload.request;
  return {
    id: upload.id,
    object: 'upload',
    bytes,
    created_at: Math.floor(upload.createdAtMs / 1000),
    expires_at: Math.floor(upload.expiresAtMs / 1000),
    filename,
    purpose,
    status: statusOf(upload, nowMs),
    file: upload.file,
  };
}
