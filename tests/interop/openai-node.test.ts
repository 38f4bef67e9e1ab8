/** Two official Node clients, unmodified, drive the platform from the first upload to the last delete. */
import { toFile } from 'openai-7';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allProblems, type InteropPlatform, startInterop, undriven } from './interop-platform.js';
import { calledTools } from './stories/called-tools.js';
import { conversed, interrupted } from './stories/conversed.js';
import { evaluated, gradedSample, models } from './stories/evaluated.js';
import { filesAndUploads } from './stories/files-and-uploads.js';
import { refusedByName } from './stories/refused-by-name.js';
import type { Story } from './stories/story.js';
import { endpoints, toldByWebhook } from './stories/told-by-webhook.js';
import { controlledJob, pausedJob, preferredJob, trainedJob } from './stories/trained-job.js';

const TIMEOUT_MS = 300_000;
const ROWS = '{"messages":[{"role":"user","content":"cat"},{"role":"assistant","content":"K AE T"}]}\n'.repeat(12);

let platform: InteropPlatform;
beforeAll(async () => {
  platform = await startInterop();
}, TIMEOUT_MS);
afterAll(() => platform.stop());

describe.each([
  { sdk: 'openai@6.49.0', release: 6 },
  { sdk: 'openai@7.57.0', release: 7 },
] as const)('$sdk', { timeout: TIMEOUT_MS }, ({ sdk, release }) => {
  let story: Story;
  let file: string;
  let model: string;
  const jobs: string[] = [];
  beforeAll(async () => {
    story = await platform.newStory(release);
  });

  it('uploads files, whole and in parts', () => filesAndUploads(story));
  it('is refused a second try of a mistake, and given the same job for a lost answer', async () => {
    const rows = await toFile(Buffer.from(ROWS), 'rows.jsonl');
    file = (await story.client.files.create({ file: rows, purpose: 'fine-tune' })).id;
    jobs.push((await controlledJob(story, file)).id);
  });
  it('pauses a job', () => pausedJob(story, file));
  it('trains a job, follows it and grants its checkpoint', async () => {
    const job = await trainedJob(story);
    model = job.fine_tuned_model ?? '';
    jobs.push(job.id);
  });
  it('trains a job on pairs of answers', () => preferredJob(story));
  it('grades samples', () => gradedSample(story));
  it('evaluates the model', () => evaluated(story, model));
  it('converses with the model', () => conversed(story, model));
  it('calls tools', () => calledTools(story));
  it('waits when the platform is busy, and throws what breaks a stream', () => interrupted(story));
  it('verifies webhooks about its jobs', () => toldByWebhook(story, platform.secret, jobs));
  it.runIf(release === 7)('manages webhook endpoints', () => endpoints(story));
  it('is refused by name what is not served, and nothing else', () => refusedByName(story, file));
  it('finds and deletes models', () => models(story, model));

  it('said and heard nothing that is not the wire', () => {
    expect(allProblems(story.proxy)).toEqual([]);
  });
  it('drove every endpoint it has a call for', () => {
    expect(undriven(story.proxy, sdk)).toEqual([]);
  });
});
