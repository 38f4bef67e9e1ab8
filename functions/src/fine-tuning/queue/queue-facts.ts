/**
 * What a look at the queue reads from the store. Clients poll jobs, and a look is dozens of reads: one serves everybody who asks
 * within a second, or longer where it took long itself, and nobody waits for a slow one who can be told what the last one saw. How
 * long a waiting job runs is read once.
 */
import type { CapacityHold, JobDocument, RunnerRecord } from '@preheat/contracts';
import {
  CapacityHolds,
  ProjectRosters,
  type RosterDependencies,
  RunnerRegistry,
  runTimeLeft,
  type WaitingEntry,
  waitingJobs,
} from '@preheat/jobs';
import type { Log } from '@preheat/ports';
import type { Span } from '@preheat/scheduler';

export type QueueDependencies = RosterDependencies & { readonly log: Log };

/** How long a look is held at least. */
const HELD_MS = 1000;
/** And at least this many times as long as it took: looks at a deep queue leave the process to its requests. */
const HELD_TIMES = 20;
/** How long a request waits for a new look while there is one that was held until now. */
const PATIENCE_MS = 50;
/** For how long after its time a look still serves those who wait; a process that slept longer must look first. */
const USABLE_MS = 10_000;
/** Documents of waiting jobs that one look reads; the others are taken to run as long as those that are known. */
const MAX_READ = 16;
const UNKNOWN: Span = { earliest: 0, latest: Infinity };

type Roster = Awaited<ReturnType<ProjectRosters['read']>>;

export class QueueLook {
  readonly #deps: QueueDependencies;
  /** Null: more wait than one looks at. */
  readonly listed: readonly WaitingEntry[] | null;
  readonly runners: readonly RunnerRecord[];
  /** Null: jobs are started. */
  readonly hold: CapacityHold | null;
  readonly #rosters = new Map<string, Promise<Roster>>();

  constructor(deps: QueueDependencies, { listed, runners, hold }: Pick<QueueLook, 'listed' | 'runners' | 'hold'>) {
    this.#deps = deps;
    this.listed = listed;
    this.runners = runners;
    this.hold = hold;
  }

  roster(projectId: string, limit: number): Promise<Roster> {
    const known = this.#rosters.get(projectId) ?? new ProjectRosters(this.#deps).read(projectId, limit);
    this.#rosters.set(projectId, known);
    return known;
  }
}

export class QueueFacts {
  readonly #deps: QueueDependencies;
  #held: { readonly untilMs: number; readonly look: QueueLook } | null = null;
  #reading: Promise<QueueLook> | null = null;
  /** By runner class and entry; what a job has done moves its entry. Null: nothing is known of it. */
  #runTimes = new Map<string, Span | null>();
  /** Jobs whose documents could not be read when they were asked for last. */
  #unread = new Set<string>();

  constructor(deps: QueueDependencies) {
    this.#deps = deps;
  }

  async look(): Promise<QueueLook> {
    const { clock } = this.#deps;
    const [held, nowMs] = [this.#held, clock.nowMs()];
    if (held && nowMs < held.untilMs) return held.look;
    const reading = (this.#reading ??= this.#renew());
    if (!held || nowMs >= held.untilMs + USABLE_MS) return reading;
    return Promise.race([reading, clock.sleep(PATIENCE_MS).then(() => held.look)]);
  }

  /** The next asks the store again. */
  forget(): void {
    this.#held = null;
  }

  /** How long waiting jobs run, of those that are known; of the others, the range of these. */
  async runTimes(
    entries: readonly WaitingEntry[],
    shown: readonly JobDocument[],
    runnerClass: string,
  ): Promise<(jobId: string) => Span> {
    const documents = new Map(shown.map((job) => [job.id, job]));
    const keyOf = ({ key }: WaitingEntry) => `${runnerClass} ${key}`;
    const missing = entries.filter((entry) => !documents.has(entry.jobId) && !this.#runTimes.has(keyOf(entry)));
    const read = await this.#documentsOf(missing.map(({ jobId }) => jobId));
    for (const [jobId, job] of read) if (job) documents.set(jobId, job);
    const kept = new Map<string, Span | null>();
    const byJob = new Map<string, Span>();
    for (const entry of entries) {
      const job = documents.get(entry.jobId);
      const span = job ? spanOf(job, runnerClass) : read.has(entry.jobId) ? null : this.#runTimes.get(keyOf(entry));
      if (span !== undefined) kept.set(keyOf(entry), span);
      if (span) byJob.set(entry.jobId, span);
    }
    this.#runTimes = kept;
    const spans = [...byJob.values()];
    const usual =
      spans.length === 0
        ? UNKNOWN
        : {
            earliest: Math.min(...spans.map(({ earliest }) => earliest)),
            latest: Math.max(...spans.map(({ latest }) => latest)),
          };
    return (jobId) => byJob.get(jobId) ?? usual;
  }

  /** Of at most `MAX_READ` jobs, those that could be asked for; null: there is none. */
  async #documentsOf(jobIds: readonly string[]): Promise<Map<string, JobDocument | null>> {
    // One that could not be read is asked for again, after those that were not asked for yet.
    const inTurn = [...jobIds.filter((id) => !this.#unread.has(id)), ...jobIds.filter((id) => this.#unread.has(id))];
    const asked = inTurn.slice(0, MAX_READ);
    const answers = await Promise.allSettled(asked.map((jobId) => this.#deps.jobs.read(jobId)));
    const found = new Map<string, JobDocument | null>();
    this.#unread = new Set();
    for (const [index, jobId] of asked.entries()) {
      const answer = answers[index];
      if (answer?.status === 'fulfilled') found.set(jobId, answer.value?.document ?? null);
      else this.#unread.add(jobId);
    }
    return found;
  }

  #renew(): Promise<QueueLook> {
    const reading = this.#read().finally(() => {
      this.#reading = null;
    });
    // Whoever asked may have been told what the last look saw.
    reading.catch(() => undefined);
    return reading;
  }

  async #read(): Promise<QueueLook> {
    const { store, clock } = this.#deps;
    const beganMs = clock.nowMs();
    const [listed, runners, hold] = await Promise.all([
      waitingJobs(store),
      new RunnerRegistry(this.#deps).alive(),
      new CapacityHolds(this.#deps).current(),
    ]);
    const look = new QueueLook(this.#deps, { listed, runners, hold });
    const nowMs = clock.nowMs();
    this.#held = { untilMs: beganMs + Math.max(HELD_MS, HELD_TIMES * (nowMs - beganMs)), look };
    return look;
  }
}

function spanOf(job: JobDocument, runnerClass: string): Span | null {
  const left = runTimeLeft(job, runnerClass);
  return left && { earliest: left.low * 1000, latest: left.high * 1000 };
}
