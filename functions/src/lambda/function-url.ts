/** Puts the app behind a Lambda function URL: whole answers, or answers streamed as they are made. */
import { pipeline } from 'node:stream/promises';
import awsLambdaFastify from '@fastify/aws-lambda';
import type { Context } from 'aws-lambda';
import type { FastifyInstance } from 'fastify';
import type { LightMyRequestResponse } from 'fastify';

const shared = {
  // The app is wrapped twice, and a decoration can be made only once; no route reads the event.
  decorateRequest: false,
  // A comma in a metadata value is a comma.
  parseCommaSeparatedQueryParams: false,
} as const;

const TEXT = /^(text\/|application\/json)/;

/** Bytes that are not text are marked as base64; the adapter would otherwise decode them as UTF-8 and break them. */
const isBinary = ({ headers }: LightMyRequestResponse): boolean =>
  !TEXT.test(String(headers['content-type'] ?? 'text/'));

/** Answers calls by the app that has their route; each app is wrapped once. */
type AppFor = (method: string, path: string) => Promise<FastifyInstance>;

/** As function URLs, and gateways of either version, say what is called. */
export interface CallEvent {
  readonly rawPath?: string;
  readonly path?: string;
  readonly httpMethod?: string;
  readonly requestContext?: { readonly http?: { readonly method?: string } };
}

function wrappedOnce<T extends object>(
  appFor: AppFor,
  wrap: (app: FastifyInstance) => T,
): (event: CallEvent) => Promise<T> {
  const wrapped = new WeakMap<FastifyInstance, T>();
  return async (event) => {
    const method = event.requestContext?.http?.method ?? event.httpMethod ?? 'GET';
    const app = await appFor(method, event.rawPath ?? event.path ?? '/');
    const known = wrapped.get(app) ?? wrap(app);
    wrapped.set(app, known);
    return known;
  };
}

export function bufferedHandler(appFor: AppFor) {
  const answererOf = wrappedOnce(appFor, (app) =>
    awsLambdaFastify<unknown>(app, { ...shared, enforceBase64: isBinary }),
  );
  return async (event: CallEvent, context: Context) => (await answererOf(event))(event, context);
}

export function streamingHandler(appFor: AppFor) {
  const answererOf = wrappedOnce(
    appFor,
    (app) =>
      awsLambdaFastify(app, { ...shared, payloadAsStream: true }) as awsLambdaFastify.PromiseHandler<
        unknown,
        awsLambdaFastify.LambdaResponseStreamed
      >,
  );
  return awslambda.streamifyResponse(async (event: CallEvent, responseStream, context: Context) => {
    const { meta, stream } = await (await answererOf(event))(event, context);
    await pipeline(stream, awslambda.HttpResponseStream.from(responseStream, { ...meta }));
  });
}
