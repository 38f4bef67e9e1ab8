/**
 * One read for everybody who asks within a moment: a hundred streams of one job poll the store like one. What is shared is
 * the document, never a decision about who may see it.
 */
import type { JobDocument } from '@preheat/contracts';
import type { JobStore } from '@preheat/jobs';
import type { Clock } from '@preheat/ports';

interface SharedRead {
  readonly atMs: number;
  readonly job: Promise<JobDocument | undefined>;
}

export class SharedReads {
  readonly #jobs: JobStore;
  readonly #clock: Clock;
  readonly #lastsMs: number;
  readonly #reads = new Map<string, SharedRead>();

  /** @param lastsMs How old a read may be to be given to another caller. */
  constructor(jobs: JobStore, clock: Clock, lastsMs: number) {
    this.#jobs = jobs;
    this.#clock = clock;
    this.#lastsMs = lastsMs;
  }

  /** The job, if it belongs to the project. */
  async get(projectId: string, jobId: string): Promise<JobDocument | undefined> {
    const nowMs = this.#clock.nowMs();
    const key = `${projectId} ${jobId}`;
    const known = this.#reads.get(key);
    if (known && nowMs - known.atMs < this.#lastsMs) return known.job;
    for (const [old, { atMs }] of this.#reads) {
      if (nowMs - atMs < this.#lastsMs) break;
      this.#reads.delete(old);
    }
    const job = this.#jobs.get(projectId, jobId);
    this.#reads.delete(key);
    this.#reads.set(key, { atMs: nowMs, job });
    return job;
  }
}
