/**
 * The OpenAPI document, derived from the route schemas and from nothing else; served at /openapi.json. What derives it is loaded
 * where somebody asks for it, and not with every process.
 */
import type {} from '@fastify/swagger';
import { ERRORS, type ErrorCode } from '@preheat/contracts';
import type { FastifyInstance, FastifySchema } from 'fastify';
import type { TSchema } from 'typebox';
import { errorResponse } from './error-responses.js';
import { nameSchemas } from './openapi-components.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A body that is read by the handler itself (multipart), for the document only. */
    documentedBody?: { schema: TSchema; contentType: string };
  }
}

const INFO = {
  title: 'preheat',
  version: '0.1.0',
  description:
    'Training as a service for post-training, on the OpenAI wire. Extensions are marked in the descriptions.',
};

/** Answers that belong to no route. */
const UNROUTED = {
  UnknownRoute: unroutedResponse('unknown_route'),
  MethodNotAllowed: unroutedResponse('method_not_allowed'),
  HeadersTooLarge: unroutedResponse('headers_too_large'),
  RequestTimeout: unroutedResponse('request_timeout'),
};

function unroutedResponse(code: ErrorCode) {
  const schema = errorResponse([code]) as TSchema;
  return { description: ERRORS[code].title, content: { 'application/json': { schema } } };
}

/** Before the routes: they are described as they are added. */
export async function describeRoutes(app: FastifyInstance): Promise<void> {
  const { default: swagger } = await import('@fastify/swagger');
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: INFO,
      servers: [{ url: '/' }],
      components: { securitySchemes: { apiKey: { type: 'http', scheme: 'bearer' } }, responses: UNROUTED },
    },
    hideUntagged: true,
    transform: ({ schema, url, route }) => {
      const isPublic = route.config?.public === true;
      const documented = route.config?.documentedBody;
      const body = documented ? { body: documented.schema, consumes: [documented.contentType] } : {};
      const security = isPublic ? {} : { security: [{ apiKey: [] }] };
      return { schema: { ...schema, ...body, ...security } as FastifySchema, url };
    },
  });
}

/** @param describe Makes the same app again, described. */
export function serveOpenapi(app: FastifyInstance, describe: () => Promise<FastifyInstance>): void {
  let document: Promise<object> | undefined;
  app.get('/openapi.json', { schema: { hide: true }, config: { public: true } }, async () => {
    document ??= documentOf(describe).catch((error: unknown) => {
      document = undefined;
      throw error;
    });
    return document;
  });
}

async function documentOf(describe: () => Promise<FastifyInstance>): Promise<object> {
  const app = await describe();
  await app.ready();
  const document = openapiDocument(app);
  await app.close();
  return document;
}

/** The document of a ready app, with the shapes that recur given names. */
export function openapiDocument(app: FastifyInstance): object {
  return nameSchemas(app.swagger());
}
