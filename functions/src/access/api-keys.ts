/**
 * The API keys that the store holds: issued, rotated and revoked by operators and admin keys, found by whoever presents one.
 * A key is known by its SHA-256 alone, and its id is the beginning of that. Nothing is ever deleted: an expired key stays
 * listed, so that it can be told when which key was valid.
 */
import { createHash } from 'node:crypto';
import {
  ApiError,
  type ApiKeyObject,
  type ApiKeyWithValue,
  decodeStored,
  KEYS,
  type KeyRole,
  StoredApiKey,
} from '@preheat/contracts';
import { DocumentStore } from '@preheat/jobs';
import { type Clock, type Ids, listAll, type ObjectStore } from '@preheat/ports';
import { newSecret } from './new-secret.js';

export interface KeyDependencies {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly ids: Ids;
}

export interface NewKey {
  readonly role: KeyRole;
  readonly projectId: string | null;
  readonly name: string;
}

const ID_PREFIX = 'key_';
const ID_DIGITS = 24;
const DEFAULT_OVERLAP_MS = 86_400_000;
const VALUE_PREFIXES: Readonly<Record<KeyRole, string>> = { project: 'sk-preheat-', admin: 'sk-preheat-admin-' };

export class ApiKeys {
  readonly #deps: KeyDependencies;
  readonly #documents: DocumentStore<typeof StoredApiKey>;

  constructor(deps: KeyDependencies) {
    this.#deps = deps;
    this.#documents = new DocumentStore(deps.store, StoredApiKey, deps.ids);
  }

  /** The key in clear, this once. */
  async issue({ role, projectId, name }: NewKey): Promise<ApiKeyWithValue> {
    const value = VALUE_PREFIXES[role] + newSecret(this.#deps.ids, 'base64url');
    const hash = hashOfKey(value);
    const createdAtMs = this.#deps.clock.nowMs();
    const writeId = this.#documents.nextWriteId();
    const id = ID_PREFIX + hash.slice(0, ID_DIGITS);
    const stored = { schemaVersion: 1, writeId, id, role, projectId, name, createdAtMs, expiresAtMs: null } as const;
    await this.#documents.create(KEYS.apiKey(hash), stored);
    return { ...toKeyObject(stored, createdAtMs), value };
  }

  /** What a key may do; undefined when nobody issued it or it has expired. */
  async find(hash: string): Promise<StoredApiKey | undefined> {
    const object = await this.#deps.store.get(KEYS.apiKey(hash));
    if (!object) return undefined;
    const stored = decodeStored(StoredApiKey, object.body, `the API key ${hash.slice(0, ID_DIGITS)}`);
    return isActive(stored, this.#deps.clock.nowMs()) ? stored : undefined;
  }

  /** By id. */
  async list(): Promise<ApiKeyObject[]> {
    const nowMs = this.#deps.clock.nowMs();
    const found: ApiKeyObject[] = [];
    for await (const { key } of listAll(this.#deps.store, KEYS.apiKeys)) {
      const stored = await this.#documents.read(key);
      if (stored) found.push(toKeyObject(stored.document, nowMs));
    }
    return found;
  }

  /**
   * A new key that may do the same; the old one works for `overlapMs` more, and never longer than it would have.
   * @throws ApiError `not_found`, also for a key that has expired.
   */
  async rotate(id: string, overlapMs = DEFAULT_OVERLAP_MS): Promise<ApiKeyWithValue> {
    const nowMs = this.#deps.clock.nowMs();
    const old = await this.#get(id);
    if (!isActive(old, nowMs)) throw keyNotFound(id);
    const issued = await this.issue(old);
    await this.#expire(id, nowMs + overlapMs);
    return issued;
  }

  /** Refused from now on, by every process within the time that it trusts what it has read. @throws ApiError `not_found`. */
  async revoke(id: string): Promise<ApiKeyObject> {
    const nowMs = this.#deps.clock.nowMs();
    return toKeyObject(await this.#expire(id, nowMs), nowMs);
  }

  async #expire(id: string, atMs: number): Promise<StoredApiKey> {
    const stored = await this.#documents.update(await this.#keyOf(id), (key) =>
      (key.expiresAtMs ?? Infinity) <= atMs ? undefined : { ...key, expiresAtMs: atMs },
    );
    if (!stored) throw keyNotFound(id);
    return stored.document;
  }

  async #get(id: string): Promise<StoredApiKey> {
    const stored = await this.#documents.read(await this.#keyOf(id));
    if (!stored) throw keyNotFound(id);
    return stored.document;
  }

  async #keyOf(id: string): Promise<string> {
    if (!/^key_[0-9a-f]{24}$/.test(id)) throw keyNotFound(id);
    const { entries } = await this.#deps.store.list(KEYS.apiKeys + id.slice(ID_PREFIX.length), { limit: 1 });
    if (!entries[0]) throw keyNotFound(id);
    return entries[0].key;
  }
}

export const hashOfKey = (value: string): string => createHash('sha256').update(value).digest('hex');

const isActive = ({ expiresAtMs }: StoredApiKey, nowMs: number): boolean => (expiresAtMs ?? Infinity) > nowMs;

const keyNotFound = (id: string): ApiError =>
  new ApiError('not_found', `No API key with id ${id} is in force.`, { param: 'key_id' });

function toKeyObject(stored: StoredApiKey, nowMs: number): ApiKeyObject {
  return {
    id: stored.id,
    object: 'api_key',
    role: stored.role,
    project_id: stored.projectId,
    name: stored.name,
    created_at: Math.floor(stored.createdAtMs / 1000),
    expires_at: stored.expiresAtMs === null ? null : Math.floor(stored.expiresAtMs / 1000),
    status: isActive(stored, nowMs) ? 'active' : 'expired',
  };
}
