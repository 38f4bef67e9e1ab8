/** Which runners there are: each keeps a record that expires unless it writes it again. */
import { decodeStored, encodeStored, KEYS, RunnerRecord } from '@preheat/contracts';
import { type Clock, type Log, type ObjectStore, putIdempotent } from '@preheat/ports';
import { SweepTurn } from './sweep-turns.js';

export interface RunnerRegistryDependencies {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly log: Log;
}

/** Runners that one look considers. */
const MAX_RUNNERS = 1000;

export class RunnerRegistry {
  readonly #deps: RunnerRegistryDependencies;

  constructor(deps: RunnerRegistryDependencies) {
    this.#deps = deps;
  }

  /** By the runner alone: a write whose outcome is unknown is written again. */
  async write(record: RunnerRecord): Promise<void> {
    await putIdempotent(this.#deps.store, KEYS.runner(record.id), encodeStored(record), 'application/json');
  }

  /** The runner leaves. */
  async remove(runnerId: string): Promise<void> {
    await this.#deps.store.delete(KEYS.runner(runnerId));
  }

  /** Runners whose record has not expired, by id. */
  async alive(): Promise<RunnerRecord[]> {
    const { entries } = await this.#deps.store.list(KEYS.runners, { limit: MAX_RUNNERS });
    const records = await Promise.all(entries.map(({ key }) => this.#read(key)));
    const nowMs = this.#deps.clock.nowMs();
    return records.filter((record) => record !== undefined && record.expiresAtMs > nowMs) as RunnerRecord[];
  }

  /** Deletes records that expired or cannot be read. A runner that was only slow writes its own again. */
  async sweep(turn = new SweepTurn(this.#deps)): Promise<number> {
    let deleted = 0;
    for await (const { key } of turn.entries(KEYS.runners)) {
      const record = await this.#read(key);
      if (record && record.expiresAtMs > this.#deps.clock.nowMs()) continue;
      await this.#deps.store.delete(key);
      deleted++;
    }
    return deleted;
  }

  async #read(key: string): Promise<RunnerRecord | undefined> {
    const object = await this.#deps.store.get(key);
    if (!object) return undefined;
    try {
      return decodeStored(RunnerRecord, object.body, key);
    } catch (error) {
      this.#deps.log.warn('the record of a runner cannot be read and is left out', { key, error });
      return undefined;
    }
  }
}
