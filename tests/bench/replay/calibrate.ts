/**
 * Measures on this machine what the simulator is told: starting a runner, noticing a job, loading a model, and what a job of so
 * many steps takes. One job at a time, so that nothing waits for anything else.
 */
import { median } from '../statistics.js';
import type { LoggedProcess } from './process-log.js';
import type { FirstStep, ReplayedPlatform } from './replayed-platform.js';

export interface Latencies {
  /** From starting a runner until it takes a job that waits. */
  readonly bootMs: number;
  /** From submitting a job until a runner that waits takes it. */
  readonly noticeMs: number;
  /** Rows, weights and sessions of a job, of the model of the job before and of another one. */
  readonly loadSameMs: number;
  readonly loadOtherMs: number;
  /** By model: run time of a job beyond that is `fixedMs + steps · stepMs`. */
  readonly work: readonly { readonly fixedMs: number; readonly stepMs: number }[];
}

const STEPS = { few: 4, many: 24 };
/** Runners that are started, one after the other. */
const ROUNDS = 2;

interface Run {
  readonly model: number;
  readonly steps: number;
  readonly isSame: boolean;
  readonly workMs: number;
  readonly first: FirstStep;
}

/** @param models Names of two models or more. */
export async function calibrate(platform: ReplayedPlatform, models: readonly string[]): Promise<Latencies> {
  const runs: Run[] = [];
  const boots: number[] = [];
  for (let round = 0; round < ROUNDS; round++) boots.push(await oneRunner(platform, models, runs));
  const warm = runs.filter(({ first }) => !first.cold);
  const loadOf = (some: readonly Run[]) => median(some.map(({ first }) => first.data_ms + first.model_ms));
  return {
    bootMs: median(boots),
    noticeMs: median(warm.map(({ first }) => first.queue_ms)),
    loadSameMs: loadOf(warm.filter(({ isSame }) => isSame)),
    loadOtherMs: loadOf(warm.filter(({ isSame }) => !isSame)),
    work: models.map((_, model) => line(warm.filter((run) => run.model === model))),
  };
}

/** Jobs of every model and size on a runner that is started for the first of them; how long that took. */
async function oneRunner(platform: ReplayedPlatform, models: readonly string[], runs: Run[]): Promise<number> {
  const order = models.map((_, model) => model);
  const plan = [
    { model: 0, steps: STEPS.few },
    ...order.flatMap((model) => [
      { model, steps: STEPS.few },
      { model, steps: STEPS.few },
    ]),
    ...order.map((model) => ({ model, steps: STEPS.many })),
  ];
  let [runner, bootMs, before]: [LoggedProcess | undefined, number, number] = [undefined, NaN, -1];
  for (const { model, steps } of plan) {
    const { id } = await platform.submit(models[model] ?? '', steps);
    runner ??= platform.startRunner(0);
    const { tookMs, leftMs } = await watched(runner, id);
    if (Number.isNaN(bootMs)) bootMs = tookMs - runner.startedMs;
    const first = await platform.firstStep(id);
    const workMs = leftMs - tookMs - first.data_ms - first.model_ms;
    runs.push({ model, steps, isSame: model === before, workMs, first });
    console.error(
      `model ${model}, ${steps} steps: taken after ${Math.round(first.queue_ms)} ms, ran ${Math.round(leftMs - tookMs)} ms`,
    );
    before = model;
  }
  await runner?.stop();
  return bootMs;
}

function watched(runner: LoggedProcess, jobId: string): Promise<{ tookMs: number; leftMs: number }> {
  const run = new Promise<{ tookMs: number; leftMs: number }>((resolve) => {
    let tookMs = NaN;
    runner.onLine(({ message, fields, atMs }) => {
      if (fields['jobId'] !== jobId) return;
      if (message === 'running a job') tookMs = atMs;
      if (message === 'left the job') resolve({ tookMs, leftMs: atMs });
    });
  });
  const gone = runner.ended.then(() => {
    throw new Error(`the runner ended while ${jobId} ran`);
  });
  return Promise.race([run, gone]);
}

/** Through the medians of both sizes. */
function line(runs: readonly Run[]): { fixedMs: number; stepMs: number } {
  const at = (steps: number) => median(runs.filter((run) => run.steps === steps).map(({ workMs }) => workMs));
  const [few, many] = [at(STEPS.few), at(STEPS.many)];
  const stepMs = Math.max(0.1, (many - few) / (STEPS.many - STEPS.few));
  return { stepMs, fixedMs: Math.max(0, few - STEPS.few * stepMs) };
}

/** Steps that make a job of a model take about so long, one at least. */
export function stepsFor({ work }: Latencies, model: number, workMs: number): number {
  const { fixedMs, stepMs } = work[model] ?? { fixedMs: 0, stepMs: 1 };
  return Math.max(1, Math.round((workMs - fixedMs) / stepMs));
}

export function workOf({ work }: Latencies, model: number, steps: number): number {
  const { fixedMs, stepMs } = work[model] ?? { fixedMs: 0, stepMs: 1 };
  return fixedMs + steps * stepMs;
}

/** Below this share of a load, what a loaded model saves is noise. */
const NOTICEABLE = 0.2;

/** What a runner that has the model in memory saves; 0 where runners keep none between jobs. */
export function swapMs({ loadSameMs, loadOtherMs }: Latencies): number {
  const savedMs = loadOtherMs - loadSameMs;
  return savedMs > NOTICEABLE * loadOtherMs ? savedMs : 0;
}
