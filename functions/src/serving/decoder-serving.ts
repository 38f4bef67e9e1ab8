/**
 * Models ready to answer: loaded once, decoded on worker threads so that the event loop stays free, kept while memory
 * allows. The model runtime is imported with the first model and not before: a function that serves no model must
 * start without it.
 */
import type { ModelRecord } from '@preheat/contracts';
import type {
  GeneratedRow,
  GenerateOptions,
  GenerateRequest,
  ServedDecoder,
  ServedDecoders,
  ServedDecodersOptions,
  StreamOptions,
} from '@preheat/inference';
import type { ModelDescription, ModelRegistry } from '@preheat/inference/model-registry';

export interface ServedModel extends ModelDescription {
  readonly decoder: ServedDecoder;
  /** Gives the decoder back; it may be unloaded once nobody holds it. */
  release(): Promise<void>;
}

export class DecoderServing {
  readonly #models: ModelRegistry;
  readonly #options: ServedDecodersOptions;
  #decoders: Promise<ServedDecoders> | undefined;

  constructor(models: ModelRegistry, options: ServedDecodersOptions) {
    this.#models = models;
    this.#options = options;
  }

  /** Loads what opens models; threads load the native runtime themselves. */
  async loadRuntime(): Promise<void> {
    await (this.#decoders ??= this.#load());
  }

  /** Whether models can be opened here: a function that serves none is shipped without what does, and starts no threads. Loads it if so. */
  async hasRuntime(): Promise<boolean> {
    try {
      await this.loadRuntime();
      return true;
    } catch (error) {
      if (isMissingRuntime(error)) return false;
      throw error;
    }
  }

  /**
   * The decoder of a model; the caller must release it.
   * @param projectId Who asks: beginnings of prompts are shared within a project, and without one not at all.
   */
  async acquire(record: ModelRecord, projectId?: string): Promise<ServedModel> {
    const description = await this.#models.describe(record);
    this.#decoders ??= this.#load();
    const { session, release } = await (await this.#decoders).acquire(record);
    const decoder = projectId === undefined ? session : new ProjectDecoder(session, projectId);
    return { ...description, decoder, release };
  }

  /** Opens a model so that who asks next waits for its answer alone. */
  async warm(record: ModelRecord): Promise<void> {
    this.#decoders ??= this.#load();
    await (await this.#decoders).warm(record);
  }

  /** Makes ready for a model of the same shape that is still to come, such as the next checkpoint of a job. */
  async prepare(record: ModelRecord): Promise<void> {
    this.#decoders ??= this.#load();
    await (await this.#decoders).prepare(record);
  }

  /** Unloads what nobody holds. */
  async close(): Promise<void> {
    if (this.#decoders) await (await this.#decoders).close();
    else await this.#options.threadAhead?.close();
  }

  async #load(): Promise<ServedDecoders> {
    const { ServedDecoders } = await import('@preheat/inference');
    const decoders = new ServedDecoders(this.#models, this.#options);
    await decoders.loadRuntime();
    return decoders;
  }
}

export const isMissingRuntime = (error: unknown): boolean =>
  error instanceof Error &&
  ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'].includes((error as { code?: string }).code ?? '');

/** A decoder in the name of one project. */
class ProjectDecoder implements ServedDecoder {
  readonly #session: ServedDecoder;
  readonly #promptScope: string;

  constructor(session: ServedDecoder, projectId: string) {
    this.#session = session;
    this.#promptScope = projectId;
  }

  get config(): ServedDecoder['config'] {
    return this.#session.config;
  }

  get byteSize(): number {
    return this.#session.byteSize;
  }

  get isUsable(): boolean {
    return this.#session.isUsable;
  }

  generate(requests: readonly GenerateRequest[], options: GenerateOptions): Promise<GeneratedRow[]> {
    return this.#session.generate(requests, { ...options, promptScope: this.#promptScope });
  }

  stream(request: GenerateRequest, options: StreamOptions): ReturnType<ServedDecoder['stream']> {
    return this.#session.stream(request, { ...options, promptScope: this.#promptScope });
  }

  score(...asked: Parameters<ServedDecoder['score']>): ReturnType<ServedDecoder['score']> {
    return this.#session.score(...asked);
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}
