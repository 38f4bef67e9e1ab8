/**
 * The story every seed tells: users work while everything fails, then faults stop, users resume what they paused, and every
 * job must end. Judged by all properties, at each write and at the end.
 */
import { type StoredEvent, TERMINAL_STATES } from '@preheat/contracts';
import type { Log } from '@preheat/ports';
import type { Simulation } from '@preheat/simulator';
import { PROPERTIES } from './properties/index.js';
import type { FinalEvidence, Property } from './property.js';
import { ApiMachine, projectName, PROJECT_KEYS } from './world/api-machine.js';
import { ORPHAN_GRACE_MS } from './world/fault-plan.js';
import { startApi, startRunner, startSweeper, sweepOnce } from './world/machines.js';
import { User } from './world/users.js';
import type { Weakened } from './world/weakened.js';
import { World } from './world/world.js';

const API_MACHINES = 2;
const CALM_AFTER_MS = 4 * 60_000;
/** Rings for a job that failed often come a quarter of an hour apart. */
const PATIENCE_MS = 3 * 3_600_000;
const LOOK_EVERY_MS = 20_000;
const LAST_TRIES_MS = 20_000;
const EVENTS_MAX = 10_000;

/** A property that does not hold. */
export class PropertyViolated extends Error {
  override readonly name = 'PropertyViolated';
  readonly property: string;

  constructor(property: string, detail: string) {
    super(`"${property}" does not hold: ${detail}`);
    this.property = property;
  }
}

/** What is built once and serves any number of seeds, one at a time. */
export class Scenario {
  readonly #machines: readonly ApiMachine[];
  readonly #weakened: Weakened;

  private constructor(machines: readonly ApiMachine[], weakened: Weakened) {
    this.#machines = machines;
    this.#weakened = weakened;
  }

  static async open(weakened: Weakened = {}): Promise<Scenario> {
    const machines: ApiMachine[] = [];
    for (let i = 0; i < API_MACHINES; i++) machines.push(await ApiMachine.open(weakened.pieces ?? {}));
    return new Scenario(machines, weakened);
  }

  /** @throws PropertyViolated, or whatever broke. */
  async play(simulation: Simulation, log: Log): Promise<void> {
    const broken: Error[] = [];
    const world = new World(simulation, log, {
      written: (commit, of) => void broken.push(...judge(of, ({ committed }) => committed?.(commit, of))),
      deleted: (key, of) => void broken.push(...judge(of, ({ deleted }) => deleted?.(key, of))),
    });
    const machines = this.#start(world);
    await Promise.race([this.#story(world, broken), ...machines]);
  }

  #start(world: World): Promise<never>[] {
    const random = world.simulation.random.fork('machines');
    const apis = this.#machines.map((machine, i) => startApi(world, `api-${i}`, machine));
    const runners = Array.from({ length: 2 + random.int(2) }, (_, i) =>
      startRunner(world, `runner-${i}`, this.#weakened),
    );
    const sweepers = Array.from({ length: 1 + random.int(2) }, (_, i) =>
      startSweeper(world, `sweeper-${i}`, this.#weakened),
    );
    return [...apis, ...runners, ...sweepers];
  }

  async #story(world: World, broken: readonly Error[]): Promise<void> {
    const { clock } = world.simulation;
    const users = world.plan.map((job) => ({ job, user: new User(world, job) }));
    const lives = users.map(({ user }) => user.live());
    await clock.sleep(CALM_AFTER_MS);
    world.calm();
    await Promise.all(lives);
    // What a stopped API still holds of a user's earlier tries reaches the ledger first: a pause that arrives after the resume stays.
    await clock.sleep((world.faults.api.pauseMaxMs ?? 0) + LAST_TRIES_MS);
    for (const { job, user } of users) await user.request(world.submitted.get(job.index) ?? '', 'resume');
    await untilEnded(world, broken);
    await redriveDeadLetters(world);
    await untilEnded(world, broken);
    await untilAwake(world);
    world.end();
    await world.store.settled();
    await collectOrphans(world, this.#weakened);
    const evidence = await finalEvidence(world);
    for (const { name, ended } of PROPERTIES) {
      const [wrong] = ended?.(evidence) ?? [];
      if (wrong !== undefined) throw new PropertyViolated(name, wrong);
    }
    if (broken[0]) throw broken[0];
  }
}

/** The first property that does not hold, if any. */
function judge(world: World, by: (property: Property) => string | undefined): Error[] {
  for (const property of PROPERTIES) {
    const wrong = by(property);
    if (wrong === undefined) continue;
    world.log.error('a property was violated', { property: property.name, wrong });
    return [new PropertyViolated(property.name, wrong)];
  }
  return [];
}

async function untilEnded(world: World, broken: readonly Error[]): Promise<void> {
  const { clock } = world.simulation;
  const deadlineMs = clock.nowMs() + PATIENCE_MS;
  for (;;) {
    if (broken[0]) throw broken[0];
    const states = [...world.history.jobs.keys()].map((jobId) => world.history.latest(jobId)?.state ?? 'queued');
    if (states.every((state) => TERMINAL_STATES.has(state)) || clock.nowMs() > deadlineMs) return;
    await clock.sleep(LOOK_EVERY_MS);
  }
}

/** A runner that was suspended finds its job gone, and still does whatever was under way. */
async function untilAwake(world: World): Promise<void> {
  const { clock } = world.simulation;
  const asleepMs = world.awakeAtMs - clock.nowMs();
  if (asleepMs > 0) await clock.sleep(asleepMs + LAST_TRIES_MS);
}

/** An operator queues again what died too often, but for what always kills its runner. */
async function redriveDeadLetters(world: World): Promise<void> {
  await world.simulation.clock.sleep(LOOK_EVERY_MS);
  const deadLetters = world.deadLetters();
  for (const { id, seed } of await deadLetters.list(100)) {
    if (world.plan.some((job) => job.seed === seed && job.poisonStep > 0)) continue;
    const outcome = await deadLetters.redrive(id);
    if (!outcome.ok) throw new Error(`${id} could not be redriven: ${outcome.reason}`);
  }
}

/** A name goes one grace period after its job, its bundle another one later, then its record; the last look finds nothing. */
const LOOKS = 5;

async function collectOrphans(world: World, weakened: Weakened): Promise<void> {
  const { clock } = world.simulation;
  // Jobs that had nothing left are looked at again when they are a few times as old: a suspended runner may have added something.
  if (world.faults.runner.suspend !== undefined) await clock.sleep(4 * (clock.nowMs() - world.startMs));
  for (let look = 0; look < LOOKS; look++) {
    await clock.sleep(1.2 * ORPHAN_GRACE_MS + 2 * world.faults.skewMaxMs);
    await sweepOnce(world, weakened);
  }
}

async function finalEvidence(world: World): Promise<FinalEvidence> {
  const jobs = world.trueJobs();
  const events = new Map<string, readonly StoredEvent[]>();
  for (const jobId of world.history.jobs.keys()) {
    const job = world.history.latest(jobId);
    if (job) events.set(jobId, await jobs.eventsSince(job, 0, EVENTS_MAX));
  }
  const pages = PROJECT_KEYS.map((_, project) => jobs.list(projectName(project), { limit: 100 }));
  const listed = (await Promise.all(pages)).map((page) => new Set(page.jobs.map(({ id }) => id)));
  const { history, plan, attempts, submitted, faults, areClocksUseless } = world;
  return { history, plan, attempts, submitted, faults, areClocksUseless, events, listed };
}
