/**
 * A file that is too large for one request, sent part by part through the routes of uploads. Where the platform's store takes
 * parts from clients, they go straight into it, past whatever limits requests to the API; where it does not, cannot be reached
 * from here, or refuses what it was said to take (a policy or a proxy in between), they go through the API. Either way the platform checks the whole when the upload is completed.
 */
import { PreheatError } from '../errors.js';
import type { DirectUploadPart, FileObject, UploadObject, UploadPart } from '../generated/wire.js';
import { putToStore } from '../put-to-store.js';
import { retryDelayMs } from '../retry.js';
import type { RequestOptions, Transport } from '../transport.js';

/** Of `GET /x/limits`, in bytes. */
export interface UploadLimits {
  readonly file_bytes: number;
  readonly upload_part_bytes: number;
  /** Null: the store takes no parts from clients. */
  readonly direct_part_bytes: number | null;
}

interface LargeFile {
  readonly blob: Blob;
  readonly filename: string;
  readonly purpose: string;
  readonly expiresAfterSeconds: number | undefined;
}

/** Parts on their way at once; those for the store are held in memory. */
const PARTS_AT_ONCE = 3;
/** Of a part for the store, unless it takes only smaller ones. */
const DIRECT_PART_BYTES = 16 * 2 ** 20;

export async function uploadInParts(
  transport: Transport,
  { blob, filename, purpose, expiresAfterSeconds: seconds }: LargeFile,
  limits: UploadLimits,
  options: RequestOptions = {},
): Promise<FileObject> {
  const body = {
    bytes: blob.size,
    filename,
    mime_type: blob.type || 'application/octet-stream',
    purpose,
    ...(seconds === undefined ? {} : { expires_after: { anchor: 'created_at', seconds } }),
  };
  const { id } = await transport.json<UploadObject>({ method: 'POST', path: '/uploads', body }, options);
  const path = `/uploads/${encodeURIComponent(id)}`;
  try {
    const part_ids = await new PartSender(transport, path, limits, options).send(blob);
    const request = { method: 'POST', path: `${path}/complete`, body: { part_ids } } as const;
    const { file } = await transport.json<UploadObject>(request, options);
    if (file) return file;
    throw new PreheatError(`upload ${id} was completed without a file`, { status: 200, code: 'invalid_response' });
  } catch (error) {
    // Best effort: what stays expires by itself.
    await transport
      .json({ method: 'POST', path: `${path}/cancel` }, { maxRetries: 0, outlivesClient: true })
      .catch(() => undefined);
    throw error;
  }
}

class PartSender {
  readonly #transport: Transport;
  readonly #path: string;
  readonly #partBytes: number;
  readonly #options: RequestOptions;
  /** Null: not, or not any more. */
  #directBytes: number | null;

  constructor(transport: Transport, path: string, limits: UploadLimits, options: RequestOptions) {
    this.#transport = transport;
    this.#path = path;
    this.#partBytes = limits.upload_part_bytes;
    this.#options = options;
    const { direct_part_bytes: most } = limits;
    this.#directBytes = most === null ? null : Math.min(most, DIRECT_PART_BYTES);
  }

  /** The ids of the parts, in the order of the file. */
  async send(blob: Blob): Promise<string[]> {
    const pieces = piecesOf(blob, this.#directBytes ?? this.#partBytes);
    const ids: string[][] = [];
    const failures: unknown[] = [];
    let next = 0;
    const worker = async (): Promise<void> => {
      while (failures.length === 0) {
        const at = next++;
        const piece = pieces[at];
        if (piece === undefined) return;
        ids[at] = await this.#sendPiece(piece);
      }
    };
    const stop = (error: unknown): void => void failures.push(error);
    // After a failure no part is still under way.
    await Promise.all(Array.from({ length: PARTS_AT_ONCE }, () => worker().catch(stop)));
    if (failures.length > 0) throw failures[0];
    return ids.flat();
  }

  async #sendPiece(piece: Blob): Promise<string[]> {
    const id = this.#directBytes === null ? undefined : await this.#sendDirectly(piece);
    if (id !== undefined) return [id];
    const ids: string[] = [];
    for (const part of piecesOf(piece, this.#partBytes)) ids.push(await this.#sendThroughApi(part));
    return ids;
  }

  async #sendThroughApi(part: Blob): Promise<string> {
    const body = new FormData();
    body.append('data', part, 'part');
    const request = { method: 'POST', path: `${this.#path}/parts`, body } as const;
    return (await this.#transport.json<UploadPart>(request, this.#options)).id;
  }

  /** Undefined where parts had better go through the API. Every attempt has a URL of its own, so that none is too old. */
  async #sendDirectly(part: Blob): Promise<string | undefined> {
    const bytes = await part.arrayBuffer();
    const sha256 = await sha256Hex(bytes);
    if (sha256 === undefined) return this.#giveUpOnStore();
    const { sleep, random, nowMs, maxRetries: usualRetries } = this.#transport.settings;
    const { signal, maxRetries = usualRetries } = this.#options;
    for (let attempt = 0; ; attempt++) {
      const granted = await this.#announce({ bytes: bytes.byteLength, sha256 });
      if (!granted) return this.#giveUpOnStore();
      const outcome = await putToStore(this.#transport.settings, granted, bytes, this.#options);
      if (outcome.kind === 'stored') return granted.id;
      const isLast = attempt >= maxRetries;
      if (isLast && (outcome.kind === 'unreachable' || isForbidden(outcome.error))) return this.#giveUpOnStore();
      if (isLast && outcome.kind === 'refused') throw outcome.error;
      const headers = outcome.kind === 'refused' ? outcome.headers : undefined;
      await sleep(retryDelayMs(attempt, headers, random(), nowMs()), signal);
    }
  }

  /** Undefined when the platform has no store that takes parts from clients. */
  async #announce(body: { bytes: number; sha256: string }): Promise<DirectUploadPart | undefined> {
    try {
      const request = { method: 'POST', path: `/x${this.#path}/parts`, body } as const;
      return await this.#transport.json<DirectUploadPart>(request, this.#options);
    } catch (error) {
      if (error instanceof PreheatError && error.code === 'direct_upload_unavailable') return undefined;
      throw error;
    }
  }

  #giveUpOnStore(): undefined {
    this.#directBytes = null;
    return undefined;
  }
}

/** Of who may write there, and not of what was sent. */
const isForbidden = ({ status }: PreheatError): boolean => status === 401 || status === 403;

function piecesOf(blob: Blob, bytes: number): Blob[] {
  const count = Math.ceil(blob.size / bytes);
  return Array.from({ length: count }, (_, index) => blob.slice(index * bytes, (index + 1) * bytes));
}

/** Undefined in browsers on pages that are not secure, which have no digests. */
async function sha256Hex(bytes: ArrayBuffer): Promise<string | undefined> {
  const subtle = (globalThis.crypto as Partial<typeof globalThis.crypto> | undefined)?.subtle;
  if (!subtle) return undefined;
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
