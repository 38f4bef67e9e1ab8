/** Production runner loops while capacity is held: nothing is started, what runs ends as the hold says, and nothing is lost by either. */
import { MemoryObjectStore, MemoryWorkQueue } from '@preheat/adapters/memory';
import { type CapacityHold, type HeldJobs, type JobDocument, KEYS } from '@preheat/contracts';
import { GraderPool } from '@preheat/graders';
import { ModelRegistry } from '@preheat/inference/model-registry';
import { CapacityHolds, JobStore } from '@preheat/jobs';
import { type JsonValue, VirtualClock } from '@preheat/ports';
import { afterEach, describe, expect, it } from 'vitest';
import { jsonl, SFT_ROWS } from '../../functions/src/test-kit/rows.js';
import { TINY_MODELS } from '../../functions/src/test-kit/tiny-models.js';
import type { RunnerDependencies } from '../../gpu-runner/src/runner-dependencies.js';
import { runnerLoop } from '../../gpu-runner/src/runner-loop.js';
import { WarmStay } from '../../gpu-runner/src/warm-stay.js';
import { CountingIds, identity, newJob, quietLog } from './job-world.js';
import { lightRecipe } from './world/light-recipe.js';

const STEPS = 40;
const STEP_MS = 10_000;
/** Of all steps, and of a look of the runner. */
const LONG_ENOUGH_MS = STEPS * STEP_MS + 60_000;
const MINUTE_MS = 60_000;
const LEASE_TTL_MS = 60_000;

class Farm {
  readonly clock = new VirtualClock();
  readonly store = new MemoryObjectStore({ clock: this.clock });
  readonly queue = new MemoryWorkQueue<JsonValue>({ clock: this.clock });
  readonly ports = { store: this.store, queue: this.queue, clock: this.clock, ids: new CountingIds(), log: quietLog };
  readonly jobs = new JobStore(this.ports);
  readonly holds = new CapacityHolds(this.ports);
  /** What ECS was asked for last. */
  isProtected = false;
  hasEnded = false;
  readonly #shutdown = new AbortController();
  #loop: Promise<void> | undefined;

  start({ stepMs = STEP_MS, ...options }: { exitWhenIdle?: boolean; stepMs?: number } = {}): void {
    const deps: RunnerDependencies = {
      ...{ ...this.ports, runnerId: 'r1', jobs: this.jobs, rolloutWorkers: 0, leaseTtlMs: LEASE_TTL_MS },
      models: new ModelRegistry(this.store, TINY_MODELS),
      executor: { name: 'simulated', detail: 'no computation' } as never,
      graders: new GraderPool({ services: {}, clock: this.clock }),
      recipes: { sft: lightRecipe({ clock: this.clock, stepMaxMs: stepMs, during: async () => undefined }) },
      compareGraphs: async () => ({ rows: 0, tokens: 0, maxLogProbDifference: 0, bound: 1e-3 }),
    };
    const protection = { set: async (isProtected: boolean) => void (this.isProtected = isProtected) };
    const shutdown = this.#shutdown.signal;
    const loop = runnerLoop(deps, { shutdown, protection, stay: new WarmStay(deps), exitWhenIdle: false, ...options });
    this.#loop = loop.then(() => void (this.hasEnded = true));
  }

  async submit(): Promise<string> {
    await this.store.put(KEYS.fileContent('file-a'), new TextEncoder().encode(jsonl(SFT_ROWS)));
    const startsFrom = await new ModelRegistry(this.store, TINY_MODELS).find('proj-a', 'preheat-1m');
    if (!startsFrom) throw new Error('there is no model');
    const config = { batch_size: 2, n_epochs: STEPS, max_steps: STEPS, checkpoint_interval: STEPS };
    const phases = newJob.phases.map((phase) => ({ ...phase, config }));
    const outcome = await this.jobs.create({ ...newJob, startsFrom, phases }, identity());
    if (!outcome.ok) throw new Error(outcome.reason);
    return outcome.job.id;
  }

  async hold(running: HeldJobs, more: Partial<CapacityHold> = {}): Promise<void> {
    await this.holds.set({ sinceMs: this.clock.nowMs(), untilMs: null, reason: 'spent', running, ...more });
  }

  async job(id: string): Promise<JobDocument> {
    const stored = await this.jobs.read(id);
    if (!stored) throw new Error(`there is no ${id}`);
    return stored.document;
  }

  async stepsOf(id: string): Promise<number[]> {
    const events = await this.jobs.eventsSince(await this.job(id), 0, 1000);
    return events.filter(({ type }) => type === 'metrics').map(({ data }) => Number(data?.['pipeline_step']));
  }

  async stop(): Promise<void> {
    this.#shutdown.abort('SIGTERM');
    if (this.#loop) await this.clock.run(this.#loop);
  }
}

let farm: Farm;
afterEach(() => farm.stop());

describe('while capacity is held', () => {
  it('a runner takes no job, gives its machine up, and takes what waits once the hold is lifted', async () => {
    farm = new Farm();
    await farm.hold('finish');
    const id = await farm.submit();
    farm.start();
    farm.isProtected = true;
    await farm.clock.advance(LONG_ENOUGH_MS);
    expect([(await farm.job(id)).state, farm.isProtected]).toEqual(['queued', false]);
    await farm.holds.lift('operator');
    await farm.clock.advance(LONG_ENOUGH_MS);
    expect(await farm.job(id)).toMatchObject({ state: 'succeeded', attempts: 0 });
  });

  it('a runner that waits already takes no job that comes then', async () => {
    farm = new Farm();
    farm.start();
    await farm.clock.advance(MINUTE_MS + 5_000);
    await farm.hold('finish');
    const id = await farm.submit();
    await farm.clock.advance(LONG_ENOUGH_MS);
    expect((await farm.job(id)).state).toBe('queued');
  });

  it('a job that runs is given back with a checkpoint, and ends as if nothing had been', async () => {
    farm = new Farm();
    const id = await farm.submit();
    farm.start();
    await farm.clock.advance(MINUTE_MS);
    expect((await farm.job(id)).state).toBe('running');
    await farm.hold('checkpoint');
    await farm.clock.advance(MINUTE_MS);
    const left = await farm.job(id);
    expect(left).toMatchObject({ state: 'queued', attempts: 0, lease: null });
    expect(left.resume?.step).toBeGreaterThan(0);
    expect(left.resume?.step).toBe((await farm.stepsOf(id)).at(-1));
    const events = await farm.jobs.eventsSince(left, 0, 1000);
    expect(events.map(({ message }) => message).join('\n')).toContain('no job runs: spent');
    await farm.holds.lift('operator');
    await farm.clock.advance(LONG_ENOUGH_MS);
    expect((await farm.job(id)).state).toBe('succeeded');
    expect(await farm.stepsOf(id)).toEqual(Array.from({ length: STEPS }, (_, step) => step + 1));
  });

  it('a job whose steps outlast the patience of a shutdown ends the one it is in, and loses nothing', async () => {
    farm = new Farm();
    const id = await farm.submit();
    const stepMs = 5 * MINUTE_MS;
    farm.start({ stepMs });
    // In the first half of the third step after the start, where a shutdown would make it yield.
    await farm.clock.advance(MINUTE_MS + 3 * stepMs);
    expect(await farm.stepsOf(id)).toEqual([1, 2]);
    await farm.hold('checkpoint');
    await farm.clock.advance(stepMs / 2);
    expect((await farm.job(id)).state).toBe('running');
    await farm.clock.advance(stepMs);
    expect(await farm.job(id)).toMatchObject({ state: 'queued', attempts: 0, lease: null, resume: { step: 3 } });
    expect(await farm.stepsOf(id)).toEqual([1, 2, 3]);
  });

  it('a job that runs is left within the patience of a shutdown that comes after the hold', async () => {
    farm = new Farm();
    const id = await farm.submit();
    const stepMs = 5 * MINUTE_MS;
    farm.start({ stepMs });
    await farm.clock.advance(2 * stepMs + MINUTE_MS);
    await farm.hold('checkpoint');
    await farm.clock.advance(MINUTE_MS);
    expect((await farm.job(id)).state).toBe('running');
    const toldMs = farm.clock.nowMs();
    await farm.stop();
    expect(farm.clock.nowMs() - toldMs).toBeLessThanOrEqual(LEASE_TTL_MS / 3);
    expect(await farm.job(id)).toMatchObject({ state: 'queued', lease: null, resume: { step: 1 } });
  });

  it('a job that runs goes on to its end where the hold says so, and is the last', async () => {
    farm = new Farm();
    const id = await farm.submit();
    farm.start();
    await farm.clock.advance(MINUTE_MS);
    expect((await farm.job(id)).state).toBe('running');
    await farm.hold('finish');
    const next = await farm.submit();
    await farm.clock.advance(2 * LONG_ENOUGH_MS);
    expect([(await farm.job(id)).state, (await farm.job(next)).state]).toEqual(['succeeded', 'queued']);
    expect(farm.isProtected).toBe(false);
  });

  it('a runner leaves where runners leave by themselves', async () => {
    farm = new Farm();
    farm.start({ exitWhenIdle: true });
    await farm.clock.advance(MINUTE_MS);
    expect(farm.hasEnded).toBe(false);
    await farm.hold('finish');
    await farm.clock.advance(MINUTE_MS);
    expect(farm.hasEnded).toBe(true);
  });
});

it.each(['{', '{"schemaVersion":1}'])('a hold that reads %j holds nothing', async (text) => {
  farm = new Farm();
  await farm.store.put(KEYS.hold, new TextEncoder().encode(text));
  const id = await farm.submit();
  farm.start();
  await farm.clock.advance(LONG_ENOUGH_MS);
  expect((await farm.job(id)).state).toBe('succeeded');
});
