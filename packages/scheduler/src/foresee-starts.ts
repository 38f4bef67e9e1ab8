/**
 * When the jobs that wait will start: the queue played forward with the rule that runners choose by (`fairOrder`), once with every
 * duration at its low end and once at its high end. An estimate: jobs that come later with a higher priority, or end in another
 * order, move it.
 */
import { fairOrder, type ProjectDemand } from './fair-order.js';

/** Times or durations in ms; `latest` is Infinity where nothing is known. */
export interface Span {
  readonly earliest: number;
  readonly latest: number;
}

interface WaitingJob {
  readonly id: string;
  readonly isAhead: boolean;
  readonly sinceMs: number;
  readonly runMs: Span;
}

export interface WaitingProject extends Pick<ProjectDemand, 'projectId' | 'running' | 'limit' | 'servedAtMs'> {
  /** In its own order. */
  readonly jobs: readonly WaitingJob[];
}

export interface QueueView {
  readonly nowMs: number;
  /** Runners that are there: when each is free, and whose job it runs. */
  readonly runners: readonly { readonly freeAtMs: Span; readonly projectId: string | null }[];
  /** Runners that may be started beside them, and when the next ones are there. */
  readonly startable: number;
  readonly bootedAtMs: Span;
  readonly projects: readonly WaitingProject[];
}

export interface Foresight {
  /** 1: the next one. */
  readonly position: number;
  /** `latest` may be Infinity, and both where no runner is to be had. */
  readonly startsAtMs: Span;
  /** Whether a runner that is there, or was started for another job before, is expected to take it. */
  readonly isWarm: boolean;
}

/** Of every waiting job, by id. The queue is played once for all of them. */
export function foreseeStarts(view: QueueView): ReadonlyMap<string, Foresight> {
  const [early, late] = [play(view, 'earliest'), play(view, 'latest')];
  const foreseen = [...positions(view)].map(([jobId, position]): [string, Foresight] => {
    const { atMs = Infinity, isWarm = view.runners.length > 0 } = early.get(jobId) ?? {};
    const latest = Math.max(atMs, late.get(jobId)?.atMs ?? Infinity);
    return [jobId, { position, startsAtMs: { earliest: atMs, latest }, isWarm }];
  });
  return new Map(foreseen);
}

/** By the order alone: runners would be served one by one and none would end. */
function positions({ nowMs, projects }: QueueView): Map<string, number> {
  const queue = new Queue(projects.map((project) => ({ ...project, limit: Infinity })));
  const found = new Map<string, number>();
  for (let position = 1; ; position++) {
    const next = queue.take(nowMs + position, (projectId) => queue.served(projectId));
    if (next === null) return found;
    found.set(next.job.id, position);
  }
}

interface Server {
  freeAtMs: number;
  projectId: string | null;
  /** Not one that has yet to be started. */
  isThere: boolean;
}

interface Start {
  readonly atMs: number;
  readonly isWarm: boolean;
}

/** Starts of the jobs that get a runner at all. */
function play(view: QueueView, end: keyof Span): Map<string, Start> {
  const servers = serversOf(view, end);
  const queue = new Queue(view.projects);
  const starts = new Map<string, Start>();
  for (;;) {
    const server = firstFree(servers);
    if (!server || server.freeAtMs === Infinity || queue.isEmpty) return starts;
    const atMs = server.freeAtMs;
    server.projectId = null;
    const held = heldBy(servers);
    const next = queue.take(atMs, (projectId) => held.get(projectId) ?? 0);
    if (next) {
      starts.set(next.job.id, { atMs, isWarm: server.isThere });
      Object.assign(server, { freeAtMs: atMs + next.job.runMs[end], projectId: next.projectId, isThere: true });
    }
    // All are at their limit: it is looked for again when the next runner is free.
    else server.freeAtMs = Math.min(...servers.map((other) => (other.projectId === null ? Infinity : other.freeAtMs)));
  }
}

function serversOf(view: QueueView, end: keyof Span): Server[] {
  const { nowMs } = view;
  const there = view.runners.map((runner): Server => {
    return { freeAtMs: Math.max(nowMs, runner.freeAtMs[end]), projectId: runner.projectId, isThere: true };
  });
  const waiting = view.projects.reduce((sum, { jobs }) => sum + jobs.length, 0);
  const booting = Array.from({ length: Math.min(view.startable, waiting) }, (): Server => {
    return { freeAtMs: Math.max(nowMs, view.bootedAtMs[end]), projectId: null, isThere: false };
  });
  return [...there, ...booting];
}

function heldBy(servers: readonly Server[]): Map<string, number> {
  const held = new Map<string, number>();
  for (const { projectId } of servers) if (projectId !== null) held.set(projectId, (held.get(projectId) ?? 0) + 1);
  return held;
}

/** Of those that are free at once, one whose job ends then, so that its project may have another; else one that is there. */
function firstFree(servers: readonly Server[]): Server | undefined {
  return servers.reduce<Server | undefined>((first, server) => {
    const isSooner = !first || server.freeAtMs < first.freeAtMs;
    const endsThen = server.freeAtMs === first?.freeAtMs && first.projectId === null && server.projectId !== null;
    return isSooner || endsThen ? server : first;
  }, undefined);
}

/** The waiting jobs, as they are taken one after the other. */
class Queue {
  readonly #projects: readonly (WaitingProject & { taken: number; lastMs: number })[];

  constructor(projects: readonly WaitingProject[]) {
    this.#projects = projects.map((project) => ({ ...project, taken: 0, lastMs: project.servedAtMs }));
  }

  get isEmpty(): boolean {
    return this.#projects.every(({ jobs, taken }) => taken >= jobs.length);
  }

  /** Runners that a project would hold if none of its jobs ended. */
  served(projectId: string): number {
    const project = this.#projects.find((one) => one.projectId === projectId);
    return project ? project.running + project.taken : 0;
  }

  /** The next job, if any may run. @param running Runners that a project holds. */
  take(atMs: number, running: (projectId: string) => number): { projectId: string; job: WaitingJob } | null {
    const demands = this.#projects.flatMap((project) => {
      const job = project.jobs[project.taken];
      if (!job) return [];
      const { projectId, limit, lastMs: servedAtMs } = project;
      const { isAhead, sinceMs } = job;
      return [{ projectId, limit, servedAtMs, isAhead, sinceMs, running: running(projectId), project, job }];
    });
    const [next] = fairOrder(demands);
    if (!next) return null;
    next.project.taken++;
    next.project.lastMs = atMs;
    return { projectId: next.projectId, job: next.job };
  }
}
