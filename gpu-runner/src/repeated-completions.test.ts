/** Completions that go in circles, sampled by a real job: they are ended, counted, and their grader is told why. */
import { afterAll, describe, expect, it } from 'vitest';
import { runJob } from './run-job.js';
import { documentOf, executor, leaseOf, never, phases, world } from './test-kit/job-under-test.js';

afterAll(() => executor.dispose());

const COMPLETION = 24;
/** Earns 1 for having been ended. */
const grader = {
  type: 'string_check',
  name: 'ended',
  input: '{{ sample.choices[0].finish_reason }}',
  reference: 'repetition',
  operation: 'eq',
};

async function metricsOf(keys: Record<string, unknown>): Promise<Readonly<Record<string, number>>> {
  // Nearly greedy: fresh weights then say one thing over and over.
  const sampling = { temperature: 0.05, max_completion_tokens: COMPLETION, max_steps: 1, ...keys };
  const [, rl] = phases({}, false, sampling);
  const at = await world({}, { phases: [{ ...rl, grader } as never] });
  expect(await runJob(at.deps, await leaseOf(at), never)).toBe('succeeded');
  const events = await at.jobs.eventsSince(await documentOf(at), 0, 1000);
  return events.find(({ type }) => type === 'metrics')?.data as Readonly<Record<string, number>>;
}

describe('a job whose completions repeat themselves', () => {
  it('ends them with repetition_count, and says how many of them there were', async () => {
    const { repeated_fraction: share = 0, ...metrics } = await metricsOf({ repetition_count: 3 });
    expect(share).toBeGreaterThan(0.5);
    expect(metrics['train_mean_reward']).toBeCloseTo(share, 12);
    expect(metrics['completion_tokens_mean']).toBeLessThan(COMPLETION);
  });

  it('lets them reach their limit without it', async () => {
    const metrics = await metricsOf({});
    expect(metrics).not.toHaveProperty('repeated_fraction');
    expect(metrics).toMatchObject({ train_mean_reward: 0, completion_tokens_mean: COMPLETION });
  });
});
