/** Completions that go on from text of their rows, in a real job: graded with it, and neither counted nor trained as theirs. */
import { KEYS } from '@preheat/contracts';
import { afterAll, expect, it } from 'vitest';
import { runJob } from './run-job.js';
import { documentOf, executor, leaseOf, never, phases, world } from './test-kit/job-under-test.js';

afterAll(() => executor.dispose());

const OPENING = 'K AE T D AA G';
/** What fresh weights do not write by themselves. */
const grader = { type: 'string_check', name: 'opened', operation: 'like', input: '{{ sample.output_text }}' };

it('grades the text that rows hold under prefix_key with what follows it, in training alone', async () => {
  const keys = { prefix_key: 'begun', max_completion_tokens: 4, group_size: 2, max_steps: 1, eval_interval: 1 };
  const [, rl] = phases({}, true, keys);
  const phase = { ...rl, grader: { ...grader, reference: OPENING }, trainingFile: 'file-t', validationFile: 'file-v' };
  const at = await world({}, { phases: [phase as never] });
  const asked = { messages: [{ role: 'user', content: 'cat' }] };
  const rows = [{ ...asked, begun: OPENING }, { ...asked, begun: OPENING }, { ...asked, begun: OPENING }, asked];
  const lines = rows.map((row) => JSON.stringify(row)).join('\n');
  for (const name of ['file-t', 'file-v']) await at.store.put(KEYS.fileContent(name), new TextEncoder().encode(lines));
  expect(await runJob(at.deps, await leaseOf(at), never)).toBe('succeeded');
  const events = await at.jobs.eventsSince(await documentOf(at), 0, 1000);
  const metrics = events.find(({ type }) => type === 'metrics')?.data;
  expect(metrics).toMatchObject({ train_mean_reward: 0.75, full_valid_mean_reward: 0 });
  expect(metrics?.['prefix_tokens_mean']).toBeGreaterThan(0);
  expect(metrics?.['completion_tokens_mean']).toBeLessThanOrEqual(4);
  expect(metrics?.['max_logprob_mismatch']).toBeLessThan(1e-4);
});
