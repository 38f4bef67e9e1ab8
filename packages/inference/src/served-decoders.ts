/**
 * Decoders of stored models, opened when first asked for and kept within a budget of memory. A model that is stored as an
 * adapter is served on the decoder of its base, which all adapters of that base share: each costs its own matrices only.
 */
import { huggingFaceConfigText, type LoraAdapter, LoraAdapterError, readHuggingFaceConfig } from '@preheat/checkpoints';
import type { DecoderConfig, ModelRecord } from '@preheat/contracts';
import type { Clock } from '@preheat/ports';
import { CacheBudget } from './cache-budget.js';
import { decoderBytes } from './decoder-graphs.js';
import { DecoderPool } from './decoder-pool.js';
import { DecoderSession } from './decoder-session.js';
import type { GeneratedRow, GenerateOptions, GenerateRequest } from './generation-types.js';
import type { ModelRegistry } from './model-registry.js';
import type { ScoredRow, ScoreOptions, ScoreRow } from './score-rows.js';
import { type CachedSession, type Opening, SessionCache, type SessionLease } from './session-cache.js';
import type { StreamOptions } from './stream-row.js';
import type { WorkerRunner } from './worker-runner.js';

/** A decoder as who asks for answers sees it, with the methods of `DecoderSession`; `adapter` is not for callers to name. */
export interface ServedDecoder extends CachedSession {
  readonly config: DecoderConfig;
  generate(requests: readonly GenerateRequest[], options: GenerateOptions): Promise<GeneratedRow[]>;
  stream(request: GenerateRequest, options: StreamOptions): AsyncGenerator<GeneratedRow, void, undefined>;
  score(rows: readonly ScoreRow[], options?: ScoreOptions): Promise<ScoredRow[]>;
}

export interface ServedDecodersOptions {
  /** Memory that open decoders may hold. */
  readonly budgetBytes: number;
  /** Worker threads of each decoder; 0 decodes in this thread, for processes that answer one request at a time. */
  readonly workers: number;
  /**
   * A thread that was started before anybody asked: it gets ready meanwhile, and is the first of the decoder that is opened first. Only
   * with workers.
   */
  readonly threadAhead?: WorkerRunner | undefined;
  /** What keys and values of the rows of all decoders may hold beside: rows beyond that wait. Default: as much as they take. */
  readonly batchCacheBytes?: number;
  /** For how long decoders take to open. */
  readonly clock: Pick<Clock, 'nowMs'>;
}

/** What keys and values of earlier prompts may hold: a share of the weights, and this at least. */
const MIN_PREFIX_CACHE_BYTES = 16 * 1024 ** 2;
const PREFIX_CACHE_SHARE = 1 / 8;
/** Tokens of the prompts that warm: graphs differ where few columns are read from where many are. */
const WARMING_LENGTHS = [2, 64];

export class ServedDecoders {
  readonly #models: ModelRegistry;
  readonly #workers: number;
  readonly #cacheBudget: CacheBudget;
  readonly #sessions: SessionCache<ServedDecoder>;
  /** Until a decoder has it. */
  #threadAhead: WorkerRunner | undefined;

  constructor(
    models: ModelRegistry,
    { budgetBytes, workers, threadAhead, clock, batchCacheBytes }: ServedDecodersOptions,
  ) {
    this.#models = models;
    this.#workers = workers;
    this.#threadAhead = threadAhead;
    this.#cacheBudget = new CacheBudget(batchCacheBytes ?? Number.POSITIVE_INFINITY);
    this.#sessions = new SessionCache(budgetBytes, clock);
  }

  /** Loads the model runtime where it is this thread that decodes. @throws where it is not installed, as `import` does. */
  async loadRuntime(): Promise<void> {
    if (this.#workers === 0) await import('./local-runner.js');
  }

  /** Open decoders, adapters among them. */
  get size(): number {
    return this.#sessions.size;
  }

  /** @throws what `ModelRegistry.load` throws for a damaged bundle. */
  acquire(record: ModelRecord): Promise<SessionLease<ServedDecoder>> {
    // A bundle is immutable, so its prefix identifies the weights; a name may be pointed elsewhere.
    return this.#sessions.acquire(
      record.prefix,
      async (opening) => (await this.#onBase(record)) ?? (await this.#onItsOwn(record, opening)),
    );
  }

  /**
   * Opens a decoder for the next model of the same shape that is asked for, such as a checkpoint that a job is about to write:
   * threads are started and graphs made on the weights of this one, and what is left then is to read the new weights. It counts
   * in the budget, and leaves by the same rules.
   */
  async prepare(record: ModelRecord): Promise<void> {
    // Adapters need no decoder of their own.
    if (await this.#models.adapterOf(record)) return;
    const { config } = await this.#models.describe(record);
    const spare = await this.#sessions.acquire(spareId(config), async (opening) => {
      const session = await this.#open(record, opening);
      await makeGraphs(session);
      return session;
    });
    await spare.release();
  }

  /**
   * Opens a model and has it answer, for who asks next: graphs are made when they are first used, those of adapters apart.
   * @throws what `acquire` throws.
   */
  async warm(record: ModelRecord): Promise<void> {
    const { session, release } = await this.acquire(record);
    try {
      await makeGraphs(session);
    } finally {
      await release();
    }
  }

  /** Closes what nobody holds, and the rest with its last release. */
  async close(): Promise<void> {
    await this.#sessions.close();
    await this.#takeThreadAhead()?.close();
  }

  #takeThreadAhead(): WorkerRunner | undefined {
    const thread = this.#threadAhead;
    this.#threadAhead = undefined;
    return thread;
  }

  /** Null for a model that is no adapter, or one that cannot be served beside unchanged weights: that is merged. */
  async #onBase(record: ModelRecord): Promise<ServedDecoder | null> {
    const adapted = await this.#models.adapterOf(record);
    if (!adapted) return null;
    const base = await this.acquire(adapted.base);
    const { session } = base;
    try {
      if (session instanceof DecoderSession) {
        await session.addAdapter(record.prefix, adapted.adapter);
        return new AdaptedDecoder({ session, release: base.release }, record.prefix, this.#bytes(adapted.adapter));
      }
    } catch (error) {
      if (!(error instanceof LoraAdapterError)) {
        await base.release();
        throw error;
      }
    }
    await base.release();
    return null;
  }

  async #onItsOwn(record: ModelRecord, opening: Opening): Promise<DecoderSession> {
    const { config } = await this.#models.describe(record);
    const spare = this.#sessions.take(spareId(config));
    if (!(spare instanceof DecoderSession)) return this.#open(record, opening);
    try {
      const { tensors } = await this.#models.load(record);
      await spare.updateWeights(tensors, spare.policyVersion);
      return spare;
    } catch (error) {
      await spare.close();
      throw error;
    }
  }

  async #open(record: ModelRecord, opening: Opening): Promise<DecoderSession> {
    const { config } = await this.#models.describe(record);
    const prefixCacheBytes = Math.max(MIN_PREFIX_CACHE_BYTES, PREFIX_CACHE_SHARE * decoderBytes(config, 0));
    const options = { prefixCacheBytes, cacheBudget: this.#cacheBudget };
    const bytes = decoderBytes(config, Math.max(1, this.#workers)) + prefixCacheBytes;
    return opening(bytes, async () => {
      const { tensors } = await this.#models.load(record);
      if (this.#workers === 0) return DecoderSession.create(config, tensors, options);
      return DecoderPool.create(config, tensors, {
        ...options,
        workers: this.#workers,
        threadAhead: this.#takeThreadAhead(),
      });
    });
  }

  /** Every runner has a copy, and each copy may be as large as the matrices that arrived. */
  #bytes({ tensors }: LoraAdapter): number {
    const own = [...tensors.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
    return own * (1 + Math.max(1, this.#workers));
  }
}

/** Those that a plain question needs, by asking. */
async function makeGraphs(session: ServedDecoder): Promise<void> {
  const options = { maxNewTokens: 1, temperature: 1, seed: 0, stopIds: [] };
  for (const length of WARMING_LENGTHS) {
    const tokens = new Int32Array(Math.min(length, session.config.max_position_embeddings - 1));
    await session.generate([{ tokens, key: 'warming' }], options);
  }
}

/** Equal for all models of one shape, however their configs came to be; no prefix of a bundle looks like it. */
function spareId(config: DecoderConfig): string {
  const written = readHuggingFaceConfig(JSON.parse(huggingFaceConfigText(config)));
  return `spare ${JSON.stringify(written.ok ? written.value : config)}`;
}

/** Rows of one adapter on a base that is held open as long as this is. */
class AdaptedDecoder implements ServedDecoder {
  readonly byteSize: number;
  readonly #base: SessionLease<DecoderSession>;
  readonly #adapter: string;

  constructor(base: SessionLease<DecoderSession>, adapter: string, byteSize: number) {
    this.#base = base;
    this.#adapter = adapter;
    this.byteSize = byteSize;
  }

  get config(): DecoderConfig {
    return this.#base.session.config;
  }

  get isUsable(): boolean {
    return this.#base.session.isUsable;
  }

  generate(requests: readonly GenerateRequest[], options: GenerateOptions): Promise<GeneratedRow[]> {
    return this.#base.session.generate(requests, { ...options, adapter: this.#adapter });
  }

  stream(request: GenerateRequest, options: StreamOptions): AsyncGenerator<GeneratedRow, void, undefined> {
    return this.#base.session.stream(request, { ...options, adapter: this.#adapter });
  }

  score(rows: readonly ScoreRow[], options?: ScoreOptions): Promise<ScoredRow[]> {
    return this.#base.session.score(rows, { ...options, adapter: this.#adapter });
  }

  async close(): Promise<void> {
    try {
      // The threads of a broken base took its adapters along.
      if (this.isUsable) await this.#base.session.removeAdapter(this.#adapter);
    } finally {
      await this.#base.release();
    }
  }
}
