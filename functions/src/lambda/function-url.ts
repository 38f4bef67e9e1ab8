/** Puts the app behind a Lambda function URL: whole answers, or answers streamed as they are made. */
import { pipeline } from 'node:stream/promises';
import awsLambdaFastify from '@fastify/aws-lambda';
import type { Context } from 'aws-lambda';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import type { ApiByArea } from './api-by-area.js';

const shared = {
  // No route reads the event.
  decorateRequest: false,
  // A comma in a metadata value is a comma.
  parseCommaSeparatedQueryParams: false,
} as const;

const TEXT = /^(text\/|application\/json)/;

/** Bytes that are not text are marked as base64; the adapter would otherwise decode them as UTF-8 and break them. */
const isBinary = ({ headers }: LightMyRequestResponse): boolean =>
  !TEXT.test(String(headers['content-type'] ?? 'text/'));

/** The adapter asks nothing of an app but to answer requests. */
const asApp = (api: ApiByArea): FastifyInstance => api as unknown as FastifyInstance;

export function bufferedHandler(api: ApiByArea) {
  return awsLambdaFastify<unknown>(asApp(api), { ...shared, enforceBase64: isBinary });
}

export function streamingHandler(api: ApiByArea) {
  const answer = awsLambdaFastify(asApp(api), { ...shared, payloadAsStream: true }) as awsLambdaFastify.PromiseHandler<
    unknown,
    awsLambdaFastify.LambdaResponseStreamed
  >;
  return awslambda.streamifyResponse(async (event: unknown, responseStream, context: Context) => {
    const { meta, stream } = await answer(event, context);
    await pipeline(stream, awslambda.HttpResponseStream.from(responseStream, { ...meta }));
  });
}
