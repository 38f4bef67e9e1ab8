/**
 * Asks for as many runners as the backlog needs, by the function that the simulator judges (`desiredRunners`): expected run times of
 * the jobs that run, and of those that wait and may. Where nobody starts runners the number is only kept for operators. It never
 * counts on a machine to be stopped at once: one that works or stays warm is spared by whoever stops machines.
 */
import { KEYS, LOCAL_RUNNER_CLASS, MAX_SCALE_SAMPLES, ScaleRecord } from '@preheat/contracts';
import { DocumentStore, MAX_LISTED, type WaitingEntry } from '@preheat/jobs';
import type { RunnerFleet } from '@preheat/ports';
import {
  ASSUMED_BOOT_MS,
  desiredRunners,
  INTERACTIVE_PRICES,
  NO_SCALE_STATE,
  type Span,
  worthOfBootMs,
} from '@preheat/scheduler';
import { type QueueDependencies, QueueFacts, type QueueLook } from '../fine-tuning/queue/queue-facts.js';
import type { QueueOptions } from '../fine-tuning/queue/queue-outlook.js';

export type ScaleDependencies = QueueDependencies & { readonly runnerFleet?: RunnerFleet };

/** Nothing to worry about for as long as a machine takes to start; alarms count these lines. */
export const NOBODY_THERE = 'runners are wanted, and none is there';

/** Of every look while capacity is held; an alarm counts these too. */
export const CAPACITY_HELD = 'capacity is held: no runner is started';

interface Demand {
  /** Jobs that run, and waiting ones that may. */
  readonly jobs: number;
  readonly backlogMs: number;
}

/** The number of runners wanted. */
export async function scaleRunners(deps: ScaleDependencies, options: QueueOptions = {}): Promise<number> {
  const { runnerFleet, clock } = deps;
  const facts = new QueueFacts(deps);
  const look = await facts.look();
  const asked = (await runnerFleet?.wanted()) ?? 0;
  const targetMs = worthOfBootMs({ bootMs: options.bootMs ?? ASSUMED_BOOT_MS, prices: INTERACTIVE_PRICES });
  const demand = look.listed === null ? boundless(targetMs) : await demandOf(facts, look, options, targetMs);
  const question = { ...demand, nowMs: clock.nowMs(), runners: Math.max(asked, look.runners.length), targetMs };
  const wanted = await remembered(deps, question, ceilingOf(look, runnerFleet, options));
  if (runnerFleet && wanted > 0 && look.runners.length === 0) deps.log.warn(NOBODY_THERE, { wanted, before: asked });
  if (runnerFleet && look.hold) deps.log.warn(CAPACITY_HELD, { jobs: question.jobs, reason: look.hold.reason });
  if (!runnerFleet || wanted === asked) return wanted;
  await runnerFleet.want(wanted);
  deps.log.info('runners wanted', { wanted, before: asked, jobs: question.jobs, backlogMs: question.backlogMs });
  return wanted;
}

/** Nobody while capacity is held: who works is spared by whoever stops machines, and ends as the hold says. */
function ceilingOf({ hold }: QueueLook, fleet: RunnerFleet | undefined, { maxRunners = 0 }: QueueOptions): number {
  if (hold) return 0;
  return fleet ? maxRunners : Infinity;
}

/** More jobs wait than one looks at: as if of all that one would look at nothing were known. */
const boundless = (targetMs: number): Demand => ({ jobs: MAX_LISTED, backlogMs: Math.round(MAX_LISTED * targetMs) });

/** @param unknownMs Taken for the run time of a job of which nothing is known: as much as asks for a runner of its own. */
async function demandOf(facts: QueueFacts, look: QueueLook, options: QueueOptions, unknownMs: number): Promise<Demand> {
  const running = look.runners.flatMap(({ job, writtenAtMs }) => (job ? [{ ...job, writtenAtMs }] : []));
  const waiting = await runnable(look, options);
  const runTimes = await facts.runTimes(waiting, [], look.runners[0]?.runnerClass ?? LOCAL_RUNNER_CLASS);
  const runMs = [
    ...running.map(({ endsAtMs, writtenAtMs }) => endsAtMs && middle(endsAtMs) - writtenAtMs),
    ...waiting.map(({ jobId }) => middle(runTimes(jobId))),
  ].map((ms) => (ms === null || !Number.isFinite(ms) ? unknownMs : Math.max(0, ms)));
  return { jobs: runMs.length, backlogMs: Math.round(runMs.reduce((sum, ms) => sum + ms, 0)) };
}

/** Waiting jobs, but those beyond the bound of their project: more runners would not help them. */
async function runnable(look: QueueLook, { jobsPerProject }: QueueOptions): Promise<WaitingEntry[]> {
  const taken = new Map<string, number>();
  const entries: WaitingEntry[] = [];
  for (const entry of look.listed ?? []) {
    const { projectId } = entry;
    const limit = jobsPerProject?.(projectId) ?? Infinity;
    const held = taken.get(projectId) ?? (limit < Infinity ? (await look.roster(projectId, limit)).running : 0);
    if (held < limit) entries.push(entry);
    taken.set(projectId, held + 1);
  }
  return entries;
}

const middle = ({ earliest, latest }: Span): number => (earliest + latest) / 2;

type Question = Parameters<typeof desiredRunners>[0];

/** The answer, kept with what it follows from. Nothing is written while there is no job and nothing to take back. */
async function remembered(deps: ScaleDependencies, question: Question, ceiling: number): Promise<number> {
  const documents = new DocumentStore(deps.store, ScaleRecord, deps.ids);
  const stored = await documents.read(KEYS.scale);
  if (question.jobs === 0 && (stored?.document.wanted ?? 0) === 0) return 0;
  if (!stored) await documents.create(KEYS.scale, emptyRecord(documents.nextWriteId(), question.nowMs));
  const written = await documents.update(KEYS.scale, (record) => {
    const { runners, state } = desiredRunners(question, record);
    const { jobs, runners: there, nowMs: writtenAtMs } = question;
    const samples = state.samples.slice(-MAX_SCALE_SAMPLES);
    return { ...record, ...state, samples, writtenAtMs, jobs, runners: there, wanted: Math.min(runners, ceiling) };
  });
  return written?.document.wanted ?? 0;
}

function emptyRecord(writeId: string, writtenAtMs: number): ScaleRecord {
  const state = { ...NO_SCALE_STATE, samples: [] };
  return { schemaVersion: 1, writeId, recentWriteIds: [], writtenAtMs, ...state, jobs: 0, runners: 0, wanted: 0 };
}
