/**
 * Where runners keep what they learned of gaps between jobs: one shard a writer, so a write meets nobody but the sweeper, which
 * folds shards that nobody writes any more. What cannot be read counts as not there: it costs runner time only.
 */
import { InvariantError, KEYS, type KeyState, KeyStateShard } from '@preheat/contracts';
import type { Clock, Ids, ListEntry, Log, ObjectStore } from '@preheat/ports';
import { DocumentStore, type ReplaceResult, type Versioned } from './document-store.js';

export interface KeyStateDependencies {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}

export interface StoredKeyState {
  readonly key: string;
  /** When the object was last written. */
  readonly modifiedMs: number;
  /** Null when it is damaged. */
  readonly shard: Versioned<KeyStateShard> | null;
}

/** Writers of a class that one look considers; the sweeper keeps them few. */
const MAX_SHARDS = 256;
const MAX_CLASSES = 64;

export class KeyStateShards {
  readonly #deps: KeyStateDependencies;
  readonly #documents: DocumentStore<typeof KeyStateShard>;

  constructor(deps: KeyStateDependencies) {
    this.#deps = deps;
    this.#documents = new DocumentStore(deps.store, KeyStateShard, deps.ids);
  }

  /** Names of the classes of runners that wrote anything. */
  async classes(): Promise<string[]> {
    const { commonPrefixes } = await this.#deps.store.list(KEYS.keyStates, { delimiter: '/', limit: MAX_CLASSES });
    return commonPrefixes.map((prefix) => prefix.slice(KEYS.keyStates.length, -1));
  }

  /** When each shard of a class was last written, the folded one among them. */
  async listed(runnerClass: string): Promise<readonly ListEntry[]> {
    return (await this.#deps.store.list(KEYS.keyStatesOf(runnerClass), { limit: MAX_SHARDS })).entries;
  }

  /** The shards of a class, or those that were listed. */
  async ofClass(runnerClass: string, listed?: readonly ListEntry[]): Promise<StoredKeyState[]> {
    const entries = listed ?? (await this.listed(runnerClass));
    const shards = entries.map(async ({ key, lastModifiedMs }): Promise<StoredKeyState[]> => {
      const shard = await this.#read(key);
      return shard === undefined ? [] : [{ key, modifiedMs: lastModifiedMs, shard }];
    });
    return (await Promise.all(shards)).flat();
  }

  /** Writes the shard as the successor of what was read; refused when somebody else wrote or deleted it since. */
  async write(
    key: string,
    known: KeyState,
    from: Versioned<KeyStateShard> | undefined,
  ): Promise<ReplaceResult<KeyStateShard>> {
    const shard = this.#shardOf(known);
    if (from) return this.#documents.replace(key, from, shard);
    const { created, stored } = await this.#documents.create(key, shard);
    return created ? { ok: true, stored } : { ok: false, current: stored };
  }

  /** Changes a shard that several may write; `change` may be asked several times. */
  async change(key: string, nothing: KeyState, change: (known: KeyState) => KeyState): Promise<void> {
    await this.#documents.create(key, this.#shardOf(nothing));
    const writtenAtMs = this.#deps.clock.nowMs();
    await this.#documents.update(key, (shard) => ({ ...shard, writtenAtMs, known: change(shard.known) }));
  }

  #shardOf(known: KeyState): KeyStateShard {
    const writeId = this.#documents.nextWriteId();
    return { schemaVersion: 1, writeId, writtenAtMs: this.#deps.clock.nowMs(), known };
  }

  async #read(key: string): Promise<Versioned<KeyStateShard> | null | undefined> {
    try {
      return await this.#documents.read(key);
    } catch (error) {
      if (!(error instanceof InvariantError || error instanceof SyntaxError)) throw error;
      this.#deps.log.warn('what a runner learned is damaged and left out', { key, error });
      return null;
    }
  }
}
