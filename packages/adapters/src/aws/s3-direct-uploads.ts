/**
 * Signs URLs by which a client writes one object of the bucket in our name. What is signed leaves nothing open: the key, the
 * method, how many bytes and which, and that there is no such object yet, so that a URL that leaks writes nothing else.
 */
import { S3Client } from '@aws-sdk/client-s3';
import { assertKey, type DirectUploads, type PutGrant, type PutGrantRequest } from '@preheat/ports';
import { clientConfig } from './connection.js';
import type { S3StoreOptions } from './s3-object-store.js';

interface UnsignedRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly path: string;
  readonly query: Record<string, string>;
  readonly headers: Record<string, string>;
}

/** What the signer of the S3 client can do beyond its declared type. */
interface Presigner {
  presign(
    request: UnsignedRequest,
    options: { signingDate: Date; expiresIn: number; unhoistableHeaders: Set<string> },
  ): Promise<{ readonly query?: Readonly<Record<string, unknown>> }>;
}

export class S3DirectUploads implements DirectUploads {
  readonly #client: S3Client;
  readonly #base: string;

  /** Opens no connection. */
  constructor(options: S3StoreOptions) {
    this.#client = new S3Client({ ...clientConfig(options), forcePathStyle: options.endpoint !== undefined });
    this.#base = addressOf(options);
  }

  close(): void {
    this.#client.destroy();
  }

  async grantPut({ key, bytes, sha256, nowMs, lifetimeMs }: PutGrantRequest): Promise<PutGrant> {
    assertKey(key);
    const url = new URL(`${this.#base}/${key.split('/').map(encodeURIComponent).join('/')}`);
    const expiresIn = Math.floor(lifetimeMs / 1000);
    const headers = {
      'if-none-match': '*',
      'x-amz-checksum-sha256': Buffer.from(sha256, 'hex').toString('base64'),
    };
    const signer = (await this.#client.config.signer()) as unknown as Presigner;
    const request = {
      method: 'PUT',
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: {},
      headers: {
        ...headers,
        host: url.host,
        'content-length': String(bytes),
        // The bytes are bound by their checksum, which S3 compares while it reads.
        'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD',
      },
    };
    // As query parameters they would be signed and not be looked at.
    const unhoistableHeaders = new Set(Object.keys(headers));
    const { query = {} } = await signer.presign(request, {
      signingDate: new Date(nowMs),
      expiresIn,
      unhoistableHeaders,
    });
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
    return { url: url.href, headers, expiresAtMs: nowMs + expiresIn * 1000 };
  }
}

/** Of the bucket. A name with dots fits no certificate of the form `*.s3.…`, so it goes into the path. */
function addressOf({ bucket, region, endpoint }: S3StoreOptions): string {
  if (endpoint !== undefined) return `${endpoint.replace(/\/+$/, '')}/${bucket}`;
  const host = `s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
  return bucket.includes('.') ? `https://${host}/${bucket}` : `https://${bucket}.${host}`;
}
