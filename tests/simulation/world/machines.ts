/** Production programs on simulated processes: started again after every crash and every end, as a supervisor would. */
import {
  Evals,
  Runs,
  sweep,
  type SweepParts,
  sweepUntilStopped,
  WebhookDeliveries,
  WebhookEndpoints,
} from '@preheat/functions';
import type { ModelRecord } from '@preheat/contracts';
import { GraderPool } from '@preheat/graders';
import { ModelRegistry } from '@preheat/inference/model-registry';
import { type JobPieces, JobStore } from '@preheat/jobs';
import type { Random } from '@preheat/ports';
import type { SimulatedProcess } from '@preheat/simulator';
import { TINY_MODELS } from '../../../functions/src/test-kit/tiny-models.js';
import { HeldModels } from '../../../gpu-runner/src/held-models.js';
import { runnerLoop } from '../../../gpu-runner/src/runner-loop.js';
import type { RunnerDependencies } from '../../../gpu-runner/src/runner-dependencies.js';
import { WarmStay } from '../../../gpu-runner/src/warm-stay.js';
import type { ApiMachine } from './api-machine.js';
import { ORPHAN_GRACE_MS } from './fault-plan.js';
import { lightRecipe, STEP_MAX_MS } from './light-recipe.js';
import type { Weakened } from './weakened.js';
import { LEASE_TTL_MS, type World } from './world.js';

/** One at a time, so that jobs of the other base model are left to others. */
const HELD_MODEL_BYTES = 0;
const RESTART_MAX_MS = 15_000;
const SWEEP_EVERY_MS = 7_000;
const RING_AFTER_MS = 20_000;

type Program = (process: SimulatedProcess, shutdown: AbortSignal) => Promise<void>;

/** Keeps one program running for ever. Rejects only when the program itself fails, which none may. */
async function keepRunning(
  world: World,
  machine: string,
  kind: 'runner' | 'api' | 'sweeper',
  program: Program,
): Promise<never> {
  const { clock, random } = world.simulation;
  const delays = random.fork(`restarts of ${machine}`);
  for (let life = 1; !world.isOver; life++) {
    const process = world.startProcess(`${machine}.${life}`, machine, kind);
    const shutdown = new AbortController();
    const terminated = kind === 'runner' ? terminateSometimes(world, process, shutdown, delays) : undefined;
    await Promise.race([program(process, shutdown.signal), process.crashed]);
    await terminated?.catch(() => undefined);
    await clock.sleep(1 + delays.int(RESTART_MAX_MS));
  }
  return new Promise(() => undefined);
}

/** SIGTERM, which a runner answers with a checkpoint, a release and its end, if its machine lives that long. */
async function terminateSometimes(
  world: World,
  process: SimulatedProcess,
  shutdown: AbortController,
  random: Random,
): Promise<void> {
  const { clock } = world.simulation;
  const { terminateEveryMs, noticeMs } = world.faults;
  if (terminateEveryMs === 0) return;
  void clock.sleep(random.int(2 * terminateEveryMs)).then(async () => {
    if (world.isCalm || !process.isAlive) return;
    world.log.debug('fault: terminate', { process: process.name, noticeMs });
    shutdown.abort(noticeMs === Infinity ? 'SIGTERM' : 'spot notice');
    if (noticeMs === Infinity) return;
    await clock.sleep(noticeMs);
    process.crash();
  });
}

export function startRunner(world: World, machine: string, weakened: Weakened): Promise<never> {
  return keepRunning(world, machine, 'runner', (process, shutdown) => {
    const deps = runnerDependencies(world, process, weakened);
    const stay = new WarmStay(deps);
    return runnerLoop(deps, { shutdown, protection: { set: async () => {} }, stay, exitWhenIdle: true });
  });
}

function runnerDependencies(world: World, process: SimulatedProcess, weakened: Weakened): RunnerDependencies {
  const ports = world.portsOf(process);
  const { jobQueue: queue } = ports;
  const random = world.simulation.random.fork(`steps of ${process.name}`);
  const poison = new Map(world.plan.map(({ seed, poisonStep }) => [seed, poisonStep]));
  const during = async (seed: number, step: number): Promise<void> => {
    if (poison.get(seed) === step) {
      process.crash();
      await new Promise(() => undefined);
    }
    if (!world.isCalm && random.float() < world.faults.brokenStep) throw new Error('the device was lost');
  };
  const models = new ModelRegistry(ports.store, TINY_MODELS);
  const slowModels = {
    load: async (record: ModelRecord) => {
      await process.clock.sleep(world.faults.modelLoadMs);
      return models.load(record);
    },
  };
  return {
    ...ports,
    runnerId: process.name,
    queue,
    jobs: new JobStore({ ...ports, queue, pieces: weakened.pieces ?? {} }),
    models,
    heldModels: new HeldModels(slowModels, { clock: process.clock, budgetBytes: HELD_MODEL_BYTES }),
    executor: { name: 'simulated', detail: 'no computation' } as never,
    graders: new GraderPool({ services: {}, clock: process.clock }),
    leaseTtlMs: LEASE_TTL_MS,
    jobsPerProject: () => world.faults.jobsPerProject,
    rolloutWorkers: 0,
    recipes: { sft: lightRecipe({ clock: process.clock, stepMaxMs: STEP_MAX_MS, during }) },
    compareGraphs: async () => ({ rows: 0, tokens: 0, maxLogProbDifference: 0, bound: 1e-3 }),
    ...(weakened.publishBundle ? { publishBundle: weakened.publishBundle } : {}),
  };
}

export function startSweeper(world: World, machine: string, weakened: Weakened): Promise<never> {
  return keepRunning(world, machine, 'sweeper', (process, signal) => {
    const parts = sweeperParts(world, process, weakened);
    return sweepUntilStopped(parts, { everyMs: SWEEP_EVERY_MS, ringAfterMs: RING_AFTER_MS, signal });
  });
}

function sweeperParts(world: World, process: SimulatedProcess, weakened: Weakened): SweepParts {
  const { orphanGraceMs = ORPHAN_GRACE_MS } = weakened;
  const ports = world.portsOf(process);
  const jobs = new JobStore({ ...ports, queue: ports.jobQueue, pieces: collectorPieces(weakened) });
  // Nobody here subscribed to anything, so nothing is sent.
  const sendWebhook = () => Promise.reject(new Error('no endpoint exists in this world'));
  const webhooks = new WebhookDeliveries({ ...ports, sendWebhook }, new WebhookEndpoints(ports));
  const graders = new GraderPool({ services: {}, clock: process.clock });
  const models = new ModelRegistry(ports.store, TINY_MODELS);
  return {
    ...ports,
    jobs,
    models,
    evals: new Evals({ ...ports, openGraders: async () => graders }),
    runs: new Runs(ports),
    webhooks,
    orphanGraceMs,
  };
}

/** Of the weakened pieces, the one that is the collector's: the others are judged by what API and runners do. */
const collectorPieces = ({ pieces }: Weakened): Partial<JobPieces> => (pieces?.isUsed ? { isUsed: pieces.isUsed } : {});

/** Sweeps once by a process of its own. */
export function sweepOnce(world: World, weakened: Weakened): Promise<void> {
  const process = world.startProcess('last-sweeper', 'last-sweeper', 'sweeper');
  return sweep(sweeperParts(world, process, weakened), { ringAfterMs: RING_AFTER_MS });
}

/** An API machine serves until it crashes. */
export function startApi(world: World, name: string, machine: ApiMachine): Promise<never> {
  return keepRunning(world, name, 'api', (process) => {
    machine.become(world.portsOf(process));
    const others = world.endpoints.filter((endpoint) => endpoint.machine !== machine);
    world.endpoints = [...others, { machine, process }];
    return new Promise(() => undefined);
  });
}
