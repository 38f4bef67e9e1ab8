/**
 * Models ready to answer: loaded once, decoded on worker threads so that the event loop stays free, kept while memory
 * allows. The model runtime is imported with the first model and not before: a function that serves no model must
 * start without it.
 */
import type { ModelRecord } from '@preheat/contracts';
import type { DecoderSession, SessionCache, SessionLease } from '@preheat/inference';
import type { ModelDescription, ModelRegistry } from '@preheat/inference/model-registry';

export interface ServedModel extends ModelDescription {
  readonly decoder: DecoderSession;
  /** Gives the decoder back; it may be unloaded once nobody holds it. */
  release(): Promise<void>;
}

export interface ServingOptions {
  /** Memory that loaded decoders may hold. */
  readonly budgetBytes: number;
  /** Worker threads of each decoder; 0 decodes in this thread, for processes that answer one request at a time. */
  readonly workers: number;
}

export class DecoderServing {
  readonly #models: ModelRegistry;
  readonly #options: ServingOptions;
  #sessions: Promise<SessionCache<DecoderSession>> | undefined;

  constructor(models: ModelRegistry, options: ServingOptions) {
    this.#models = models;
    this.#options = options;
  }

  /** The decoder of a model; the caller must release it. */
  async acquire(record: ModelRecord): Promise<ServedModel> {
    const description = await this.#models.describe(record);
    const lease = await this.#lease(record);
    return { ...description, decoder: lease.session, release: () => lease.release() };
  }

  /** Unloads what nobody holds. */
  async close(): Promise<void> {
    await (await this.#sessions)?.close();
  }

  async #lease(record: ModelRecord): Promise<SessionLease<DecoderSession>> {
    const { DecoderPool, DecoderSession, SessionCache } = await import('@preheat/inference');
    this.#sessions ??= Promise.resolve(new SessionCache<DecoderSession>(this.#options.budgetBytes));
    const sessions = await this.#sessions;
    // A bundle is immutable, so its prefix identifies the weights; a name may be pointed elsewhere.
    return sessions.acquire(record.prefix, async () => {
      const { config, tensors } = await this.#models.load(record);
      const { workers } = this.#options;
      return workers === 0 ? DecoderSession.create(config, tensors) : DecoderPool.create(config, tensors, { workers });
    });
  }
}
