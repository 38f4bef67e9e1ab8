/** Phases that are alike do not repeat each other. */
import { afterAll, expect, it } from 'vitest';
import { phaseSeed } from './phase-seed.js';
import { runJob } from './run-job.js';
import {
  documentOf,
  executor,
  leaseOf,
  never,
  phases,
  runUntilStep,
  type World,
  world,
} from './test-kit/job-under-test.js';

afterAll(() => executor.dispose());

/** So little that the loss of a step says which rows it saw. */
const STILL = { learning_rate: 1e-12, lora_rank: 2, lora_dropout: 0 };
const [sft] = phases(STILL);
if (!sft) throw new Error('there is a supervised phase');

/** The losses of the steps of either phase. */
async function losses(at: World): Promise<number[][]> {
  const events = await at.jobs.eventsSince(await documentOf(at), 0, 1000);
  const steps = events.filter(({ type }) => type === 'metrics').map(({ data }) => data ?? {});
  const of = (phase: number) => steps.filter((data) => data['phase'] === phase);
  return [0, 1].map((phase) => of(phase).map((data) => Number(Number(data['train_loss']).toFixed(4))));
}

it('two phases alike see their rows in orders of their own; the first one sees them as a job of it alone', async () => {
  const [both, alone] = [await world({}, { phases: [sft, sft] }), await world({}, { phases: [sft] })];
  for (const at of [both, alone]) expect(await runJob(at.deps, await leaseOf(at), never)).toBe('succeeded');
  const [first, second] = await losses(both);
  expect(first).toHaveLength(6);
  expect(second).toHaveLength(6);
  expect(second).not.toEqual(first);
  expect((await losses(alone))[0]).toEqual(first);

  const stopped = await world({}, { phases: [sft, sft] });
  expect(await runUntilStep(stopped, 'runner-1', 8)).toBe('released');
  expect(await runJob(stopped.deps, await leaseOf(stopped, 'runner-2'), never)).toBe('succeeded');
  expect(await losses(stopped)).toEqual([first, second]);
});

it('every phase has a seed of its own, the same in every attempt', () => {
  const seeds = [0, 1, 2, 3].map((phase) => phaseSeed(7, phase));
  expect(seeds[0]).toBe(7);
  expect(new Set(seeds).size).toBe(4);
  expect([0, 1, 2, 3].map((phase) => phaseSeed(7, phase))).toEqual(seeds);
  expect(phaseSeed(8, 1)).not.toBe(seeds[1]);
});
