import { MemoryObjectStore } from '@preheat/adapters/memory';
import { systemClock } from '@preheat/adapters/system';
import type { ModelRecord } from '@preheat/contracts';
import type { LoadedModel } from '@preheat/inference/model-registry';
import { createHash } from 'node:crypto';
import { afterAll, expect, it } from 'vitest';
import { type AnyRecipe, RUNTIMES } from '@preheat/recipes';
import { compareGraphs } from './compare-graphs.js';
import { HeldModels } from './held-models.js';
import { runJob } from './run-job.js';
import { executor, finalWeights, leaseOf, never, phases, world } from './test-kit/job-under-test.js';

const SHORT = { max_steps: 2, checkpoint_interval: 1, learning_rate: 0.01 };

afterAll(() => executor.dispose());

it.each([
  ['a whole model', {}],
  ['an adapter', { lora_rank: 2 }],
])('trains the same bits from what an earlier job left in memory, and leaves it as it was: %s', async (_, keys) => {
  const store = new MemoryObjectStore({ clock: systemClock });
  const job = () => world({}, { phases: phases({ ...keys, ...SHORT }) }, store);
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
  // Beside the base, each job reads its own checkpoints.
  expect(reads.filter((prefix) => !prefix.startsWith('jobs/'))).toEqual(['base/preheat-1m']);
  expect(bitsOf(await finalWeights(warm))).toEqual(bitsOf(await finalWeights(cold)));
  const base = (await models.find('proj', 'preheat-1m')) as ModelRecord;
  expect(dataOf(await heldModels.load(base))).toEqual(dataOf(await models.load(base)));
});

it.each([
  ['a whole model', {}],
  ['an adapter', { lora_rank: 2 }],
])('makes room for the trained model before it is read for its export: %s', async (_, keys) => {
  const at = await world({}, { phases: phases({ ...keys, ...SHORT }).slice(0, 1) });
  const { models, clock } = at.deps;
  const keptWhileReading: number[] = [];
  const watched = {
    load: (record: ModelRecord) => {
      if (record.jobId === at.jobId) keptWhileReading.push(heldModels.list.length);
      return models.load(record);
    },
  };
  // What the job starts from is more than that, and kept until something else is read.
  const heldModels = new HeldModels(watched, { clock, budgetBytes: 1024 });
  expect(await runJob({ ...at.deps, heldModels }, await leaseOf(at), never)).toBe('succeeded');
  expect(keptWhileReading).toEqual([0]);
});

it('holds no base that exceeds the budget while it compares what it trained', async () => {
  const at = await world({}, { phases: phases(SHORT).slice(0, 1) });
  const { models, clock } = at.deps;
  const heldModels = new HeldModels(models, { clock, budgetBytes: 0 });
  const held: boolean[] = [];
  const compare: typeof compareGraphs = async (...args) => {
    held.push(heldModels.holds('base/preheat-1m'));
    return compareGraphs(...args);
  };
  const sft = RUNTIMES['sft'] as AnyRecipe;
  const init: AnyRecipe['init'] = (context) => {
    held.push(heldModels.holds('base/preheat-1m'));
    return sft.init(context);
  };
  const deps = { ...at.deps, heldModels, compareGraphs: compare, recipes: { sft: { ...sft, init } } };
  expect(await runJob(deps, await leaseOf(at), never)).toBe('succeeded');
  expect(held).toEqual([true, false]);
});

/** A digest of each tensor: comparing them number by number takes longer than training. */
function bitsOf(weights: ReadonlyMap<string, Float32Array>): Record<string, string> {
  const digests = [...weights].map(([name, data]) => [name, createHash('sha256').update(data).digest('hex')]);
  return Object.fromEntries(digests) as Record<string, string>;
}

const dataOf = ({ tensors }: LoadedModel): Record<string, string> =>
  bitsOf(new Map([...tensors].map(([name, { data }]) => [name, data])));
