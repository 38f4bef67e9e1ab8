/**
 * An ObjectStore that reports every change the moment it takes effect, whoever made it and whatever its maker was told:
 * the history that the properties of a simulation are judged by.
 */
import type { GetOptions, ListOptions, ObjectStore, PutOptions, PutResult } from '@preheat/ports';

export interface StoreWatcher {
  /** Called in the same turn as the commit. Throwing is not answered to the writer. */
  written(key: string, body: Uint8Array): void;
  deleted(key: string): void;
}

export class WatchedStore implements ObjectStore {
  readonly #inner: ObjectStore;
  readonly #watcher: StoreWatcher;

  constructor(inner: ObjectStore, watcher: StoreWatcher) {
    this.#inner = inner;
    this.#watcher = watcher;
  }

  async put(key: string, body: Uint8Array, options?: PutOptions): Promise<PutResult> {
    const result = await this.#inner.put(key, body, options);
    if (result.ok) this.#watcher.written(key, body);
    return result;
  }

  async putStream(key: string, body: AsyncIterable<Uint8Array>, options?: PutOptions): Promise<PutResult> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    return this.put(key, Buffer.concat(chunks), options);
  }

  async delete(key: string): Promise<void> {
    await this.#inner.delete(key);
    this.#watcher.deleted(key);
  }

  get(key: string, options?: GetOptions) {
    return this.#inner.get(key, options);
  }

  head(key: string) {
    return this.#inner.head(key);
  }

  list(prefix: string, options?: ListOptions) {
    return this.#inner.list(prefix, options);
  }

  getStream(key: string, options?: GetOptions) {
    return this.#inner.getStream(key, options);
  }
}
