/** Creates queued jobs as the API does, without its HTTP, its checks and its message, so that a bench can begin with thousands. */
import { createHash, randomUUID } from 'node:crypto';
import { MemoryWorkQueue } from '@preheat/adapters/memory';
import { JobStore, type JobStoreDependencies, type NewJob } from '@preheat/jobs';

export const PROJECT = 'proj-bench';
const AT_ONCE = 24;

const JOB: NewJob = {
  model: 'preheat-1m',
  trainingFile: 'file-bench',
  validationFile: null,
  suffix: null,
  seed: 1,
  metadata: null,
  method: null,
  phases: [
    {
      type: 'supervised',
      algorithm: 'sft',
      trainingFile: 'file-bench',
      validationFile: null,
      grader: null,
      config: {},
    },
  ],
};

export async function fillJobs(parts: Omit<JobStoreDependencies, 'queue'>, count: number): Promise<void> {
  const jobs = new JobStore({ ...parts, queue: new MemoryWorkQueue(parts) });
  let left = count;
  const lane = async (): Promise<void> => {
    while (left-- > 0) {
      const bodyDigest = createHash('sha256').update(randomUUID()).digest('hex');
      await jobs.create(JOB, { projectId: PROJECT, keyDigest: null, bodyDigest, isRetry: false });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}
