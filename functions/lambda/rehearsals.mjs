/** What each kind of function does while its compiled code is recorded: what most first calls of it are. */
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { loadBundle } from './load-bundle.mjs';

const KEY = 'sk-rehearsal';
const MODEL = 'preheat-1m';
const API_FOLDER = fileURLToPath(new URL('../dist-lambda/api/', import.meta.url));

const apiEnvironment = (store) => ({
  ...store,
  PREHEAT_API_KEY_HASHES: `${createHash('sha256').update(KEY).digest('hex')}:rehearsal`,
  PREHEAT_LOG_LEVEL: 'error',
});

const context = { awsRequestId: 'rehearsal', getRemainingTimeInMillis: () => 600_000 };

/** A call of the API through its handler, as a function URL makes it. */
async function call({ buffered }, method, path, body) {
  const [rawPath, rawQueryString = ''] = path.split('?');
  const query = Object.fromEntries(new URLSearchParams(rawQueryString));
  const event = {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    headers: { host: 'rehearsal', authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    ...(rawQueryString === '' ? {} : { queryStringParameters: query }),
    requestContext: { http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1' }, stage: '$default' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    isBase64Encoded: false,
  };
  const { statusCode, body: text } = await buffered(event, context);
  return { status: statusCode, body: text === '' ? null : JSON.parse(text) };
}

const open = (bundle, store) => bundle.open(apiEnvironment(store));

/** Calls of one area of the API, of which the first must be answered as said. */
const calls =
  (status, ...requests) =>
  async (bundle, store) => {
    const opened = await open(bundle, store);
    for (const [index, [method, path, body]] of requests.entries()) {
      const answer = await call(opened, method, path, body);
      if (index > 0 || answer.status === status) continue;
      throw new Error(`${method} ${path} was answered with ${answer.status}: ${JSON.stringify(answer.body)}`);
    }
  };

const api = {
  platform: calls(200, ['GET', '/healthz']),
  jobs: calls(200, ['GET', '/v1/fine_tuning/jobs?limit=10'], ['GET', '/v1/fine_tuning/jobs/ftjob-rehearsal']),
  jobRequests: calls(400, ['POST', '/v1/fine_tuning/jobs', { model: MODEL, training_file: 'file-rehearsal' }]),
  models: calls(200, ['GET', '/v1/models']),
  files: calls(200, ['GET', '/v1/files']),
  completions: calls(200, ['GET', '/v1/chat/completions']),
  evals: calls(200, ['GET', '/v1/evals']),
  webhooks: calls(200, ['GET', '/v1/webhook_endpoints']),
};

const CHAT = { model: MODEL, messages: [{ role: 'user', content: 'cat' }], max_tokens: 4 };
const inference = { ...api, completions: calls(200, ['POST', '/v1/chat/completions', CHAT]) };

/** A run of one item; undefined where the store keeps nothing. */
async function startRun(opened) {
  const created = await call(opened, 'POST', '/v1/evals', {
    data_source_config: { type: 'custom', item_schema: {} },
    testing_criteria: [
      {
        type: 'string_check',
        name: 'exact',
        input: '{{ sample.output_text }}',
        reference: '{{ item.word }}',
        operation: 'eq',
      },
    ],
  });
  const run = await call(opened, 'POST', `/v1/evals/${created.body?.id}/runs`, {
    data_source: {
      type: 'completions',
      model: MODEL,
      source: { type: 'file_content', content: [{ item: { word: 'cat' } }] },
      input_messages: { type: 'template', template: [{ role: 'user', content: '{{ item.word }}' }] },
      sampling_params: { temperature: 0, max_completion_tokens: 4 },
    },
  });
  return run.status === 201 ? { evalId: created.body.id, runId: run.body.id } : undefined;
}

async function run(bundle, store) {
  const opened = await open(loadBundle(API_FOLDER).exports, store);
  const named = (await startRun(opened)) ?? { evalId: 'eval_rehearsal', runId: 'evalrun_rehearsal' };
  const { handler } = await bundle.open({ ...store, PREHEAT_LOG_LEVEL: 'error' });
  const body = JSON.stringify({ kind: 'eval_run', ...named });
  await handler({ Records: [{ messageId: '0', body }] }, context);
  if (store.PREHEAT_STORE !== 'filesystem') return;
  const { body: ended } = await call(opened, 'GET', `/v1/evals/${named.evalId}/runs/${named.runId}`);
  if (ended.status !== 'completed') throw new Error(`the rehearsed run is ${ended.status}`);
}

async function sweep(bundle, store) {
  const { handler } = await bundle.open({ ...store, PREHEAT_LOG_LEVEL: 'error' });
  await handler({}, context);
}

async function notice(bundle, store) {
  const { handler } = await bundle.open({ ...store, PREHEAT_LOG_LEVEL: 'error' });
  await handler({ Records: [{ Sns: { Timestamp: new Date().toISOString() } }] }, context);
}

/** By function, what is rehearsed apart: what only one of them runs is read by it alone. */
export const REHEARSALS = { api, inference, evaluation: { run }, sweeper: { sweep }, budget: { notice } };
