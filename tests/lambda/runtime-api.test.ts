/** The harness itself, on a small app: what the tests of the real handlers rely on. */
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { request, stream } from './function-url.js';
import { FunctionError, LambdaEnvironment, type LambdaOptions } from './runtime-api.js';

const folder = fileURLToPath(new URL('./fixtures', import.meta.url));
const started: LambdaEnvironment[] = [];
afterEach(async () => {
  for (const lambda of started.splice(0)) await lambda.stop();
});

async function start(exported: string, options: Partial<LambdaOptions> = {}): Promise<LambdaEnvironment> {
  const lambda = await LambdaEnvironment.start({ folder, handler: `small-app.${exported}`, ...options });
  started.push(lambda);
  return lambda;
}

test('runs one process through several buffered requests: query, JSON body, binary body', async () => {
  const lambda = await start('buffered');
  const query = await request(lambda, { method: 'GET', path: '/query?a=1&b=x' });
  expect(JSON.parse(query.body.toString())).toEqual({ a: '1', b: 'x' });
  const json = { 'content-type': 'application/json' };
  const posted = await request(lambda, { method: 'POST', path: '/json', headers: json, body: '{"n":1}' });
  expect([posted.status, posted.body.toString()]).toEqual([202, '{"n":1}']);
  const binary = { 'content-type': 'application/octet-stream' };
  const body = Buffer.from([0, 255, 10]);
  const bytes = await request(lambda, { method: 'POST', path: '/bytes', headers: binary, body });
  expect(JSON.parse(bytes.body.toString())).toEqual({ bytes: [0, 255, 10] });
});

test('delivers a streamed response piece by piece', async () => {
  const lambda = await start('streaming');
  const growth: string[] = [];
  const response = await stream(lambda, { method: 'GET', path: '/count' }, (text) => growth.push(text));
  expect(response.status).toBe(200);
  expect(response.headers['content-type']).toBe('text/event-stream');
  expect(response.body.toString()).toBe('data: 1\n\ndata: 2\n\ndata: 3\n\n');
  expect(growth).toContain('data: 1\n\n');
});

test('reports what a handler threw', async () => {
  const lambda = await start('failing');
  const failure = lambda.invoke({});
  await expect(failure).rejects.toThrow(FunctionError);
  await expect(failure).rejects.toMatchObject({ errorType: 'TypeError', message: 'no such colour' });
});

test('reports a handler that cannot be loaded', async () => {
  const lambda = await start('missing');
  await expect(lambda.invoke({})).rejects.toThrow(/small-app\.missing is undefined or not exported/);
});

test('kills a handler that runs longer than its time-out', async () => {
  const lambda = await start('hanging', { timeoutMs: 1500 });
  await expect(lambda.invoke({})).rejects.toThrow(/Task timed out after 1500 ms/);
});
