/** The same processes on S3 and SQS, spoken by a wire server: nothing but settings differs from the embedded platform. */
import { createHash } from 'node:crypto';
import { createResources, startMoto, WIRE_ACCESS } from '@preheat/adapters/wire-servers';
import { Preheat } from '@preheat/sdk';
import { afterAll, describe, expect, it, test } from 'vitest';
import { API_KEY, type Platform, startPlatform } from './platform.js';
import { createSmallJob, eventsOf, officialClient, pipelineSteps } from './small-job.js';
import { waitFor } from './wait-for.js';

const TIMEOUT_MS = 180_000;
/** As in front of a function. */
const MAX_BODY_BYTES = 4_500_000;
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
      PREHEAT_MAX_BODY_BYTES: String(MAX_BODY_BYTES),
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

  it('takes a file that no request may hold straight into the bucket, and holds it against what was announced', async () => {
    const { baseURL = '' } = platform ?? {};
    const sent: string[] = [];
    const recorded: typeof fetch = (to, init) => {
      const { origin, pathname } = new URL(String(to));
      sent.push(`${init?.method} ${origin === moto.endpoint ? 'store' : pathname.replace(/upload_[^/]+/, 'id')}`);
      return fetch(to, init);
    };
    const client = new Preheat({ apiKey: API_KEY, baseURL, maxRetries: 0, fetch: recorded });
    const content = new Uint8Array(4 * MAX_BODY_BYTES).map((_, index) => (index * 7919) % 251);
    const file = await client.files.create(content, { purpose: 'user_data', filename: 'large.bin' });
    expect(file.bytes).toBe(content.byteLength);
    const [limits, created, ...parts] = sent.splice(0);
    expect([limits, created]).toEqual(['GET /v1/x/limits', 'POST /v1/uploads']);
    expect(parts.sort()).toEqual([
      'POST /v1/uploads/id/complete',
      'POST /v1/x/uploads/id/parts',
      'POST /v1/x/uploads/id/parts',
      'PUT store',
      'PUT store',
    ]);
    const read = Buffer.from(await (await client.files.content(file.id)).arrayBuffer());
    expect(Buffer.compare(read, content)).toBe(0);

    const call = async (path: string, body: object) => {
      const headers = { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' };
      return (await fetch(baseURL + path, { method: 'POST', headers, body: JSON.stringify(body) })).json();
    };
    const upload = await call('/uploads', { bytes: 3, filename: 'a', mime_type: 'text/plain', purpose: 'user_data' });
    const { id } = upload as { id: string };
    const announced = { bytes: 3, sha256: createHash('sha256').update('abc').digest('hex') };
    const part = (await call(`/x/uploads/${id}/parts`, announced)) as { id: string; url: string; headers: object };
    const complete = () => call(`/uploads/${id}/complete`, { part_ids: [part.id] });
    const absent = expect.stringContaining('never arrived');
    expect(await complete()).toMatchObject({ error: { code: 'upload_incomplete', message: absent } });
    // The wire server compares no checksum; what arrived is compared all the same.
    await fetch(part.url, { method: 'PUT', headers: { ...part.headers }, body: 'xyz' });
    expect(await complete()).toMatchObject({ error: { code: 'upload_incomplete', param: 'part_ids' } });
  });
});
