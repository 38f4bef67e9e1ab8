/** Jobs that start from a checkpoint of another job: whole models and adapters. */
import { MemoryObjectStore } from '@preheat/adapters/memory';
import { systemClock } from '@preheat/adapters/system';
import { decodeSafetensors, openBundle } from '@preheat/checkpoints';
import { KEYS, type ModelRecord } from '@preheat/contracts';
import { afterAll, expect, it } from 'vitest';
import { runJob } from './run-job.js';
import { documentOf, executor, leaseOf, never, phases, type World, world } from './test-kit/job-under-test.js';

afterAll(() => executor.dispose());

const SHORT = { max_steps: 2, checkpoint_interval: 1, learning_rate: 0.01 };

/** A parent that trained to its end, and the record of its first checkpoint. */
async function parent(keys: Record<string, unknown>) {
  const store = new MemoryObjectStore({ clock: systemClock });
  const [sft] = phases({ ...keys, ...SHORT });
  const at = await world({}, { phases: sft ? [sft] : [] }, store);
  expect(await runJob(at.deps, await leaseOf(at), never)).toBe('succeeded');
  const [checkpoint] = (await documentOf(at)).checkpoints;
  const start = (await at.deps.models.find('proj', checkpoint?.model ?? '')) as ModelRecord;
  return { store, start };
}

const parents = new Map<string, ReturnType<typeof parent>>();
/** Several jobs start from each. */
function parentWith(keys: Record<string, unknown>): ReturnType<typeof parent> {
  const key = JSON.stringify(keys);
  const made = parents.get(key) ?? parent(keys);
  parents.set(key, made);
  return made;
}

/** A job of the RL phase alone that starts from the record, although nobody knows its name any more. */
async function forked(store: MemoryObjectStore, start: ModelRecord, keys: Record<string, unknown>): Promise<World> {
  const [, rl] = phases({ ...keys, ...SHORT }, false, { kl_beta: 0.5 });
  const fork = rl ? [{ ...rl, reference: 'job_start' as const }] : [];
  const at = await world({}, { phases: fork, model: start.name, startsFrom: start }, store);
  await store.delete(KEYS.model('proj', start.name));
  expect(await runJob(at.deps, await leaseOf(at), never)).toBe('succeeded');
  return at;
}

async function referenceKls(at: World): Promise<number[]> {
  const events = await at.jobs.eventsSince(await documentOf(at), 0, 1_000);
  return events.filter(({ type }) => type === 'metrics').map(({ data }) => Number(data?.['reference_kl']));
}

async function adapterAt(store: MemoryObjectStore, prefix: string): Promise<Map<string, { data: Float32Array }>> {
  const bundle = await openBundle(store, prefix);
  return decodeSafetensors(await bundle.read('adapter_model.safetensors')).tensors;
}

it('a fork of a whole model is held to the checkpoint that it started from, to its end', async () => {
  const { store, start } = await parentWith({});
  const at = await forked(store, start, {});
  const [first, ...later] = await referenceKls(at);
  expect(first).toBeLessThan(1e-6);
  expect(Math.max(...later)).toBeGreaterThan(1e-9);
  const document = await documentOf(at);
  expect(document.fineTunedModel).toMatch(/^ft:preheat-1m:proj:demo:[^:]+$/);
  expect(document.checkpoints.map(({ needs }) => needs ?? [])).toEqual([[], []]);
});

it('a fork that trains an adapter on a checkpoint needs its bundle, and says so on every model it makes', async () => {
  const { store, start } = await parentWith({});
  const at = await forked(store, start, { lora_rank: 4 });
  expect((await referenceKls(at))[0]).toBeLessThan(1e-6);
  const { checkpoints, fineTunedModel } = await documentOf(at);
  expect(checkpoints.map(({ needs }) => needs)).toEqual([[start.prefix], [start.prefix]]);
  expect(await at.deps.models.find('proj', fineTunedModel as string)).toMatchObject({ needs: [start.prefix] });
});

it('a fork of an adapter goes on with it where the settings agree, on the same base', async () => {
  const { store, start } = await parentWith({ lora_rank: 4 });
  const at = await forked(store, start, { lora_rank: 4 });
  expect((await referenceKls(at))[0]).toBeLessThan(1e-6);
  const [first] = (await documentOf(at)).checkpoints;
  const known = await at.deps.models.adapterOf({ ...start, prefix: first?.prefix ?? '' });
  expect(known?.base).toMatchObject({ name: 'preheat-1m', kind: 'base' });
  expect(first?.needs).toEqual([]);
  const [before, after] = [await adapterAt(store, start.prefix), await adapterAt(store, first?.prefix ?? '')];
  expect([...after.keys()]).toEqual([...before.keys()]);
});

it('a fork of an adapter with other settings trains a new one on the two of them', async () => {
  const { store, start } = await parentWith({ lora_rank: 4 });
  const at = await forked(store, start, { lora_rank: 2 });
  expect((await referenceKls(at))[0]).toBeLessThan(1e-6);
  expect((await documentOf(at)).checkpoints.map(({ needs }) => needs)).toEqual([[start.prefix], [start.prefix]]);
});
