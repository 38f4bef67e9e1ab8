/**
 * One JSON document per key, changed only by compare-and-swap. A write whose answer was lost has an unknown outcome: it
 * is read back and settled by its `writeId`, never assumed; documents remember the last few, because somebody else may have
 * written on top by then. A conflict (two writes in flight) is tried again. What does not fit the schema is never written:
 * JSON turns NaN into null, and one such number would lock everybody out of the document.
 */
import { decodeStored, InvariantError, type Static, type TSchema } from '@preheat/contracts';
import { type Ids, type ObjectStore, UnknownOutcomeError } from '@preheat/ports';

/** A document as read, with the version that a replacement must name. */
export interface Versioned<D> {
  readonly document: D;
  readonly etag: string;
}

export type CreateResult<D> =
  | { readonly created: true; readonly stored: Versioned<D> }
  | { readonly created: false; readonly stored: Versioned<D> };

export type ReplaceResult<D> =
  | { readonly ok: true; readonly stored: Versioned<D> }
  /** Somebody else wrote first; `current` is what is there now. */
  | { readonly ok: false; readonly current: Versioned<D> | undefined };

/** A change of a document: the next version, or undefined to leave it as it is. */
export type Change<D> = (current: D, writeId: string) => D | undefined | Promise<D | undefined>;

/** What a document remembers of its writes. */
interface WriteTrail {
  readonly writeId?: string;
  readonly recentWriteIds?: readonly string[];
}

/** Whether the write is part of the document's history, as far as it is remembered. */
export function carriesWrite(document: unknown, writeId: string): boolean {
  const trail = document as WriteTrail;
  return trail.writeId === writeId || (trail.recentWriteIds ?? []).includes(writeId);
}

const encoder = new TextEncoder();

const MAX_RECENT_WRITES = 8;
const MAX_CONFLICTS = 8;
const MAX_SWAPS = 16;

export class DocumentStore<S extends TSchema> {
  readonly #store: ObjectStore;
  readonly #schema: S;
  readonly #ids: Ids;
  readonly #isOurs: typeof carriesWrite;

  /** @param isOurs Left out but by the simulation, see `JobPieces`. */
  constructor(store: ObjectStore, schema: S, ids: Ids, isOurs = carriesWrite) {
    this.#store = store;
    this.#schema = schema;
    this.#ids = ids;
    this.#isOurs = isOurs;
  }

  /** A new `writeId`, for documents that are created or replaced directly. */
  nextWriteId(): string {
    return this.#ids.next('w');
  }

  async read(key: string): Promise<Versioned<Static<S>> | undefined> {
    const object = await this.#store.get(key);
    return object && { document: decodeStored(this.#schema, object.body, key), etag: object.etag };
  }

  /** Writes the first version; when one is there already, returns that instead. */
  async create(key: string, document: Static<S> & { writeId: string }): Promise<CreateResult<Static<S>>> {
    const wrote = await this.#put(key, document, undefined);
    if (wrote.ok) return { created: true, stored: wrote.stored };
    if (!wrote.current) throw new InvariantError(`${key} vanished while it was created`);
    return { created: false, stored: wrote.current };
  }

  /** One replacement of exactly the version given. */
  async replace(
    key: string,
    from: Versioned<unknown>,
    document: Static<S> & { writeId: string },
  ): Promise<ReplaceResult<Static<S>>> {
    return this.#put(key, this.#successor(from.document, document, document.writeId), from.etag);
  }

  /**
   * Reads, changes and replaces until it holds. Returns undefined when there is no document; throws when others kept
   * winning `MAX_SWAPS` times, which means something writes in a tight loop.
   * @param seen What was last read or written, to begin with instead of reading: if somebody wrote since, it is read then.
   */
  async update(
    key: string,
    change: Change<Static<S>>,
    seen?: Versioned<Static<S>>,
  ): Promise<Versioned<Static<S>> | undefined> {
    let current = seen ?? (await this.read(key));
    for (let swap = 0; swap < MAX_SWAPS && current; swap++) {
      const writeId = this.nextWriteId();
      const next = await change(current.document, writeId);
      if (next === undefined) return current;
      const result = await this.#put(key, this.#successor(current.document, next as object, writeId), current.etag);
      if (result.ok) return result.stored;
      current = result.current;
    }
    if (current) throw new Error(`gave up changing ${key} after ${MAX_SWAPS} lost swaps`);
    return undefined;
  }

  #successor(previous: unknown, next: object, writeId: string): Static<S> & { writeId: string } {
    const { writeId: last, recentWriteIds = [] } = previous as WriteTrail;
    const recent = last === undefined ? recentWriteIds : [last, ...recentWriteIds];
    return { ...next, writeId, recentWriteIds: recent.slice(0, MAX_RECENT_WRITES) } as never;
  }

  async #put(key: string, document: { writeId: string }, etag: string | undefined): Promise<ReplaceResult<Static<S>>> {
    const body = this.#encoded(key, document);
    const condition = etag === undefined ? ({ kind: 'absent' } as const) : ({ kind: 'match', etag } as const);
    for (let attempt = 0; attempt < MAX_CONFLICTS; attempt++) {
      const outcome = await this.#attempt(key, body, condition);
      if (outcome.kind === 'written')
        return { ok: true, stored: { document: document as Static<S>, etag: outcome.etag } };
      if (outcome.kind === 'conflict') continue;
      const current = await this.read(key);
      // A retry after a conflict or a lost answer may meet its own earlier success.
      if (current && this.#isOurs(current.document, document.writeId)) return { ok: true, stored: current };
      if (outcome.kind === 'refused' || current?.etag !== etag) return { ok: false, current };
    }
    throw new Error(`writing ${key} met ${MAX_CONFLICTS} conflicts in a row`);
  }

  /** A document that no reader would accept is refused before it replaces one that every reader does. */
  #encoded(key: string, document: object): Uint8Array {
    const text = JSON.stringify(document);
    decodeStored(this.#schema, text, `what was to be written to ${key}`);
    return encoder.encode(text);
  }

  async #attempt(
    key: string,
    body: Uint8Array,
    condition: { kind: 'absent' } | { kind: 'match'; etag: string },
  ): Promise<{ kind: 'written'; etag: string } | { kind: 'conflict' | 'refused' | 'unknown' }> {
    try {
      const result = await this.#store.put(key, body, { condition, contentType: 'application/json' });
      if (result.ok) return { kind: 'written', etag: result.etag };
      return { kind: result.reason === 'conflict' ? 'conflict' : 'refused' };
    } catch (error) {
      if (error instanceof UnknownOutcomeError) return { kind: 'unknown' };
      throw error;
    }
  }
}
