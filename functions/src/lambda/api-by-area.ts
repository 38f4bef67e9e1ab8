/**
 * The API of a function: an area of it is opened with its first call, since what a cold start takes is what it loads and
 * registers. What no area serves is refused by the whole app, which knows what is allowed instead.
 */
import type { FastifyInstance, InjectOptions, LightMyRequestCallback } from 'fastify';
import type { ApiContext } from '../api-context.js';
import { appOf } from '../app.js';
import { type AreaName, areaOf } from '../areas/areas.js';

export class ApiByArea {
  readonly #context: ApiContext;
  readonly #areas = new Map<AreaName, Promise<FastifyInstance>>();
  #whole: Promise<FastifyInstance> | undefined;

  constructor(context: ApiContext) {
    this.#context = context;
  }

  /** Answers a request as an app does: the one thing that the adapter of Lambda asks of an app. */
  inject(request: InjectOptions, tell: LightMyRequestCallback): void {
    const { method = 'GET', url } = request;
    const path = String(url).split('?')[0] ?? '';
    this.appFor(method.toUpperCase(), path).then(
      (app) => app.inject(request, tell),
      (error: Error) => tell(error, undefined),
    );
  }

  async appFor(method: string, path: string): Promise<FastifyInstance> {
    if (this.#whole) return this.whole();
    const name = areaOf(method, path);
    const area = name && (await this.#area(name));
    return area && serves(area, method, path) ? area : this.whole();
  }

  /** From then on it answers everything: for processes that are started ahead of calls, and so have the time. */
  whole(): Promise<FastifyInstance> {
    this.#whole ??= this.#opened(appOf(this.#context), () => {
      this.#whole = undefined;
    });
    return this.#whole;
  }

  #area(name: AreaName): Promise<FastifyInstance> {
    const known = this.#areas.get(name);
    if (known) return known;
    const opening = this.#opened(appOf(this.#context, { areas: [name] }), () => this.#areas.delete(name));
    this.#areas.set(name, opening);
    return opening;
  }

  /** @param forget Called where the app did not open, so that the next call tries again. */
  async #opened(opening: Promise<FastifyInstance>, forget: () => void): Promise<FastifyInstance> {
    try {
      const app = await opening;
      await app.ready();
      return app;
    } catch (error) {
      forget();
      throw error;
    }
  }
}

/** What ends in a slash is no route, though the table answers for it. */
function serves({ routeTable }: FastifyInstance, method: string, path: string): boolean {
  const isRoute = ({ pattern, methods }: (typeof routeTable)[number]) => methods.includes(method) && pattern.test(path);
  return !path.endsWith('/') && routeTable.some(isRoute);
}
