/**
 * The API of one Lambda process in two stages. What a user waits for at a cold start is mostly a hundred routes and their
 * schemas; so the process starts with those that read jobs and models, and opens the whole app with the first call of
 * anything else. From then on the whole app answers all calls: what is counted in memory (rates, failed keys) begins anew,
 * once in the life of a process.
 */
import type { FastifyInstance } from 'fastify';

type OpenApp = (kind: { readonly isReader: boolean }) => Promise<FastifyInstance>;

export class StagedApi {
  readonly #open: OpenApp;
  readonly #reader: FastifyInstance;
  #whole: Promise<FastifyInstance> | undefined;

  static async open(open: OpenApp): Promise<StagedApi> {
    const reader = await open({ isReader: true });
    await reader.ready();
    return new StagedApi(open, reader);
  }

  private constructor(open: OpenApp, reader: FastifyInstance) {
    this.#open = open;
    this.#reader = reader;
  }

  /** The app that answers a call: where the first stage has the route, both would answer alike. */
  async appFor(method: string, path: string): Promise<FastifyInstance> {
    return this.#whole === undefined && this.#isRead(method, path) ? this.#reader : this.whole();
  }

  /** For processes that are started ahead of calls, too: these have the time. */
  async whole(): Promise<FastifyInstance> {
    this.#whole ??= this.#openWhole();
    try {
      return await this.#whole;
    } catch (error) {
      // The next call tries again.
      this.#whole = undefined;
      throw error;
    }
  }

  /** A path that ends in a slash is no route, and what is allowed there instead is known to the whole app alone. */
  #isRead(method: string, path: string): boolean {
    if (path.endsWith('/')) return false;
    return this.#reader.routeTable.some(({ pattern, methods }) => methods.includes(method) && pattern.test(path));
  }

  async #openWhole(): Promise<FastifyInstance> {
    const app = await this.#open({ isReader: false });
    await app.ready();
    return app;
  }
}
