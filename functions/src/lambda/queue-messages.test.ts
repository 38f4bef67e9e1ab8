import type { Context, SQSEvent } from 'aws-lambda';
import { expect, it } from 'vitest';
import { Evals } from '../evaluation/evals.js';
import { Runs } from '../evaluation/runs.js';
import { WebhookDeliveries } from '../webhooks/webhook-deliveries.js';
import { WebhookEndpoints } from '../webhooks/webhook-endpoints.js';
import { startApi } from '../test-kit/api-under-test.js';
import { queueHandler } from './queue-messages.js';

const CRITERION = {
  type: 'string_check' as const,
  name: 'exact',
  input: '{{ sample.output_text }}',
  reference: 'x',
  operation: 'eq',
};
const context = { awsRequestId: 'request-1', getRemainingTimeInMillis: () => 900_000 } as unknown as Context;
const event = (...bodies: string[]) =>
  ({ Records: bodies.map((body, index) => ({ body, messageId: `m${index}` })) }) as unknown as SQSEvent;

async function world() {
  const { deps } = await startApi();
  const parts = {
    ...deps,
    evals: new Evals(deps),
    runs: new Runs(deps),
    jobQueue: deps.evaluationQueue,
    close: async () => {},
    orphanGraceMs: 3_600_000,
    queueOptions: {},
    webhooks: new WebhookDeliveries(deps, new WebhookEndpoints(deps)),
  };
  const evaluation = await parts.evals.create('proj-one', {
    data_source_config: { type: 'custom', item_schema: {} },
    testing_criteria: [CRITERION],
  });
  const content = [{ item: {}, sample: { output_text: 'x' } }];
  const data_source = { type: 'jsonl' as const, source: { type: 'file_content' as const, content } };
  const run = await parts.runs.create(evaluation, { data_source }, { count: 1 });
  return { parts, run, message: JSON.stringify({ kind: 'eval_run', evalId: run.evalId, runId: run.id }) };
}

it('works on the runs that messages name, and lets go of what makes no sense', async () => {
  const { parts, run, message } = await world();
  const answer = await queueHandler(parts)(event('no json', message, message), context);
  expect(answer).toEqual({ batchItemFailures: [] });
  expect(await parts.runs.get('proj-one', run.evalId, run.id)).toMatchObject({ state: 'completed' });
});

it('gives back only the message that failed', async () => {
  const { parts, run, message } = await world();
  const documents = { read: () => Promise.reject(new Error('the store is away')) };
  const broken = { ...parts, runs: Object.assign(Object.create(parts.runs), { documents }) as Runs };
  const answer = await queueHandler(broken)(event('"?"', message), context);
  expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }] });
  expect(await parts.runs.get('proj-one', run.evalId, run.id)).toMatchObject({ state: 'queued' });
});
