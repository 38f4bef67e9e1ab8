/** The bundled API handler under AWS's own runtime client, over the filesystem store: what a function URL would serve. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type HttpRequest, request, stream } from './function-url.js';
import { LambdaEnvironment } from './runtime-api.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = join(root, 'functions/dist-lambda/api');
const KEY = 'sk-lambda-test';
const authorization = `Bearer ${KEY}`;
const data = mkdtempSync(join(tmpdir(), 'preheat-lambda-'));
const started: LambdaEnvironment[] = [];
let buffered: LambdaEnvironment;
let streaming: LambdaEnvironment;

async function start(exported: string, bundle = folder): Promise<LambdaEnvironment> {
  const env = {
    PREHEAT_STORE: 'filesystem',
    PREHEAT_DATA_DIR: data,
    PREHEAT_API_KEY_HASHES: `${createHash('sha256').update(KEY).digest('hex')}:project-1`,
    PREHEAT_LOG_LEVEL: 'warn',
  };
  const lambda = await LambdaEnvironment.start({ folder: bundle, handler: `api.${exported}`, env });
  started.push(lambda);
  return lambda;
}

beforeAll(async () => {
  await promisify(execFile)(process.execPath, ['functions/build-lambda.mjs', 'api'], { cwd: root });
  buffered = await start('buffered');
  streaming = await start('handler');
});

afterAll(async () => {
  for (const lambda of started) await lambda.stop();
  rmSync(data, { recursive: true, force: true });
});

async function json(http: HttpRequest) {
  const response = await request(buffered, { ...http, headers: { authorization, ...http.headers } });
  return { status: response.status, headers: response.headers, body: JSON.parse(response.body.toString()) };
}

const jsonPost = (path: string, body: unknown): HttpRequest => ({
  method: 'POST',
  path,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

/** As a function URL delivers a form: its bytes, which arrive at the handler in base64. */
async function form(fields: Record<string, string>, file: { name: string; content: string }): Promise<HttpRequest> {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  data.set('file', new Blob([file.content]), file.name);
  const encoded = new Response(data);
  const headers = { 'content-type': encoded.headers.get('content-type') ?? '' };
  return { method: 'POST', path: '/v1/files', headers, body: Buffer.from(await encoded.arrayBuffer()) };
}

const ROW = {
  messages: [
    { role: 'user', content: 'cat' },
    { role: 'assistant', content: 'K AE T' },
  ],
};
const rows = Array.from({ length: 20 }, () => JSON.stringify(ROW)).join('\n');

test('GET /v1/models lists models, and says no without a key', async () => {
  const models = await json({ method: 'GET', path: '/v1/models' });
  expect(models.status).toBe(200);
  expect(models.body).toMatchObject({ object: 'list', data: expect.any(Array) });
  const stranger = await request(buffered, { method: 'GET', path: '/v1/models' });
  expect(stranger.status).toBe(401);
  expect(JSON.parse(stranger.body.toString()).error.code).toBe('invalid_api_key');
});

test('POST /v1/files takes a multipart upload, and its bytes come back unchanged', async () => {
  const upload = await json(await form({ purpose: 'fine-tune' }, { name: 'rows.jsonl', content: rows }));
  expect(upload.status).toBe(200);
  expect(upload.body).toMatchObject({ object: 'file', filename: 'rows.jsonl', bytes: Buffer.byteLength(rows) });
  const path = `/v1/files/${upload.body.id}/content`;
  const content = await request(buffered, { method: 'GET', path, headers: { authorization } });
  expect(content.body.toString()).toBe(rows);
});

test('a bad request is answered with 400 and the error body of OpenAI', async () => {
  const { status, body } = await json(
    jsonPost('/v1/fine_tuning/jobs', { model: 'no-such-model', training_file: 'file-0' }),
  );
  expect(status).toBe(400);
  expect(body.error).toMatchObject({ type: 'invalid_request_error', message: expect.any(String) });
  expect(Object.keys(body.error).sort()).toEqual(['code', 'message', 'param', 'type']);
});

test('job events are streamed while the job still runs', async () => {
  const file = await json(await form({ purpose: 'fine-tune' }, { name: 'rows.jsonl', content: rows }));
  const models = await json({ method: 'GET', path: '/v1/models' });
  const job = await json(
    jsonPost('/v1/fine_tuning/jobs', { model: models.body.data[0].id, training_file: file.body.id }),
  );
  expect(job.body).toMatchObject({ object: 'fine_tuning.job' });
  const path = `/v1/fine_tuning/jobs/${job.body.id}`;
  const growth: string[] = [];
  let cancelled: Promise<unknown> | undefined;
  const events = {
    method: 'GET',
    path: `${path}/events?stream=true`,
    headers: { authorization, accept: 'text/event-stream' },
  };
  const response = await stream(streaming, events, (body) => {
    growth.push(body);
    // Only what arrived before the job ended proves that nothing gathers the response.
    if (body.includes('data:')) cancelled ??= json(jsonPost(`${path}/cancel`, {}));
  });
  expect(response.status).toBe(200);
  expect(response.headers['content-type']).toContain('text/event-stream');
  expect(cancelled).toBeDefined();
  expect(growth[0]?.length).toBeLessThan(response.body.length);
});

test('compiled code of an area that is refused is told in the log, with the area', async () => {
  const copy = join(data, 'bundle');
  cpSync(folder, copy, { recursive: true });
  const packs = readdirSync(copy).filter((file) => file.endsWith('.compiled') && file !== 'start.compiled');
  for (const pack of packs) truncateSync(join(copy, pack), 64);
  const lambda = await start('buffered', copy);
  await request(lambda, { method: 'GET', path: '/v1/fine_tuning/jobs', headers: { authorization } });
  await lambda.stop();
  expect(lambda.output).toMatch(/"areas":\["jobs"\],"compiledCode":"refused","message":"areas were opened/);
});
