/** Plays a trace of small jobs in real time against the platform, and reads from the jobs' own events how they started. */
import { setTimeout as pause } from 'node:timers/promises';
import type { FineTuningJob } from '@preheat/contracts';
import { type Latencies, swapMs, workOf } from './calibrate.js';
import { Fleet } from './fleet.js';
import type { PlannedJob } from './predict.js';
import type { LoggedProcess } from './process-log.js';
import type { Measured, ToldStart } from './replay-report.js';
import type { FirstStep, ReplayedPlatform } from './replayed-platform.js';

export interface PlayOptions {
  readonly models: readonly string[];
  readonly latencies: Latencies;
  readonly cap: number;
  readonly toldBootMs: number;
}

interface Submitted {
  readonly job: FineTuningJob;
  readonly atMs: number;
}

/** A job that has not ended by then is taken for lost. */
const LONGEST_TAIL_MS = 300_000;

export async function play(
  platform: ReplayedPlatform,
  jobs: readonly PlannedJob[],
  { models, latencies, cap, toldBootMs }: PlayOptions,
): Promise<Measured> {
  const known = new Map<string, { model: string; estimateMs: number }>();
  const ended = new Set<string>();
  const start = (place: number): LoggedProcess => {
    const runner = platform.startRunner(place);
    runner.onLine(({ message, fields }) => message === 'left the job' && ended.add(String(fields['jobId'])));
    return runner;
  };
  const describe = (jobId: string) => known.get(jobId);
  const fleet = new Fleet({ cap, bootMs: toldBootMs, loadMs: swapMs(latencies), start, describe });
  const beganMs = performance.now();
  const submitted: Submitted[] = [];
  try {
    for (const { model, arriveMs, steps } of jobs) {
      await pause(Math.max(0, beganMs + arriveMs - performance.now()));
      const name = models[model] ?? '';
      const actions = fleet.decide(name);
      const atMs = Date.now();
      const job = await platform.submit(name, steps);
      known.set(job.id, { model: name, estimateMs: workOf(latencies, model, steps) });
      fleet.submitted(job.id, actions);
      submitted.push({ job, atMs });
    }
    await untilAllEnded(submitted, ended);
    await untilAllLeft(fleet);
  } finally {
    await fleet.close();
  }
  return measured(platform, submitted, fleet);
}

async function untilAllEnded(submitted: readonly Submitted[], ended: ReadonlySet<string>): Promise<void> {
  for (let waitedMs = 0; submitted.some(({ job }) => !ended.has(job.id)); waitedMs += 200) {
    if (waitedMs > LONGEST_TAIL_MS) throw new Error('jobs of the replay did not end');
    await pause(200);
  }
}

/** Their last stay is part of what they cost. */
async function untilAllLeft(fleet: Fleet): Promise<void> {
  for (let waitedMs = 0; waitedMs < LONGEST_TAIL_MS; waitedMs += 200) {
    if (fleet.lives.every(({ endedMs }) => endedMs > 0)) return;
    await pause(200);
  }
}

async function measured(platform: ReplayedPlatform, submitted: readonly Submitted[], fleet: Fleet): Promise<Measured> {
  const firsts = await Promise.all(submitted.map(({ job }) => platform.firstStep(job.id)));
  const delaysMs = firsts.map((first) => waitedMs(first) + first.data_ms + first.model_ms);
  const told = submitted.flatMap(({ job, atMs }, index): ToldStart[] => {
    const start = job.queue?.estimated_start;
    const first = firsts[index];
    return start && first ? [{ ...start, startedAtMs: atMs + waitedMs(first) }] : [];
  });
  return {
    delaysMs,
    told,
    coldStarts: firsts.filter(({ cold }) => cold).length,
    runnersStarted: fleet.lives.length,
    idleMs: fleet.lives.reduce((sum, { endedMs, readyMs, busyMs }) => sum + endedMs - readyMs - busyMs, 0),
  };
}

/** Until a runner took the job. */
const waitedMs = ({ queue_ms, machine_ms, process_ms }: FirstStep): number =>
  queue_ms + (machine_ms ?? 0) + (process_ms ?? 0);
