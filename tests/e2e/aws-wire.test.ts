/** The same processes on S3 and SQS, spoken by a wire server: nothing but settings differs from the embedded platform. */
import { createResources, startMoto, WIRE_ACCESS } from '@preheat/adapters/wire-servers';
import { afterAll, describe, expect, it, test } from 'vitest';
import { type Platform, startPlatform } from './platform.js';
import { createSmallJob, eventsOf, officialClient, pipelineSteps } from './small-job.js';
import { waitFor } from './wait-for.js';

const TIMEOUT_MS = 180_000;
const moto = await startMoto();
let platform: Platform | undefined;
afterAll(async () => {
  await platform?.stop();
  await moto?.stop();
});

describe('the platform on S3 and SQS', () => {
  if (moto === undefined) {
    test.skip("needs moto_server on the PATH or in PREHEAT_MOTO_SERVER: pip install 'moto[server]'");
    return;
  }

  it('runs a job of two phases to its end', { timeout: TIMEOUT_MS }, async () => {
    const { bucket, jobQueueUrl, evaluationQueueUrl } = await createResources(moto);
    platform = await startPlatform({
      PREHEAT_STORE: 'aws',
      PREHEAT_BUCKET: bucket,
      PREHEAT_QUEUE_URL: jobQueueUrl,
      PREHEAT_EVALUATION_QUEUE_URL: evaluationQueueUrl,
      AWS_ENDPOINT_URL: moto.endpoint,
      AWS_REGION: WIRE_ACCESS.region,
      AWS_ACCESS_KEY_ID: WIRE_ACCESS.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: WIRE_ACCESS.credentials.secretAccessKey,
    });
    platform.startRunner('runner-1');
    const client = officialClient(platform.baseURL);
    const { id } = await createSmallJob(client, { sftSteps: 6, rlSteps: 2 });
    const job = await waitFor(
      'the job ending',
      () => client.fineTuning.jobs.retrieve(id),
      ({ status }) => ['succeeded', 'failed', 'cancelled'].includes(status),
      TIMEOUT_MS,
    );
    expect(job.status, platform.logs()).toBe('succeeded');
    expect(pipelineSteps(await eventsOf(client, id))).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const answer = await client.chat.completions.create({
      model: job.fine_tuned_model as string,
      messages: [{ role: 'user', content: 'cat' }],
      max_completion_tokens: 8,
    });
    expect(answer.choices).toHaveLength(1);
  });
});
