/**
 * Waiting jobs, taken one after the other as runners would: projects by `fairOrder`, of each the first job that may start. A job
 * that may not start yet keeps its place, and those behind it go past.
 */
import { fairest, type ProjectDemand } from './fair-order.js';

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
  /** No runner takes it before; any time unless said. Jobs behind it do not wait for it. */
  readonly notBeforeMs?: Span;
}

export interface WaitingProject extends Pick<ProjectDemand, 'projectId' | 'running' | 'limit' | 'servedAtMs'> {
  /** In its own order. */
  readonly jobs: readonly WaitingJob[];
}

interface Taking {
  /** Jobs that may start then. */
  readonly dueMs: number;
  /** Counts as the time at which its project was served. */
  readonly servedAtMs: number;
  /** Runners that a project holds. */
  readonly running: (projectId: string) => number;
}

/** The waiting jobs, as they are taken one after the other. */
export class WaitingQueue {
  readonly #projects: readonly ProjectInTurn[];
  readonly #byId: ReadonlyMap<string, ProjectInTurn>;

  constructor(projects: readonly WaitingProject[], end: keyof Span) {
    this.#projects = projects.map((project) => new ProjectInTurn(project, new WaitingJobs(project.jobs, end)));
    this.#byId = new Map(this.#projects.map((project) => [project.projectId, project]));
  }

  get isEmpty(): boolean {
    return this.#projects.every(({ left }) => left.isEmpty);
  }

  /** Runners that a project would hold if none of its jobs ended. */
  served(projectId: string): number {
    const project = this.#byId.get(projectId);
    return project ? project.held + project.left.taken : 0;
  }

  /** When the next of those that may not start at `atMs` may; Infinity where there is none. */
  nextDueMs(atMs: number): number {
    return Math.min(...this.#projects.map(({ left }) => left.nextDueMs(atMs)));
  }

  /** The next job, if any may run. */
  take({ dueMs, servedAtMs, running }: Taking): { projectId: string; job: WaitingJob } | null {
    for (const project of this.#projects) project.lookAt(dueMs, running(project.projectId));
    const project = fairest(this.#projects);
    const job = project?.first;
    if (!project || !job) return null;
    project.left.take(job);
    project.servedAtMs = servedAtMs;
    return { projectId: project.projectId, job };
  }
}

/** What a project demands at one moment of the play. One object serves all moments: a queue is thousands of them. */
class ProjectInTurn implements ProjectDemand {
  readonly projectId: string;
  readonly left: WaitingJobs;
  /** Runners it held before the play. */
  readonly held: number;
  readonly #limit: number;
  first: WaitingJob | undefined;
  isAhead = false;
  sinceMs = 0;
  running = 0;
  limit = 0;
  servedAtMs: number;

  constructor({ projectId, running, limit, servedAtMs }: WaitingProject, left: WaitingJobs) {
    this.projectId = projectId;
    this.left = left;
    this.held = running;
    this.#limit = limit;
    this.servedAtMs = servedAtMs;
  }

  lookAt(dueMs: number, running: number): void {
    this.first = this.left.first(dueMs);
    this.isAhead = this.first?.isAhead ?? false;
    this.sinceMs = this.first?.sinceMs ?? 0;
    this.running = running;
    // Without a job that may start it demands nothing.
    this.limit = this.first ? this.#limit : 0;
  }
}

/** What is left of the jobs of a project. Few of them may not start yet, so the first that may is near the front. */
class WaitingJobs {
  readonly #jobs: readonly WaitingJob[];
  readonly #held: readonly WaitingJob[];
  readonly #end: keyof Span;
  readonly #taken = new Set<WaitingJob>();
  #front = 0;

  constructor(jobs: readonly WaitingJob[], end: keyof Span) {
    this.#jobs = jobs;
    this.#held = jobs.filter(({ notBeforeMs }) => notBeforeMs);
    this.#end = end;
  }

  get isEmpty(): boolean {
    return this.#taken.size === this.#jobs.length;
  }

  /** How many were taken. */
  get taken(): number {
    return this.#taken.size;
  }

  /** The first in the project's own order that may start at `dueMs`. */
  first(dueMs: number): WaitingJob | undefined {
    for (let i = this.#front; i < this.#jobs.length; i++) {
      const job = this.#jobs[i];
      if (job && !this.#taken.has(job) && this.#dueMs(job) <= dueMs) return job;
    }
    return undefined;
  }

  take(job: WaitingJob): void {
    this.#taken.add(job);
    for (let front = this.#jobs[this.#front]; front && this.#taken.has(front); front = this.#jobs[this.#front]) {
      this.#front++;
    }
  }

  /** When the next of those that may not start at `atMs` may; Infinity where there is none. */
  nextDueMs(atMs: number): number {
    const due = this.#held.filter((job) => !this.#taken.has(job)).map((job) => this.#dueMs(job));
    return Math.min(...due.filter((dueMs) => dueMs > atMs));
  }

  #dueMs({ notBeforeMs }: WaitingJob): number {
    return notBeforeMs?.[this.#end] ?? -Infinity;
  }
}
