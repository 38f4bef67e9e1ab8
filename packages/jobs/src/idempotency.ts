/**
 * Deciding whether a create request is a repetition. Official clients retry without an idempotency key, so a request that
 * says it is a retry is matched by the digest of its body within a short window; a key given by the caller is exact. An
 * original that arrives after its own retry (a slow machine, a queue on the way) is matched once in the same way.
 */
import { IdempotencyRecord, KEYS } from '@preheat/contracts';
import type { Clock, Ids, ObjectStore } from '@preheat/ports';
import { DocumentStore } from './document-store.js';

/** How long a retried body is taken for the same request. Official clients give up within 3 attempts of minutes. */
export const RETRY_WINDOW_MS = 15 * 60_000;

export interface RequestIdentity {
  readonly projectId: string;
  /** Digest of the caller's `Idempotency-Key`, if one was sent. Hexadecimal. */
  readonly keyDigest: string | null;
  /** Digest of the body. Hexadecimal. */
  readonly bodyDigest: string;
  /** Whether the client says that it is retrying (`X-Stainless-Retry-Count` above 0). */
  readonly isRetry: boolean;
}

/** The same for every repetition of a request. */
export interface ReservedId {
  readonly id: string;
  readonly reservedAtMs: number;
}

export type Reservation =
  /** What this request must create; `repeated` when an earlier request already reserved it. */
  ({ readonly ok: true; readonly repeated: boolean } & ReservedId) | { readonly ok: false };

/** Hands out ids so that a repeated request gets the id of its first attempt, also across a crash in between. */
export class IdempotencyLedger {
  readonly #documents: DocumentStore<typeof IdempotencyRecord>;
  readonly #clock: Clock;
  readonly #ids: Ids;

  constructor(store: ObjectStore, clock: Clock, ids: Ids) {
    this.#documents = new DocumentStore(store, IdempotencyRecord, ids);
    this.#clock = clock;
    this.#ids = ids;
  }

  /** As `reserve` answers a repetition, reserving nothing; undefined where the request repeats none. */
  async find(identity: RequestIdentity): Promise<Reservation | undefined> {
    const { projectId, keyDigest, bodyDigest } = identity;
    const name = keyDigest === null ? `body-${bodyDigest}` : `key-${keyDigest}`;
    const stored = (await this.#documents.read(KEYS.idempotency(projectId, name)))?.document;
    if (!stored || (keyDigest === null && !this.#isRepeated(stored, identity))) return undefined;
    if (stored.bodyDigest !== bodyDigest) return { ok: false };
    return { ok: true, ...reservedBy(stored), repeated: true };
  }

  /**
   * `{ok: false}` when the key was used with another body.
   * @param newId Of what the request creates, if nothing is reserved for it. Default: of a job.
   */
  async reserve(identity: RequestIdentity, newId = () => this.#ids.next('ftjob-')): Promise<Reservation> {
    const record = this.#record(identity, newId());
    return identity.keyDigest === null
      ? this.#byBody(identity, record)
      : this.#byKey(identity, identity.keyDigest, record);
  }

  async #byKey(identity: RequestIdentity, keyDigest: string, record: IdempotencyRecord): Promise<Reservation> {
    const key = KEYS.idempotency(identity.projectId, `key-${keyDigest}`);
    const { created, stored } = await this.#documents.create(key, record);
    if (stored.document.bodyDigest !== identity.bodyDigest) return { ok: false };
    return { ok: true, ...reservedBy(stored.document), repeated: !created };
  }

  async #byBody(identity: RequestIdentity, unmarked: IdempotencyRecord): Promise<Reservation> {
    const key = KEYS.idempotency(identity.projectId, `body-${identity.bodyDigest}`);
    const record = { ...unmarked, awaitsOriginal: identity.isRetry };
    let reserved: Reservation = { ok: true, ...reservedBy(record), repeated: false };
    const { created } = await this.#documents.create(key, record);
    if (created) return reserved;
    await this.#documents.update(key, (stored) => {
      const isOurs = stored.jobId === record.jobId;
      const isKnown = isOurs || this.#isRepeated(stored, identity);
      reserved = { ok: true, ...reservedBy(isKnown ? stored : record), repeated: isKnown && !isOurs };
      // A new request with the same body is meant to create another one.
      if (!isKnown) return record;
      return identity.isRetry || isOurs ? undefined : { ...stored, awaitsOriginal: false };
    });
    return reserved;
  }

  /** Whether a request of the same body, without a key, is the one of the record. */
  #isRepeated({ createdAtMs, awaitsOriginal }: IdempotencyRecord, { isRetry }: RequestIdentity): boolean {
    const isFresh = this.#clock.nowMs() - createdAtMs <= RETRY_WINDOW_MS;
    return isFresh && (isRetry || awaitsOriginal === true);
  }

  #record(identity: RequestIdentity, id: string): IdempotencyRecord {
    return {
      schemaVersion: 1,
      writeId: this.#ids.next('w'),
      jobId: id,
      bodyDigest: identity.bodyDigest,
      createdAtMs: this.#clock.nowMs(),
    };
  }
}

const reservedBy = ({ jobId, createdAtMs }: IdempotencyRecord): ReservedId => ({
  id: jobId,
  reservedAtMs: createdAtMs,
});
