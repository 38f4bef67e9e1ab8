/**
 * A decoder ready to generate and score on ONNX Runtime. This class computes in the calling thread; `DecoderPool` has
 * the same methods over worker threads. Results carry the version of the weights that made them.
 */
import { assertDecoderTensors, type LoraAdapter, type TensorMap } from '@preheat/checkpoints';
import type { DecoderConfig } from '@preheat/contracts';
import type { CacheBudget } from './cache-budget.js';
import { DecodeEngine, MAX_ROWS_PER_LANE } from './decode-engine.js';
import { DecoderGraphs, decoderBytes } from './decoder-graphs.js';
import { generateRows } from './generate-rows.js';
import type {
  GeneratedRow,
  GenerateOptions,
  GenerateRequest,
  WatchedFinishReason,
  WatchedOptions,
} from './generation-types.js';
import type { GraphRunner } from './graph-runner.js';
import { OneByOne } from './one-by-one.js';
import type { ExecutionProvider } from './session-options.js';
import { type ScoredRow, type ScoreOptions, type ScoreRow, scoreRows } from './score-rows.js';
import { type StreamOptions, streamRow } from './stream-row.js';

export interface DecoderOptions {
  /** ONNX Runtime threads of a session. Default 1: small models lose more to handing over than they gain. */
  readonly threads?: number;
  /** Default `cpu`; `cuda` needs what `missingCudaProvider` looks for. */
  readonly provider?: ExecutionProvider;
  /** Version of the weights passed to `create`. Default 0. */
  readonly policyVersion?: number;
  /**
   * What keys and values of earlier prompts may hold, for prompts that begin alike. The last bits of what follows then depend on
   * what was asked before. Default 0: each prompt is computed whole.
   */
  readonly prefixCacheBytes?: number;
  /**
   * Memory for keys and values of rows under way, which decoders may share: rows beyond it wait. Default: as much as they take, for
   * callers that know how many rows they ask for.
   */
  readonly cacheBudget?: CacheBudget;
}

export class DecoderSession {
  readonly config: DecoderConfig;
  /** Estimate of the memory held, for budgets. */
  readonly byteSize: number;
  readonly #graphs: DecoderGraphs;
  readonly #engine: DecodeEngine;
  readonly #cacheBudget: CacheBudget | undefined;
  readonly #scorings = new OneByOne();

  protected constructor(
    config: DecoderConfig,
    tensors: TensorMap,
    policyVersion: number,
    runners: readonly GraphRunner[],
    { prefixCacheBytes = 0, cacheBudget }: Pick<DecoderOptions, 'prefixCacheBytes' | 'cacheBudget'>,
  ) {
    this.config = config;
    this.byteSize = decoderBytes(config, runners.length) + prefixCacheBytes;
    this.#graphs = new DecoderGraphs(config, tensors, policyVersion, runners);
    this.#cacheBudget = cacheBudget;
    this.#engine = new DecodeEngine(this.#graphs, MAX_ROWS_PER_LANE, prefixCacheBytes, cacheBudget);
  }

  /**
   * Copies the weights; the caller may change them afterwards.
   * @throws TensorMismatchError when the tensors do not fit the config.
   */
  static async create(
    config: DecoderConfig,
    tensors: TensorMap,
    { threads = 1, provider = 'cpu', policyVersion = 0, ...caches }: DecoderOptions = {},
  ): Promise<DecoderSession> {
    assertDecoderTensors(config, tensors);
    // With the native runtime, which processes that decode in threads do not load.
    const { LocalRunner } = await import('./local-runner.js');
    const runners = [new LocalRunner(threads, provider)];
    return new DecoderSession(config, tensors, policyVersion, runners, caches);
  }

  /** Version of the newest weights. Rows under way may still come from the version before. */
  get policyVersion(): number {
    return this.#graphs.version;
  }

  /** One result a request, in order, or one for each of its forks. See `GenerateOptions` for defaults and `GeneratedRow` for what is recorded. */
  generate(requests: readonly GenerateRequest[], options: GenerateOptions): Promise<GeneratedRow[]>;
  generate(requests: readonly GenerateRequest[], options: WatchedOptions): Promise<GeneratedRow<WatchedFinishReason>[]>;
  generate(
    requests: readonly GenerateRequest[],
    options: WatchedOptions,
  ): Promise<GeneratedRow<WatchedFinishReason>[]> {
    return generateRows(this.config, this.#engine, requests, options);
  }

  /** One row in chunks; joined, they equal what `generate` returns. */
  stream(request: GenerateRequest, options: StreamOptions): AsyncGenerator<GeneratedRow, void, undefined> {
    return streamRow(this.config, this.#engine, request, options);
  }

  /** Log-probabilities of given tokens, in the memory that the rows under way come out of: of one call after another, each on all runners. */
  score(rows: readonly ScoreRow[], options?: ScoreOptions): Promise<ScoredRow[]> {
    const scored = () => scoreRows(this.#graphs, rows, options, this.#cacheBudget);
    return this.#engine.beside(() => this.#scorings.run(scored, options?.signal));
  }

  /**
   * Replaces the weights (copying them) and reloads the graphs in use.
   * @throws TensorMismatchError when the tensors do not fit the config; the old weights then stay.
   */
  async updateWeights(tensors: TensorMap, policyVersion: number): Promise<void> {
    assertDecoderTensors(this.config, tensors);
    await this.#engine.update(tensors, policyVersion);
  }

  /**
   * Serves an adapter beside the base, whose weights all adapters share: rows and scores name it. It costs the memory of its
   * own matrices. New weights of the base change what it changes.
   * @throws LoraAdapterError when it does not fit the model or replaces tensors whole, RangeError for a name that is taken.
   */
  addAdapter(name: string, adapter: LoraAdapter): Promise<void> {
    return this.#graphs.addAdapter(name, adapter);
  }

  /** Forgets an adapter; rows under way that name it fail. */
  removeAdapter(name: string): Promise<void> {
    this.#engine.forgetPrompts(name);
    return this.#graphs.removeAdapter(name);
  }

  /** False once a decoding thread died: open another session for the model. */
  get isUsable(): boolean {
    return this.#graphs.runners.every((runner) => runner.isUsable);
  }

  /** Frees sessions and threads after what was asked for has finished. */
  async close(): Promise<void> {
    await this.#engine.drain();
    await this.#graphs.close();
  }
}
