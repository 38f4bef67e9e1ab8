/** Checkpoints whose bytes were damaged on disk: the job goes on from the one before, and ends as if nothing had happened. */
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FilesystemObjectStore } from '@preheat/adapters/filesystem';
import { systemClock } from '@preheat/adapters/system';
import { BundleError } from '@preheat/checkpoints';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runJob } from './run-job.js';
import {
  documentOf,
  executor,
  finalWeights,
  leaseOf,
  metricSteps,
  never,
  phases,
  runUntilStep,
  type World,
  world,
} from './test-kit/job-under-test.js';

let root: string;
let store: FilesystemObjectStore;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'preheat-damage-'));
  store = await FilesystemObjectStore.open(root, { clock: systemClock });
});
afterEach(async () => {
  await store.close();
  await rm(root, { recursive: true });
});
afterAll(() => executor.dispose());

async function fileOf(step: number, blob: string): Promise<string> {
  const files = await readdir(root, { recursive: true });
  const found = files.filter((path) => path.includes(`step-${step}+/`) && path.endsWith(blob)).sort();
  return join(root, found.at(-1) as string);
}

const DAMAGES = {
  'cut off': async (path: string) => truncate(path, (await readFile(path)).length - 100),
  'with other bytes': async (path: string) => {
    const bytes = await readFile(path);
    bytes.fill(0xff, bytes.length - 64);
    await writeFile(path, bytes);
  },
  'with a broken header': async (path: string) => {
    const bytes = await readFile(path);
    bytes.fill(0x7b, 0, 40);
    await writeFile(path, bytes);
  },
  gone: (path: string) => rm(path),
} as const;

/** Checkpoints at 1, 2 and 3. */
const job = () => ({ phases: phases({ max_steps: 3, checkpoint_interval: 1 }).slice(0, 1) });
const damagedWorld = (more: object = {}) => world({}, { ...job(), ...more }, store);

const damageEvents = async (at: World) => {
  const events = await at.jobs.eventsSince(await documentOf(at), 0, 1_000);
  return events.filter(({ data }) => data?.['kind'] === 'checkpoint_damaged').map(({ data }) => data);
};

let straight: Promise<Map<string, Float32Array>> | undefined;
const straightWeights = () =>
  (straight ??= (async () => {
    const at = await world({}, job());
    await runJob(at.deps, await leaseOf(at), never);
    return finalWeights(at);
  })());

describe('a damaged checkpoint', () => {
  it.each([
    ['cut off', 'model.safetensors', /has \d+ bytes, its manifest says \d+/],
    ['with other bytes', 'optimizer.safetensors', /has SHA-256 [0-9a-f]{64}, its manifest says/],
    ['with a broken header', 'model.safetensors', /has SHA-256/],
    ['gone', 'state.json', /not in the store/],
  ] as const)('%s: %s is named, and the job goes on from the one before', async (kind, blob, said) => {
    const at = await damagedWorld();
    expect(await runUntilStep(at, 'runner-1', 2)).toBe('released');
    const damaged = (await documentOf(at)).resume;
    expect(damaged?.step).toBe(2);
    await DAMAGES[kind](await fileOf(2, blob));

    expect(await runJob(at.deps, await leaseOf(at, 'runner-2'), never)).toBe('attempt-failed');
    expect(await documentOf(at)).toMatchObject({ state: 'queued', lease: null, resume: { step: 1 } });
    const [event] = await damageEvents(at);
    expect(event).toMatchObject({ step: 2, from_step: 1, object: `${damaged?.prefix}/${blob}` });
    expect(event?.['expected']).not.toEqual(event?.['actual']);
    const events = await at.jobs.events(await documentOf(at), { limit: 1 });
    expect(events.events[0]?.message).toMatch(said);
  });

  it('changes nothing of what the job logs and ends with', async () => {
    const at = await damagedWorld();
    await runUntilStep(at, 'runner-1', 2);
    await DAMAGES['cut off'](await fileOf(2, 'model.safetensors'));
    await runJob(at.deps, await leaseOf(at, 'runner-2'), never);
    expect(await runJob(at.deps, await leaseOf(at, 'runner-3'), never)).toBe('succeeded');
    expect(await metricSteps(at)).toEqual([1, 2, 3]);
    expect(await finalWeights(at)).toEqual(await straightWeights());
  });

  it('is stepped over with every other damaged one, to the beginning if need be', async () => {
    const at = await damagedWorld();
    await runUntilStep(at, 'runner-1', 2);
    await DAMAGES['cut off'](await fileOf(1, 'config.json'));
    await DAMAGES['cut off'](await fileOf(2, 'optimizer.safetensors'));
    await runJob(at.deps, await leaseOf(at, 'runner-2'), never);
    expect(await documentOf(at)).toMatchObject({ resume: null, checkpoints: [], state: 'queued' });
    expect(await runJob(at.deps, await leaseOf(at, 'runner-3'), never)).toBe('succeeded');
    expect(await finalWeights(at)).toEqual(await straightWeights());
  });

  it('fails the job by name when it is the one that the job starts from', async () => {
    const parent = await damagedWorld();
    await runUntilStep(parent, 'runner-1', 1);
    const start = await parent.deps.models.find('proj', (await documentOf(parent)).resume?.model as string);
    await parent.jobs.cancel('proj', parent.jobId);
    const at = await damagedWorld(start ? { startsFrom: start, model: start.name } : {});
    await DAMAGES['with other bytes'](await fileOf(1, 'model.safetensors'));
    expect(await runJob(at.deps, await leaseOf(at), never)).toBe('failed');
    const { error } = await documentOf(at);
    expect(error).toMatchObject({ code: 'model_damaged', message: expect.stringContaining('model.safetensors') });
  });

  it('is told of by whoever loads it, however it was damaged', async () => {
    const at = await damagedWorld();
    await runUntilStep(at, 'runner-1', 1);
    const record = await at.deps.models.find('proj', (await documentOf(at)).resume?.model as string);
    for (const damage of ['with a broken header', 'cut off'] as const) {
      await DAMAGES[damage](await fileOf(1, 'model.safetensors'));
      const error = await at.deps.models.load(record as never).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(BundleError);
      expect(error).toMatchObject({ damage: { object: `${record?.prefix}/model.safetensors` } });
    }
  });
});
