/**
 * The API of a function: an area of it is opened with its first call, since what a cold start takes is what it loads and
 * registers. What no area serves is refused by the areas that have its path, of which there may be none: they know what is allowed.
 */
import type { FastifyInstance, InjectOptions, LightMyRequestCallback } from 'fastify';
import type { ApiContext } from '../api-context.js';
import { appOf } from '../app.js';
import { type AreaName, areaOf, areasOf } from '../areas/areas.js';
import { malformedCalls } from './malformed-calls.js';
import { routedPath } from './routed-path.js';

export class ApiByArea {
  readonly #context: ApiContext;
  readonly #areaOpened: (areas: readonly AreaName[]) => void;
  readonly #apps = new Map<string, Promise<FastifyInstance>>();
  #whole: Promise<FastifyInstance> | undefined;
  #malformed: FastifyInstance | undefined;

  /** @param areaOpened Called where a call had to wait for areas. */
  constructor(context: ApiContext, areaOpened: (areas: readonly AreaName[]) => void = () => undefined) {
    this.#context = context;
    this.#areaOpened = areaOpened;
  }

  /** Answers a request as an app does: the one thing that the adapter of Lambda asks of an app. */
  inject(request: InjectOptions, tell: LightMyRequestCallback): void {
    this.appFor((request.method ?? 'GET').toUpperCase(), routedPath(request))
      .then((app) => this.#injectInto(app, request, tell))
      .catch((error: Error) => tell(error, undefined));
  }

  async appFor(method: string, path: string): Promise<FastifyInstance> {
    if (this.#whole) return this.#whole;
    const name = areaOf(method, path);
    const area = name && (await this.#appOf([name]));
    return area && serves(area, method, path) ? area : this.#appOf(areasOf(path));
  }

  /** From then on it answers everything: for processes that are started ahead of calls, and so have the time. */
  whole(): Promise<FastifyInstance> {
    this.#whole ??= opened(appOf(this.#context), () => {
      this.#whole = undefined;
    });
    return this.#whole;
  }

  #appOf(areas: readonly AreaName[]): Promise<FastifyInstance> {
    const key = areas.join();
    const known = this.#apps.get(key);
    if (known) return known;
    const opening = opened(appOf(this.#context, { areas }), () => this.#apps.delete(key));
    this.#apps.set(key, opening);
    void opening.then(
      () => this.#areaOpened(areas),
      () => undefined,
    );
    return opening;
  }

  /** What HTTP has no form for is thrown before the app has it. */
  #injectInto(app: FastifyInstance, request: InjectOptions, tell: LightMyRequestCallback): void {
    try {
      app.inject(request, tell);
    } catch (error) {
      this.#context.deps.log.warn('a call is no HTTP request', { error });
      const { payloadAsStream = false } = request;
      this.#malformed ??= malformedCalls(this.#context);
      this.#malformed.inject({ method: 'GET', url: '/', payloadAsStream }, tell);
    }
  }
}

/** @param forget Called where the app did not open, so that the next call tries again. */
async function opened(opening: Promise<FastifyInstance>, forget: () => void): Promise<FastifyInstance> {
  try {
    const app = await opening;
    await app.ready();
    return app;
  } catch (error) {
    forget();
    throw error;
  }
}

/** What ends in a slash is no route, though the table answers for it. */
function serves({ routeTable }: FastifyInstance, method: string, path: string): boolean {
  const isRoute = ({ pattern, methods }: (typeof routeTable)[number]) => methods.includes(method) && pattern.test(path);
  return !path.endsWith('/') && routeTable.some(isRoute);
}
