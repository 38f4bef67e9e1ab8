/** Answers for what is not served: 404 for an unknown path, 405 with `allow` for a known path and another method. */
import { ApiError } from '@preheat/contracts';
import type { FastifyContextConfig, FastifyInstance } from 'fastify';
import { replyWithError } from './errors.js';

interface KnownRoute {
  readonly url: string;
  readonly pattern: RegExp;
  readonly methods: readonly string[];
  readonly config: FastifyContextConfig;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Every route there is, hidden ones included: what holds of all routes is tested on it. */
    routeTable: readonly KnownRoute[];
  }
}

/** Must be called before any route is added: it learns the routes as they come. */
export function answerUnknownRoutes(app: FastifyInstance): void {
  const known: KnownRoute[] = [];
  app.decorate('routeTable', known);
  app.addHook('onRoute', (route) => {
    const { url, method, config = {} } = route;
    known.push({ url, pattern: toPattern(url), methods: [method].flat().map(String), config });
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? '';
    const allowed = known.filter((route) => route.pattern.test(path)).flatMap((route) => route.methods);
    if (allowed.length === 0) {
      return replyWithError(reply, new ApiError('unknown_route', `No such route: ${request.method} ${path}.`));
    }
    const methods = [...new Set(allowed)].sort().join(', ');
    reply.header('allow', methods);
    return replyWithError(
      reply,
      new ApiError('method_not_allowed', `${path} takes ${methods}, not ${request.method}.`),
    );
  });
}

function toPattern(url: string): RegExp {
  const parts = url.split('/').map((part) => {
    if (part === '*') return '.+';
    return part.startsWith(':') ? '[^/]+' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('/')}/?$`);
}
