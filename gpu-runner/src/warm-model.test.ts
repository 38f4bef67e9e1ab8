import type { ModelRecord } from '@preheat/contracts';
import { afterAll, expect, it } from 'vitest';
import { HeldModels } from './held-models.js';
import { runJob } from './run-job.js';
import { executor, finalWeights, leaseOf, never, phases, world } from './test-kit/job-under-test.js';

const SHORT = { max_steps: 2, checkpoint_interval: 1, learning_rate: 0.01 };

afterAll(() => executor.dispose());

it.each([
  ['a whole model', {}],
  ['an adapter', { lora_rank: 2 }],
])('trains the same bits from what an earlier job left in memory, and leaves it as it was: %s', async (_, keys) => {
  const job = () => world({}, { phases: phases({ ...keys, ...SHORT }) });
  const [cold, warm] = [await job(), await job()];
  const { models, clock } = cold.deps;
  const reads: string[] = [];
  const counted = {
    load: (record: ModelRecord) => {
      reads.push(record.prefix);
      return models.load(record);
    },
  };
  const heldModels = new HeldModels(counted, { clock, budgetBytes: 1024 ** 3 });
  for (const at of [cold, warm]) {
    expect(await runJob({ ...at.deps, heldModels }, await leaseOf(at), never)).toBe('succeeded');
  }
  expect(reads).toEqual(['base/preheat-1m']);
  expect(await finalWeights(warm)).toEqual(await finalWeights(cold));
  const base = (await models.find('proj', 'preheat-1m')) as ModelRecord;
  expect((await heldModels.load(base)).tensors).toEqual((await models.load(base)).tensors);
});
