/**
 * The production job machine under seeded faults: a store that loses answers, a queue that loses and repeats messages,
 * runners that crash or sleep past their lease. What must hold is checked at every step and at the end.
 */
import { MemoryObjectStore, MemoryWorkQueue } from '@preheat/adapters/memory';
import { type JobDocument, TERMINAL_STATES } from '@preheat/contracts';
import { JobStore, type JobStoreDependencies, LeasedJob, LostLeaseError, sweepJobs } from '@preheat/jobs';
import { type JsonValue, type Random, UnknownOutcomeError } from '@preheat/ports';
import { FaultyQueue, FaultyStore, runSeeds, type Simulation, StoreUnavailableError } from '@preheat/simulator';
import { expect, it } from 'vitest';
import { checkpointAt, identity, newJob } from './job-world.js';

const SEEDS = 150;
const JOBS = 3;
const STEPS = 8;
const LEASE_TTL_MS = 10_000;
/** Virtual time after which faults stop, and until which everything must have ended. */
const CALM_AFTER_MS = 10 * 60_000;
const GIVE_UP_AFTER_MS = 3 * 3_600_000;

interface World {
  readonly sim: Simulation;
  readonly deps: JobStoreDependencies;
  readonly jobs: JobStore;
  /** Ground truth without faults. */
  readonly truth: JobStore;
  /** Steps of successful checkpoints by job, in order of epoch and time. */
  readonly checkpoints: Map<string, { epoch: number; step: number }[]>;
  readonly finishes: Map<string, number>;
  readonly submitted: string[];
  readonly isOver: () => boolean;
}

function createWorld(sim: Simulation): World {
  const { clock, random, ids, log } = sim;
  const inner = new MemoryObjectStore({ clock });
  const storeFaults = {
    latencyMaxMs: 80,
    conflict: 0.05,
    timeoutBeforeCommit: 0.04,
    timeoutAfterCommit: 0.04,
    lateCommit: 0.02,
    lateCommitMaxMs: 3_000,
    unavailable: 0.03,
  };
  const store = new FaultyStore(inner, { clock, random: random.fork('store'), faults: storeFaults, log });
  const queueFaults = { loss: 0.2, duplicate: 0.2, delay: 0.3, delayMaxMs: 20_000, reorder: 0.3, lostDelete: 0.2 };
  const queue = new FaultyQueue(new MemoryWorkQueue<JsonValue>({ clock }), {
    random: random.fork('queue'),
    faults: queueFaults,
    log,
  });
  const deps = { store, queue, clock, ids, log };
  return {
    sim,
    deps,
    jobs: new JobStore(deps),
    truth: new JobStore({ ...deps, store: inner }),
    checkpoints: new Map(),
    finishes: new Map(),
    submitted: [],
    isOver: () => clock.nowMs() > Date.UTC(2020, 0, 1) + GIVE_UP_AFTER_MS,
  };
}

const isPassing = (error: unknown) => error instanceof UnknownOutcomeError || error instanceof StoreUnavailableError;

/** As an official client: retries, saying so, until it is answered. */
async function submit({ jobs, deps, submitted }: World, index: number): Promise<string> {
  for (let retry = 0; ; retry++) {
    try {
      const outcome = await jobs.create(newJob, identity({ bodyDigest: `body${index}`, isRetry: retry > 0 }));
      if (outcome.ok) {
        submitted.push(outcome.job.id);
        return outcome.job.id;
      }
    } catch (error) {
      if (!isPassing(error)) throw error;
    }
    await deps.clock.sleep(500);
  }
}

async function runner(world: World, name: string, random: Random): Promise<void> {
  const { deps, isOver } = world;
  while (!isOver()) {
    const [delivery] = await deps.queue.receive({ maxMessages: 1, waitMs: 5_000, visibilityTimeoutMs: 30_000 });
    if (!delivery) continue;
    const { jobId } = delivery.message as { jobId: string };
    try {
      const leased = await LeasedJob.acquire({ ...deps, jobs: world.jobs }, jobId, name, LEASE_TTL_MS);
      await deps.queue.delete(delivery.receipt);
      if (leased) await train(world, leased, random);
    } catch (error) {
      // What a real runner does: give the attempt up and go on with the next message.
      if (!isPassing(error) && !(error instanceof LostLeaseError)) throw error;
    }
  }
}

async function train(world: World, leased: LeasedJob, random: Random): Promise<void> {
  const { clock } = world.deps;
  const isCalm = () => clock.nowMs() > Date.UTC(2020, 0, 1) + CALM_AFTER_MS;
  const { id } = leased.job;
  for (let step = (leased.job.resume?.step ?? 0) + 1; step <= STEPS; step++) {
    await clock.sleep(1_000 + random.int(1_500));
    if (!isCalm() && random.float() < 0.08) return; // crash: no release
    if (!isCalm() && random.float() < 0.08) await clock.sleep(2 * LEASE_TTL_MS); // a pause longer than the lease
    leased.record({
      level: 'info',
      type: 'metrics',
      message: `step ${step}`,
      data: { step, epoch: leased.lease.epoch },
    });
    if (step % 2 === 0) {
      await leased.checkpoint(checkpointAt(step, step === STEPS));
      const seen = world.checkpoints.get(id) ?? [];
      world.checkpoints.set(id, [...seen, { epoch: leased.lease.epoch, step }]);
    } else {
      await leased.heartbeat();
    }
    if (leased.isPausing && step % 2 === 0) return leased.release();
  }
  await leased.succeed('ft:done');
  world.finishes.set(id, (world.finishes.get(id) ?? 0) + 1);
}

/** Pauses and resumes jobs at random, so that somebody writes between a lost answer and its read-back. */
async function user(world: World, random: Random): Promise<void> {
  const { deps, jobs, submitted, isOver } = world;
  while (!isOver()) {
    await deps.clock.sleep(300 + random.int(2_000));
    const id = submitted[random.int(Math.max(1, submitted.length))];
    if (id === undefined) continue;
    try {
      await jobs.pause('proj-a', id);
      await deps.clock.sleep(random.int(1_500));
      await resumeSurely(world, id);
    } catch (error) {
      if (!isPassing(error)) throw error;
    }
  }
}

async function resumeSurely({ deps, jobs }: World, id: string): Promise<void> {
  for (;;) {
    try {
      await jobs.resume('proj-a', id);
      return;
    } catch (error) {
      if (!isPassing(error)) throw error;
      await deps.clock.sleep(200);
    }
  }
}

async function sweeper(world: World): Promise<void> {
  while (!world.isOver()) {
    await world.deps.clock.sleep(7_000);
    try {
      await sweepJobs(world.jobs, world.deps, { ringAfterMs: 20_000 });
    } catch (error) {
      if (!isPassing(error)) throw error;
    }
  }
}

async function documentOf(world: World, id: string): Promise<JobDocument> {
  const stored = await world.truth.read(id);
  expect(stored, `the acknowledged job ${id} is gone`).toBeDefined();
  return stored?.document as JobDocument;
}

async function waitForEnd(world: World, ids: string[]): Promise<JobDocument[]> {
  for (;;) {
    const documents = await Promise.all(ids.map((id) => documentOf(world, id)));
    if (documents.every(({ state }) => TERMINAL_STATES.has(state))) return documents;
    expect(world.isOver(), `still ${documents.map(({ state }) => state).join(', ')}`).toBe(false);
    await world.deps.clock.sleep(5_000);
  }
}

async function scenario(sim: Simulation): Promise<void> {
  const world = createWorld(sim);
  const machines = ['r1', 'r2', 'r3'].map((name) => runner(world, name, sim.random.fork(name)));
  const broken = Promise.all([...machines, sweeper(world), user(world, sim.random.fork('user'))]).then(
    () => new Promise<never>(() => undefined),
  );
  const story = async () => {
    const ids = await Promise.all(Array.from({ length: JOBS }, (_, index) => submit(world, index)));
    expect(new Set(ids).size).toBe(JOBS);
    for (const document of await waitForEnd(world, ids)) await checkProperties(world, document);
  };
  await Promise.race([story(), broken]);
}

async function checkProperties(world: World, document: JobDocument): Promise<void> {
  expect(['succeeded', 'failed']).toContain(document.state);
  if (document.state === 'failed') expect(document.error?.code).toBe('runner_lost');
  expect(world.finishes.get(document.id) ?? 0).toBeLessThanOrEqual(1);
  const saved = world.checkpoints.get(document.id) ?? [];
  const ordered = [...saved].sort((a, b) => a.epoch - b.epoch || a.step - b.step);
  expect(saved, 'steps never go backwards within an epoch, nor behind a saved one').toEqual(ordered);
  const events = await world.truth.eventsSince(document, 0, 10_000);
  expect(events.map((event) => event.sequence)).toEqual(events.map((_, index) => index));
  expect(document.nextSequence).toBe(events.length);
  const logged = events
    .filter((event) => event.type === 'metrics')
    .map(({ data }) => `${data?.['epoch']}:${data?.['step']}`);
  expect(new Set(logged).size, `no step is logged twice by one runner: ${logged.join(' ')}`).toBe(logged.length);
  expect(document.finishedAtMs).not.toBeNull();
}

it(`holds under ${SEEDS} seeds of faults`, { timeout: 120_000 }, async () => {
  await runSeeds(SEEDS, scenario);
});

it('does the same thing for the same seed', { timeout: 60_000 }, async () => {
  const [first] = await runSeeds(1, scenario, { only: 7 });
  const [second] = await runSeeds(1, scenario, { only: 7 });
  expect(second).toEqual(first);
  expect(first?.length).toBeGreaterThan(10);
});
