/**
 * When the jobs that wait will start: the queue played forward with the rule that runners choose by (`fairOrder`), once with every
 * duration at its low end and once at its high end. An estimate: jobs that come later with a higher priority, or end in another
 * order, move it.
 */
import { type Span, WaitingQueue, type WaitingProject } from './waiting-queue.js';

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

/** By the order alone: runners would be served one by one and none would end. Who may not start yet is behind who may. */
function positions({ nowMs, projects }: QueueView): Map<string, number> {
  const queue = new WaitingQueue(
    projects.map((project) => ({ ...project, limit: Infinity })),
    'earliest',
  );
  const found = new Map<string, number>();
  let dueMs = nowMs;
  while (!queue.isEmpty) {
    const servedAtMs = nowMs + found.size + 1;
    const next = queue.take({ dueMs, servedAtMs, running: (projectId) => queue.served(projectId) });
    if (next) found.set(next.job.id, found.size + 1);
    else dueMs = queue.nextDueMs(dueMs);
  }
  return found;
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
  const queue = new WaitingQueue(view.projects, end);
  const starts = new Map<string, Start>();
  for (;;) {
    const server = firstFree(servers);
    if (!server || server.freeAtMs === Infinity || queue.isEmpty) return starts;
    const atMs = server.freeAtMs;
    server.projectId = null;
    const held = heldBy(servers);
    const next = queue.take({ dueMs: atMs, servedAtMs: atMs, running: (projectId) => held.get(projectId) ?? 0 });
    if (next) {
      starts.set(next.job.id, { atMs, isWarm: server.isThere });
      Object.assign(server, { freeAtMs: atMs + next.job.runMs[end], projectId: next.projectId, isThere: true });
    }
    // All are at their limit or may not start yet: it looks again when a runner is free, or a job may start.
    else server.freeAtMs = Math.min(queue.nextDueMs(atMs), ...servers.map(endsAtMs));
  }
}

const endsAtMs = ({ projectId, freeAtMs }: Server): number => (projectId === null ? Infinity : freeAtMs);

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
