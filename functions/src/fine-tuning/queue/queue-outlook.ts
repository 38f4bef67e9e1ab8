/**
 * Jobs as the API shows them: one that waits says its place, when it should start and what it waits for. All of it is computed
 * when it is asked for (from a look that `QueueFacts` holds), from the index of waiting jobs, the rosters, the registry of runners and what preflights
 * estimated, so it is as true as those are, and no job waits for it.
 */
import {
  type CapacityHold,
  type FineTuningJob,
  type JobDocument,
  LOCAL_RUNNER_CLASS,
  type QueueStanding,
  type RunnerRecord,
} from '@preheat/contracts';
import { entryOf, toFineTuningJob, type WaitingEntry } from '@preheat/jobs';
import {
  ASSUMED_BOOT_MS,
  type Foresight,
  foreseeStarts,
  type QueueView,
  type Span,
  type WaitingProject,
} from '@preheat/scheduler';
import { type QueueDependencies, QueueFacts, type QueueLook } from './queue-facts.js';
import { waitingReason } from './waiting-reason.js';

export interface QueueOptions {
  /** Runners that the deployment starts when jobs wait, at most. Default: none. */
  readonly maxRunners?: number;
  /** From asking for a runner until it looks for work. */
  readonly bootMs?: number;
  /** How many jobs of a project may hold a runner. Default: any number. */
  readonly jobsPerProject?: (projectId: string) => number;
}

/** Of what a start is expected to take. */
const SPREAD_OF_BOOT = { earliest: 0.5, latest: 2 };
/** Beyond all years that a time on the wire may lie in: as good as not known. */
const FAR_MS = 2 ** 40 * 1000;

/** Waiting jobs times projects that have any: each job that is taken is chosen among these. Beyond, it takes too long. */
const MAX_PLAYED = 400_000;
/** Up to here the queue is played anew for a job that the last look does not know; beyond, its place is told after the next look. */
const MAX_PLAYED_FOR_ONE = 2_000;

/** From the time of a next attempt until the sweeper has rung for it, at most. */
const RING_MS = 60_000;

interface Outlook {
  readonly view: QueueView;
  /** What keeps every job waiting, whoever is free. */
  readonly hold: CapacityHold | null;
  readonly foreseen: ReadonlyMap<string, Foresight>;
  /** The times of next attempts that it knows of, by job. */
  readonly retries: ReadonlyMap<string, number>;
  /** Jobs that it was played for: the index may not have had them. */
  readonly shown: ReadonlyMap<string, JobDocument>;
  /** Too long to be played for a single job that it does not know. */
  readonly isDeep: boolean;
}

export class QueueOutlook {
  readonly #deps: QueueDependencies;
  readonly #options: QueueOptions;
  readonly #facts: QueueFacts;
  /** The queue as it was played last on what a look saw. */
  readonly #played = new WeakMap<QueueLook, Promise<Outlook | null>>();

  constructor(deps: QueueDependencies, options: QueueOptions = {}, facts = new QueueFacts(deps)) {
    this.#deps = deps;
    this.#facts = facts;
    this.#options = options;
  }

  async show(job: JobDocument): Promise<FineTuningJob> {
    return (await this.showAll([job]))[0] as FineTuningJob;
  }

  /** One look at the queue for all of them, and none where no job waits. */
  async showAll(jobs: readonly JobDocument[]): Promise<FineTuningJob[]> {
    const waiting = jobs.filter(({ state }) => state === 'queued');
    const outlook = waiting.length > 0 ? await this.#look(waiting) : null;
    const nowMs = this.#deps.clock.nowMs();
    return jobs.map((job) => {
      const own = job.state === 'queued' ? outlook?.foreseen.get(job.id) : undefined;
      return toFineTuningJob(job, nowMs, outlook && own ? standing(outlook, job, own) : null);
    });
  }

  /** Null when the queue cannot be read, or is too long: a job is shown without its place rather than not at all. */
  async #look(shown: readonly JobDocument[]): Promise<Outlook | null> {
    try {
      const look = await this.#facts.look();
      if (look.listed === null) return null;
      const held = await this.#played.get(look);
      if (held === null || held?.isDeep || (held && shown.every((job) => isKnown(held, job)))) return held;
      const outlook = this.#play(look, look.listed, new Map([...(held?.shown ?? []), ...byId(shown)]));
      this.#played.set(look, outlook);
      return await outlook;
    } catch (error) {
      this.#facts.forget();
      this.#deps.log.error('the queue could not be read; jobs are shown without their place', { error });
      return null;
    }
  }

  async #play(
    look: QueueLook,
    listed: readonly WaitingEntry[],
    shown: ReadonlyMap<string, JobDocument>,
  ): Promise<Outlook | null> {
    const documents = [...shown.values()];
    const entries = withShown(listed, documents);
    const depth = entries.length * new Set(entries.map(({ projectId }) => projectId)).size;
    if (depth > MAX_PLAYED) return null;
    const retries = retriesOf(documents);
    const view = await this.#view(look, entries, documents, retries);
    const { hold } = look;
    return { view, hold, retries, shown, foreseen: foreseeStarts(view), isDeep: depth > MAX_PLAYED_FOR_ONE };
  }

  async #view(
    look: QueueLook,
    entries: readonly WaitingEntry[],
    shown: readonly JobDocument[],
    retries: ReadonlyMap<string, number>,
  ): Promise<QueueView> {
    const nowMs = this.#deps.clock.nowMs();
    const { maxRunners = 0, bootMs = ASSUMED_BOOT_MS } = this.#options;
    const alive = look.runners;
    const runnerClass = alive[0]?.runnerClass ?? LOCAL_RUNNER_CLASS;
    const training = await this.#facts.runTimes(entries, shown, runnerClass);
    const beside = besideTraining(alive);
    const runTimes = (jobId: string) => sum(training(jobId), beside);
    const since = Math.min(...entries.map(({ sinceMs }) => sinceMs));
    const booted = {
      earliest: since + bootMs * SPREAD_OF_BOOT.earliest,
      latest: since + bootMs * SPREAD_OF_BOOT.latest,
    };
    const view = {
      nowMs,
      runners: alive.map(({ job }) => ({
        freeAtMs: job ? (job.endsAtMs ?? { earliest: nowMs, latest: Infinity }) : { earliest: nowMs, latest: nowMs },
        projectId: job?.projectId ?? null,
      })),
      startable: Math.max(0, maxRunners - alive.length),
      // One that has taken longer than it should may still be any time away.
      bootedAtMs: { earliest: booted.earliest, latest: booted.latest > nowMs ? booted.latest : nowMs + bootMs },
      projects: await this.#projects(look, entries, { runTimes, retries }),
    };
    return look.hold ? heldBack(view, look.hold, bootMs) : view;
  }

  #projects(
    look: QueueLook,
    entries: readonly WaitingEntry[],
    { runTimes, retries }: { runTimes: (jobId: string) => Span; retries: ReadonlyMap<string, number> },
  ): Promise<WaitingProject[]> {
    const queues = new Map<string, WaitingEntry[]>();
    for (const entry of entries) {
      const queue = queues.get(entry.projectId);
      if (queue) queue.push(entry);
      else queues.set(entry.projectId, [entry]);
    }
    const projects = [...queues].map(async ([projectId, queue]): Promise<WaitingProject> => {
      const limit = this.#options.jobsPerProject?.(projectId) ?? Infinity;
      const jobs = queue.map(({ jobId: id, isAhead, sinceMs }) => {
        return { id, isAhead, sinceMs, runMs: runTimes(id), ...notBefore(retries.get(id)) };
      });
      return { projectId, limit, jobs, ...(await look.roster(projectId, limit)) };
    });
    return Promise.all(projects);
  }
}

/** Nobody takes a job before the hold ends, of which nobody knows the end: somebody may lift it, or hold on. */
function heldBack(view: QueueView, { untilMs }: CapacityHold, bootMs: number): QueueView {
  const endMs = untilMs ?? Infinity;
  return {
    ...view,
    runners: view.runners.map(({ freeAtMs, projectId }) => ({
      freeAtMs: { earliest: Math.max(endMs, freeAtMs.earliest), latest: Infinity },
      projectId,
    })),
    bootedAtMs: { earliest: endMs + bootMs * SPREAD_OF_BOOT.earliest, latest: Infinity },
  };
}

/** What runners saw jobs take beside training; nothing where none has ended one yet. */
function besideTraining(runners: readonly RunnerRecord[]): Span {
  const seen = runners.flatMap(({ besideTrainingMs }) => besideTrainingMs ?? []);
  if (seen.length === 0) return { earliest: 0, latest: 0 };
  return {
    earliest: Math.min(...seen.map(({ earliest }) => earliest)),
    latest: Math.max(...seen.map(({ latest }) => latest)),
  };
}

const sum = (a: Span, b: Span): Span => ({ earliest: a.earliest + b.earliest, latest: a.latest + b.latest });

/** Of jobs whose last attempt failed. They are in no index until they may run again, so only those that are shown are known. */
function retriesOf(shown: readonly JobDocument[]): Map<string, number> {
  return new Map(shown.flatMap(({ id, retryAtMs = null }) => (retryAtMs === null ? [] : [[id, retryAtMs]])));
}

const notBefore = (retryAtMs: number | undefined): { notBeforeMs?: Span } =>
  retryAtMs === undefined ? {} : { notBeforeMs: { earliest: retryAtMs, latest: retryAtMs + RING_MS } };

/** Whether the queue was played with the job as it is. */
const isKnown = ({ foreseen, retries }: Outlook, { id, retryAtMs = null }: JobDocument): boolean =>
  foreseen.has(id) && (retries.get(id) ?? null) === retryAtMs;

const byId = (jobs: readonly JobDocument[]): (readonly [string, JobDocument])[] => jobs.map((job) => [job.id, job]);

/** The index may not have a job yet that was just created, and still have one that ended. */
function withShown(listed: readonly WaitingEntry[], shown: readonly JobDocument[]): WaitingEntry[] {
  const places = shown.map(entryOf);
  const ids = new Set(places.map(({ jobId }) => jobId));
  const others = listed.filter(({ jobId }) => !ids.has(jobId));
  return [...others, ...places].sort((a, b) => (a.key < b.key ? -1 : 1));
}

function standing({ view, hold }: Outlook, job: JobDocument, foreseen: Foresight): QueueStanding {
  const { earliest, latest } = foreseen.startsAtMs;
  const inSeconds = (ms: number, round: (value: number) => number): number => round(ms / 1000);
  return {
    position: foreseen.position,
    estimated_start:
      earliest >= FAR_MS
        ? null
        : {
            earliest: inSeconds(earliest, Math.floor),
            latest: latest >= FAR_MS ? null : inSeconds(latest, Math.ceil),
          },
    reason: waitingReason(view, hold, job, foreseen),
    warm: foreseen.isWarm,
  };
}
