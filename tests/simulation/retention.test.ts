/**
 * What is referenced stays, and nothing else: judged after every act of many worlds, and once everything has ended. Without
 * respect for references the same worlds lose what somebody uses.
 */
import { bundlesOf, KEYS, TERMINAL_STATES } from '@preheat/contracts';
import { CounterRandom } from '@preheat/ports';
import { expect, it } from 'vitest';
import { RetentionWorld } from './retention-world.js';

const WORLDS = 50;
const ACTS = 60;

/** What somebody refers to and is not there. */
async function lost(world: RetentionWorld): Promise<string[]> {
  const [models, jobs, held] = [await world.models(), await world.jobs(), await world.namesHeld()];
  const keys = new Set(await world.keys('jobs/'));
  const live = models.filter(({ gone }) => !gone);
  const isWhole = (prefix: string) => keys.has(`${prefix}/weights`) && keys.has(`${prefix}/manifest.json`);
  const needed = new Map<string, string>();
  for (const record of live) for (const prefix of bundlesOf(record)) needed.set(prefix, `the model ${record.name}`);
  for (const job of jobs.filter(({ state }) => !TERMINAL_STATES.has(state))) {
    for (const { prefix } of job.resume ? [job.resume] : []) needed.set(prefix, `the resume of ${job.id}`);
    for (const { prefix, endsPhase } of job.checkpoints) if (endsPhase) needed.set(prefix, `a phase of ${job.id}`);
    for (const prefix of job.startsFrom ? bundlesOf(job.startsFrom) : []) needed.set(prefix, `the start of ${job.id}`);
  }
  const names = new Set(live.map(({ name }) => name));
  return [
    ...[...needed].filter(([prefix]) => !isWhole(prefix)).map(([prefix, by]) => `${prefix}, needed by ${by}`),
    ...held.filter((name) => !names.has(name)).map((name) => `${name}, which an alias or a run holds`),
  ];
}

/** What nobody refers to and is there all the same, after everything has ended. */
async function left(world: RetentionWorld): Promise<string[]> {
  const [models, jobs] = [await world.models(), await world.jobs()];
  const live = models.filter(({ gone }) => !gone);
  const prefixes = new Set(live.flatMap(bundlesOf));
  const bundles = (await world.keys('jobs/')).filter((key) => key.includes('/attempts/'));
  const orphans = bundles.filter((key) => !prefixes.has(key.slice(0, key.lastIndexOf('/'))));
  const marks = (await world.keys('index/users/')).filter(
    (key) => ![...prefixes].some((prefix) => key.startsWith(KEYS.users(prefix))),
  );
  const untold = models.filter(({ gone }) => gone && gone.reason !== 'expired').map(({ name }) => name);
  const names = new Set(live.map(({ name }) => name));
  const unnamed = jobs.flatMap(({ checkpoints }) => checkpoints).filter(({ model }) => !names.has(model));
  return [...orphans, ...marks, ...untold, ...unnamed.map(({ model }) => `${model} is listed`)];
}

async function play(seed: number, pieces: ConstructorParameters<typeof RetentionWorld>[1] = {}): Promise<string[]> {
  const world = new RetentionWorld(CounterRandom.fromSeed(`retention ${seed}`), pieces);
  for (let act = 0; act < ACTS; act++) {
    await world.act();
    const wrong = await lost(world);
    if (wrong.length > 0) return wrong.map((what) => `seed ${seed}, act ${act}: ${what}`);
  }
  await world.settle();
  return [...(await lost(world)), ...(await left(world))].map((what) => `seed ${seed}, at the end: ${what}`);
}

it('keeps what anything refers to, and nothing else', async () => {
  const wrong: string[] = [];
  for (let seed = 0; seed < WORLDS; seed++) wrong.push(...(await play(seed)));
  expect(wrong.slice(0, 5)).toEqual([]);
});

it('would lose what is used if references were not respected', async () => {
  const wrong: string[] = [];
  for (let seed = 0; seed < WORLDS && wrong.length === 0; seed++)
    wrong.push(...(await play(seed, { isUsed: () => false })));
  expect(wrong[0]).toMatch(/needed by|holds/);
});

it('keeps the best of each phase and the last, and no other checkpoint, while the job is still at work', async () => {
  const world = new RetentionWorld(CounterRandom.fromSeed('kept'));
  await world.trainAlone([0.1, 0.9, 0.4, 0.2, null, 0.3, 0.8, 0.5], { keepBest: 2 });
  await world.collect();
  const [job] = await world.jobs();
  expect(job?.state).toBe('running');
  expect(job?.checkpoints.map(({ step }) => step)).toEqual([2, 3, 4, 7, 8]);
  const live = (await world.models()).filter(({ gone }) => !gone);
  expect(live.map(({ name }) => Number(/step-(\d+)$/.exec(name)?.[1])).sort()).toEqual([2, 3, 4, 7, 8]);
  const bundles = (await world.keys('jobs/')).flatMap((key) => /step-(\d+)\/weights$/.exec(key)?.[1] ?? []);
  expect(bundles.map(Number).sort()).toEqual([2, 3, 4, 7, 8]);
});
