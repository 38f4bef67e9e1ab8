/**
 * How true the start is that a waiting job is told: Philly's second half on a farm of fixed size, shared by its virtual clusters as
 * by projects. Runners tell when they end as ours do (the time left, 20 % less to 30 % more); a waiting job is taken to
 * run as long as the middle four fifths of the last jobs of its project, since a trace has no preflight.
 */
import { fairOrder, foreseeStarts, type QueueView, type Span, type WaitingProject } from '@preheat/scheduler';
import { halves, type Job, quantile } from '@preheat/scheduler/simulation';
import { traceNamed } from './traces.js';

const JOBS = 12_000;
const ASKED_EVERY = 10;
const RECENT = 50;
const SPREAD_OF_ETA = { earliest: 0.8, latest: 1.3 };

interface Told {
  readonly askedMs: number;
  readonly startsAtMs: Span;
  startedMs: number;
}

interface Project {
  readonly waiting: Job[];
  readonly recentMs: number[];
  servedAtMs: number;
}

class Farm {
  readonly told = new Map<number, Told>();
  readonly #projects = new Map<string, Project>();
  readonly #running = new Set<{ readonly job: Job; readonly endMs: number }>();
  readonly #runners: number;

  constructor(runners: number) {
    this.#runners = runners;
  }

  replay(jobs: readonly Job[]): this {
    for (const job of jobs) {
      this.#endUntil(job.arriveMs);
      this.#projectOf(job.key).waiting.push(job);
      this.#dispatch(job.arriveMs);
      if (job.id % ASKED_EVERY === 0 && this.#projectOf(job.key).waiting.includes(job)) this.#ask(job);
    }
    this.#endUntil(Infinity);
    return this;
  }

  #projectOf(key: string): Project {
    let project = this.#projects.get(key);
    if (!project) this.#projects.set(key, (project = { waiting: [], recentMs: [], servedAtMs: 0 }));
    return project;
  }

  #endUntil(untilMs: number): void {
    for (;;) {
      const [next] = [...this.#running].sort((a, b) => a.endMs - b.endMs);
      if (!next || next.endMs > untilMs) return;
      this.#running.delete(next);
      const { recentMs } = this.#projectOf(next.job.key);
      recentMs.push(next.job.serviceMs);
      if (recentMs.length > RECENT) recentMs.shift();
      this.#dispatch(next.endMs);
    }
  }

  #dispatch(nowMs: number): void {
    while (this.#running.size < this.#runners) {
      const demands = this.#waitingProjects().map((one) => ({
        ...one,
        isAhead: false,
        sinceMs: one.jobs[0]?.sinceMs ?? 0,
      }));
      const [next] = fairOrder(demands);
      if (!next) return;
      const project = this.#projectOf(next.projectId);
      const job = project.waiting.shift() as Job;
      project.servedAtMs = nowMs;
      this.#running.add({ job, endMs: nowMs + job.serviceMs });
      const told = this.told.get(job.id);
      if (told) told.startedMs = nowMs;
    }
  }

  #ask(job: Job): void {
    const nowMs = job.arriveMs;
    const runners = [...this.#running].map(({ job: { key }, endMs }) => {
      const at = (share: number): number => nowMs + share * (endMs - nowMs);
      return { projectId: key, freeAtMs: { earliest: at(SPREAD_OF_ETA.earliest), latest: at(SPREAD_OF_ETA.latest) } };
    });
    const none = { startable: 0, bootedAtMs: { earliest: 0, latest: 0 } };
    const view: QueueView = { nowMs, runners, projects: this.#waitingProjects(), ...none };
    const foreseen = foreseeStarts(view).get(String(job.id));
    if (foreseen) this.told.set(job.id, { askedMs: nowMs, startsAtMs: foreseen.startsAtMs, startedMs: NaN });
  }

  #waitingProjects(): WaitingProject[] {
    const waiting = [...this.#projects].filter(([, project]) => project.waiting.length > 0);
    const holds = new Map<string, number>();
    for (const { job } of this.#running) holds.set(job.key, (holds.get(job.key) ?? 0) + 1);
    return waiting.map(([projectId, project]) => {
      const runMs = usualRun(project.recentMs);
      const jobs = project.waiting.map(({ id, arriveMs }) => ({
        id: String(id),
        isAhead: false,
        sinceMs: arriveMs,
        runMs,
      }));
      return { projectId, jobs, running: holds.get(projectId) ?? 0, limit: Infinity, servedAtMs: project.servedAtMs };
    });
  }
}

function usualRun(recentMs: readonly number[]): Span {
  if (recentMs.length < 3) return { earliest: 0, latest: Infinity };
  const sorted = Float64Array.from(recentMs).sort();
  return { earliest: quantile(sorted, 0.1), latest: quantile(sorted, 0.9) };
}

/** A row for each size of the farm, in shares of what the jobs would keep busy on average. */
export function queueStartRows(): string[][] {
  const jobs = halves(traceNamed('philly').load()).test.jobs.slice(0, JOBS);
  const spanMs = (jobs.at(-1)?.arriveMs ?? 0) - (jobs[0]?.arriveMs ?? 0);
  const busy = jobs.reduce((sum, { serviceMs }) => sum + serviceMs, 0) / spanMs;
  return [0.9, 1, 1.2].map((share) => {
    const runners = Math.ceil(busy * share);
    const told = [...new Farm(runners).replay(jobs).told.values()];
    return [String(runners), ...cells(told)];
  });
}

function cells(told: readonly Told[]): string[] {
  const closed = told.filter(({ startsAtMs }) => startsAtMs.latest < Infinity);
  const isIn = ({ startsAtMs: { earliest, latest }, startedMs }: Told): boolean =>
    startedMs >= earliest - 1 && startedMs <= latest + 1;
  const waitMs = ({ startedMs, askedMs }: Told): number => startedMs - askedMs;
  const errorMs = ({ startsAtMs: { earliest, latest }, startedMs }: Told): number =>
    Math.abs((earliest + latest) / 2 - startedMs);
  const median = (values: readonly number[]): string =>
    (quantile(Float64Array.from(values).sort(), 0.5) / 60_000).toFixed(1);
  const percent = (part: number, whole: number): string => `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`;
  return [
    String(told.length),
    percent(told.length - closed.length, told.length),
    percent(told.filter(isIn).length, told.length),
    percent(told.filter((one) => one.startedMs > one.startsAtMs.latest + 1).length, told.length),
    median(told.map(waitMs)),
    median(closed.map(errorMs)),
    median(closed.map(({ startsAtMs }) => startsAtMs.latest - startsAtMs.earliest)),
  ];
}
