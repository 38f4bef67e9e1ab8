/** What the functions are compared with: Fastify with one route behind a function URL, streamed like theirs, and nothing else. */
import { pipeline } from 'node:stream/promises';
import awsLambdaFastify from '@fastify/aws-lambda';
import Fastify from 'fastify';

const app = Fastify();
app.get('/', () => ({ hello: 'world' }));
await app.ready();

const answer = awsLambdaFastify(app, { payloadAsStream: true });
export const handler = awslambda.streamifyResponse(async (event: unknown, responseStream, context) => {
  const { meta, stream } = await answer(event, context as never);
  await pipeline(stream, awslambda.HttpResponseStream.from(responseStream, { ...meta }));
});
