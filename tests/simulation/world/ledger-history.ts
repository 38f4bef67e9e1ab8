/**
 * Everything that ever took effect in the store of a simulated world, in order: what its objects are now, and every version
 * of every job. Properties are judged on it, whatever the writers believe.
 */
import type { JobDocument } from '@preheat/contracts';
import type { StoreWatcher } from '@preheat/simulator';

export interface JobVersion {
  readonly atMs: number;
  readonly job: JobDocument;
}

export interface Commit {
  readonly atMs: number;
  readonly key: string;
  readonly body: Uint8Array;
  /** For a write of a job document: its versions up to and with this one. */
  readonly versions: readonly JobVersion[] | undefined;
}

/** Told about every change the moment it takes effect. */
export interface LedgerJudge {
  written(commit: Commit): void;
  deleted(key: string): void;
}

const JOB_KEY = /^jobs\/([^/]+)\/job\.json$/;

export class LedgerHistory implements StoreWatcher {
  readonly objects = new Map<string, { readonly body: Uint8Array; readonly atMs: number }>();
  readonly jobs = new Map<string, JobVersion[]>();
  readonly #nowMs: () => number;
  readonly #judge: LedgerJudge;

  constructor(nowMs: () => number, judge: LedgerJudge) {
    this.#nowMs = nowMs;
    this.#judge = judge;
  }

  written(key: string, body: Uint8Array): void {
    const atMs = this.#nowMs();
    this.objects.set(key, { body, atMs });
    const jobId = JOB_KEY.exec(key)?.[1];
    const versions = jobId === undefined ? undefined : (this.jobs.get(jobId) ?? []);
    if (jobId !== undefined && versions) {
      versions.push({ atMs, job: JSON.parse(new TextDecoder().decode(body)) as JobDocument });
      this.jobs.set(jobId, versions);
    }
    this.#judge.written({ atMs, key, body, versions });
  }

  deleted(key: string): void {
    if (this.objects.delete(key)) this.#judge.deleted(key);
  }

  /** The job as it is now. */
  latest(jobId: string): JobDocument | undefined {
    return this.jobs.get(jobId)?.at(-1)?.job;
  }
}
