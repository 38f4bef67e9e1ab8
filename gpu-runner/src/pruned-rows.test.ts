/** A supervised job that leaves out the rows its model knows: planned, counted and resumed as a job of those that are left. */
import { afterAll, expect, it } from 'vitest';
import { runJob } from './run-job.js';
import { documentOf, executor, leaseOf, never, phases, runUntilStep, world } from './test-kit/job-under-test.js';

afterAll(() => executor.dispose());

it('trains on the share of the rows that prune_fraction leaves, also when another runner goes on', async () => {
  const [sft] = phases({}, false);
  const config = { ...sft?.config, prune_fraction: 0.5, batch_size: 4, n_epochs: 2, max_steps: 100 };
  const at = await world({}, { phases: [{ ...sft, config } as never] });
  expect(await runUntilStep(at, 'runner-1', 2)).toBe('released');
  expect(await runJob(at.deps, await leaseOf(at), never)).toBe('succeeded');
  const events = await at.jobs.eventsSince(await documentOf(at), 0, 1000);
  const steps = events.flatMap(({ type, data }) => (type === 'metrics' ? [data] : []));
  // 16 rows, of which 8 are left: two epochs of two steps.
  expect(steps.map((step) => [step?.['step'], step?.['total_steps'], step?.['kept_rows']])).toEqual([
    [1, 4, 8],
    [2, 4, 8],
    [3, 4, 8],
    [4, 4, 8],
  ]);
  expect(await documentOf(at)).toMatchObject({ progress: { step: 4, totalSteps: 4 } });
});
