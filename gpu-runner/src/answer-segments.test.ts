/** Answers in segments in a real job: each drawn and trained in its own way, forks of one beginning compared with each other, ends forced. */
import { KEYS } from '@preheat/contracts';
import { afterAll, expect, it } from 'vitest';
import { runJob } from './run-job.js';
import { documentOf, executor, leaseOf, never, phases, world } from './test-kit/job-under-test.js';

afterAll(() => executor.dispose());

async function stepsOf(keys: Record<string, unknown>): Promise<Record<string, number>[]> {
  const [, rl] = phases({}, true, { max_completion_tokens: 6, max_steps: 2, n_epochs: 2, eval_interval: 2, ...keys });
  const at = await world({}, { phases: [{ ...rl, trainingFile: 'file-t', validationFile: 'file-t' } as never] });
  const rows = ['cat', 'dog', 'bit', 'tap'].map((content) => ({ messages: [{ role: 'user', content }] }));
  const lines = rows.map((row) => JSON.stringify(row)).join('\n');
  await at.store.put(KEYS.fileContent('file-t'), new TextEncoder().encode(lines));
  expect(await runJob(at.deps, await leaseOf(at), never)).toBe('succeeded');
  const events = await at.jobs.eventsSince(await documentOf(at), 0, 1000);
  return events.flatMap(({ type, data }) => (type === 'metrics' ? [data as Record<string, number>] : []));
}

it('draws and trains segments in their own ways, and forks in groups of one beginning', async () => {
  const answer_segments = [
    { max_tokens: 3, temperature: 1.5, forks: 2 },
    { temperature: 0.5, top_p: 0.9 },
  ];
  const steps = await stepsOf({ answer_segments, group_size: 4 });
  expect(steps).toHaveLength(2);
  for (const step of steps) {
    // Fresh weights are over before the third token in few answers.
    expect(step['forked_fraction']).toBeGreaterThan(0.5);
    expect(step['last_segment_fraction']).toBe(step['forked_fraction']);
    expect(step['trained_rows']).toBeGreaterThan(0);
    expect(step['max_logprob_mismatch']).toBeLessThan(1e-4);
  }
  expect(steps[1]?.['full_valid_mean_reward']).toBeTypeOf('number');
});

it('forces segments to their ends, which nothing drew and nothing learns from', async () => {
  const answer_segments = [{ until: 'AE T', max_tokens: 2, force: true, temperature: 1.5 }, { temperature: 0.5 }];
  const steps = await stepsOf({ answer_segments, group_size: 4 });
  expect(steps).toHaveLength(2);
  for (const step of steps) {
    // Fresh weights write an end in two tokens of few answers, and the marker in fewer.
    expect(step['forced_fraction']).toBeGreaterThan(0.5);
    expect(step['last_segment_fraction']).toBeGreaterThan(0.5);
    // Trainer and sampler agree on what comes behind them.
    expect(step['max_logprob_mismatch']).toBeLessThan(1e-4);
  }
});
