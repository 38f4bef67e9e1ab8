/** Chat completions that were asked for with `store: true`: found by model and metadata, oldest first unless asked. */
import { ApiError, type ChatCompletion, type ChatRequestMessage, KEYS, StoredCompletion } from '@preheat/contracts';
import { DocumentStore } from '@preheat/jobs';
import type { Clock, Ids, ObjectStore } from '@preheat/ports';
import { findKey, type ObjectIndex, readPage } from '../listing/object-index.js';
import type { PageOf, PageRequest } from '../listing/page.js';

export interface CompletionDependencies {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly ids: Ids;
}

export interface CompletionFilter {
  readonly model?: string | undefined;
  /** Every pair of all of them. */
  readonly metadata?: WantedPairs | readonly WantedPairs[] | undefined;
  /** Unix seconds, both exclusive. */
  readonly createdAfter?: number | undefined;
  readonly createdBefore?: number | undefined;
}

type Metadata = StoredCompletion['metadata'];
type WantedPairs = Readonly<Record<string, string>>;

export class StoredCompletions {
  readonly #deps: CompletionDependencies;
  readonly #documents: DocumentStore<typeof StoredCompletion>;

  constructor(deps: CompletionDependencies) {
    this.#deps = deps;
    this.#documents = new DocumentStore(deps.store, StoredCompletion, deps.ids);
  }

  async keep(
    projectId: string,
    completion: ChatCompletion,
    request: { messages: ChatRequestMessage[]; metadata?: Metadata | undefined; createdAtMs: number },
  ): Promise<void> {
    const { messages, metadata = null, createdAtMs } = request;
    const writeId = this.#documents.nextWriteId();
    const stored: StoredCompletion = { schemaVersion: 1, writeId, createdAtMs, completion, metadata, messages };
    await this.#documents.create(KEYS.completion(projectId, completion.id), stored);
    const entry = KEYS.completionIndexEntry(projectId, createdAtMs, completion.id);
    await this.#deps.store.put(entry, new Uint8Array());
  }

  /** @throws ApiError `not_found`. */
  async get(projectId: string, id: string): Promise<StoredCompletion> {
    const stored = await this.#documents.read(KEYS.completion(projectId, id));
    if (stored) return stored.document;
    throw completionNotFound(id);
  }

  list(projectId: string, request: PageRequest, filter: CompletionFilter): Promise<PageOf<StoredCompletion>> {
    return readPage(this.#index(projectId), request, async (id) => {
      const stored = (await this.#documents.read(KEYS.completion(projectId, id)))?.document;
      return stored && fits(stored, filter) ? stored : undefined;
    });
  }

  /** @throws ApiError `not_found`. */
  async update(projectId: string, id: string, metadata: Metadata): Promise<StoredCompletion> {
    const key = KEYS.completion(projectId, id);
    const stored = await this.#documents.update(key, (current) => ({ ...current, metadata }));
    if (stored) return stored.document;
    throw completionNotFound(id);
  }

  /** @throws ApiError `not_found`. */
  async delete(projectId: string, id: string): Promise<void> {
    await this.get(projectId, id);
    const entry = await findKey(this.#index(projectId), id);
    if (entry !== undefined) await this.#deps.store.delete(entry);
    await this.#deps.store.delete(KEYS.completion(projectId, id));
  }

  #index(projectId: string): ObjectIndex {
    const { store, clock } = this.#deps;
    return {
      store,
      prefix: KEYS.completionIndex(projectId),
      keyOrder: 'asc',
      idPrefix: 'chatcmpl-',
      keyOf: (createdAtMs, id) => KEYS.completionIndexEntry(projectId, createdAtMs, id),
      nowMs: () => clock.nowMs(),
    };
  }
}

const completionNotFound = (id: string): ApiError => {
  const message = `No stored chat completion with id ${id} exists in this project.`;
  return new ApiError('not_found', message, { param: 'completion_id' });
};

function fits({ completion, metadata, createdAtMs }: StoredCompletion, filter: CompletionFilter): boolean {
  const { createdAfter = -Infinity, createdBefore = Infinity } = filter;
  if (filter.model !== undefined && completion.model !== filter.model) return false;
  if (createdAtMs <= createdAfter * 1000 || createdAtMs >= createdBefore * 1000) return false;
  const wanted = [filter.metadata ?? {}].flat().flatMap((pairs) => Object.entries(pairs));
  return wanted.every(([key, value]) => metadata?.[key] === value);
}
