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

export function bufferedHandler(app: FastifyInstance) {
  return awsLambdaFastify<unknown>(app, { ...shared, enforceBase64: isBinary });
}

export function streamingHandler(app: FastifyInstance) {
  const answer = awsLambdaFastify(app, { ...shared, payloadAsStream: true }) as awsLambdaFastify.PromiseHandler<
    unknown,
    awsLambdaFastify.LambdaResponseStreamed
  >;
  return awslambda.streamifyResponse(async (event: unknown, responseStream, context: Context) => {
    const { meta, stream } = await answer(event, context);
    await pipeline(stream, awslambda.HttpResponseStream.from(responseStream, { ...meta }));
  });
}
