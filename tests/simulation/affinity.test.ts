/**
 * Production runner loops on one queue: jobs find the runner that holds their model, whoever hears of them first, and none waits
 * for one that does not come.
 */
import { MemoryObjectStore, MemoryWorkQueue } from '@preheat/adapters/memory';
import { KEYS, type ModelRecord, TERMINAL_STATES } from '@preheat/contracts';
import { GraderPool } from '@preheat/graders';
import { type LoadedModel, ModelRegistry } from '@preheat/inference/model-registry';
import { JobStore, RunnerRegistry } from '@preheat/jobs';
import { type JsonValue, VirtualClock } from '@preheat/ports';
import { describe, expect, it } from 'vitest';
import { jsonl, SFT_ROWS } from '../../functions/src/test-kit/rows.js';
import { TINY_MODELS } from '../../functions/src/test-kit/tiny-models.js';
import { HeldModels } from '../../gpu-runner/src/held-models.js';
import type { RunnerDependencies } from '../../gpu-runner/src/runner-dependencies.js';
import { runnerLoop } from '../../gpu-runner/src/runner-loop.js';
import { CountingIds, identity, newJob, quietLog } from './job-world.js';
import { lightRecipe } from './world/light-recipe.js';

const LOAD_MS = 38_000;
const STEP_MS = 1_000;
const HELD_BYTES = 1024 ** 3;

/** Base models are read slowly, and each read is counted. */
class SlowModels extends ModelRegistry {
  readonly #farm: Farm;
  readonly #runnerId: string;

  constructor(farm: Farm, runnerId: string) {
    super(farm.store, TINY_MODELS);
    this.#farm = farm;
    this.#runnerId = runnerId;
  }

  override async load(record: ModelRecord): Promise<LoadedModel> {
    if (record.kind === 'base') {
      this.#farm.reads.push(`${this.#runnerId} ${record.name}`);
      await this.#farm.clock.sleep(LOAD_MS);
    }
    return super.load(record);
  }
}

class Farm {
  readonly clock = new VirtualClock();
  readonly store = new MemoryObjectStore({ clock: this.clock });
  readonly queue = new MemoryWorkQueue<JsonValue>({ clock: this.clock });
  readonly ports = { store: this.store, queue: this.queue, clock: this.clock, ids: new CountingIds(), log: quietLog };
  readonly jobs = new JobStore(this.ports);
  readonly models = new ModelRegistry(this.store, TINY_MODELS);
  /** Reads of models, as `runner model`. */
  readonly reads: string[] = [];
  readonly #shutdown = new AbortController();
  readonly #loops: Promise<void>[] = [];

  /** @param hasAffinity Else it keeps no model. */
  start(runnerId: string, hasAffinity = true): void {
    const models = new SlowModels(this, runnerId);
    const heldModels = new HeldModels(models, { clock: this.clock, budgetBytes: HELD_BYTES });
    const deps: RunnerDependencies = {
      ...{ ...this.ports, runnerId, jobs: this.jobs, rolloutWorkers: 0, leaseTtlMs: 60_000, models },
      ...(hasAffinity ? { heldModels } : {}),
      executor: { name: 'simulated', detail: 'no computation' } as never,
      graders: new GraderPool({ services: {}, clock: this.clock }),
      recipes: { sft: lightRecipe({ clock: this.clock, stepMaxMs: STEP_MS, during: async () => undefined }) },
      compareGraphs: async () => ({ rows: 0, tokens: 0, maxLogProbDifference: 0, bound: 1e-3 }),
    };
    const protection = { set: async () => undefined };
    this.#loops.push(runnerLoop(deps, { shutdown: this.#shutdown.signal, protection, exitWhenIdle: false }));
  }

  async submit(model: string): Promise<string> {
    await this.store.put(KEYS.fileContent('file-a'), new TextEncoder().encode(jsonl(SFT_ROWS)));
    const startsFrom = await this.models.find('proj-a', model);
    if (!startsFrom) throw new Error(`there is no ${model}`);
    const config = { batch_size: 2, n_epochs: 1, max_steps: 2, checkpoint_interval: 2 };
    const phases = newJob.phases.map((phase) => ({ ...phase, config }));
    const outcome = await this.jobs.create({ ...newJob, model, startsFrom, phases }, identity());
    if (!outcome.ok) throw new Error(outcome.reason);
    return outcome.job.id;
  }

  /** Until the job has ended; returns its runner. */
  async ended(jobId: string): Promise<string> {
    for (let second = 0; second < 600; second++) {
      const job = (await this.jobs.read(jobId))?.document;
      if (job && TERMINAL_STATES.has(job.state)) {
        expect(job.state).toBe('succeeded');
        const [started] = (await this.jobs.eventsSince(job, 0, 100)).filter(({ data }) => data?.['kind'] === 'started');
        return /Runner (\S+) started/.exec(started?.message ?? '')?.[1] ?? '';
      }
      await this.clock.advance(1_000);
    }
    throw new Error(`${jobId} does not end`);
  }

  async stop(): Promise<void> {
    this.#shutdown.abort('SIGTERM');
    await this.clock.run(Promise.all(this.#loops));
  }
}

const [M1, M4] = ['preheat-1m', 'preheat-4m'];

describe('runners of one queue', () => {
  it.each([
    [true, 2],
    [false, 8],
  ])('read each model once where they keep them (%s)', async (hasAffinity, reads) => {
    const farm = new Farm();
    farm.start('r1', hasAffinity);
    farm.start('r2', hasAffinity);
    const first = [await farm.submit(M1), await farm.submit(M4)];
    const home = [await farm.ended(first[0] as string), await farm.ended(first[1] as string)];
    expect(new Set(home).size).toBe(2);
    // Whoever is told first is as often the wrong one.
    for (const model of [M1, M1, M4, M1, M4, M4]) {
      const runner = await farm.ended(await farm.submit(model));
      if (hasAffinity) expect(runner).toBe(home[model === M1 ? 0 : 1]);
      await farm.clock.advance(5_000);
    }
    expect(farm.reads).toHaveLength(reads);
    await farm.stop();
  });

  it('wait for one that says it is free and is gone no longer than reading the model takes', async () => {
    const farm = new Farm();
    const nowMs = farm.clock.nowMs();
    await new RunnerRegistry(farm.ports).write({
      ...{ schemaVersion: 2, id: 'gone', runnerClass: 'local', startedAtMs: nowMs, writtenAtMs: nowMs },
      ...{ expiresAtMs: nowMs + 180_000, job: null },
      warmModels: [{ model: M1, prefix: `base/${M1}`, loadMs: LOAD_MS }],
    });
    farm.start('r1');
    await farm.clock.advance(1_000);
    const job = await farm.submit(M1);
    await farm.clock.advance(LOAD_MS - 1);
    expect((await farm.jobs.read(job))?.document.state).toBe('queued');
    await farm.clock.advance(2_000);
    expect((await farm.jobs.read(job))?.document.lease?.runnerId).toBe('r1');
    expect(await farm.ended(job)).toBe('r1');
    await farm.stop();
  });
});
