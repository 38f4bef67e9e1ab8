/**
 * Which jobs of a project hold a runner: what bounds a project and shares runners between projects. A job enters after it
 * was leased and before it trains, by compare-and-swap, so a bound holds whoever races. Whom a crash left on the list is
 * found by looking at the lease: when the list is full, and by the sweeper.
 */
import { type JobDocument, KEYS, type Lease, MAX_ROSTER, ProjectRoster } from '@preheat/contracts';
import type { Clock, Ids, ObjectStore } from '@preheat/ports';
import { DocumentStore } from './document-store.js';
import type { JobStore } from './job-store.js';

export interface RosterDependencies {
  readonly jobs: JobStore;
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly ids: Ids;
}

interface Holder {
  readonly job: Pick<JobDocument, 'id' | 'projectId'>;
  readonly lease: Pick<Lease, 'epoch'>;
}

export class ProjectRosters {
  readonly #deps: RosterDependencies;
  readonly #documents: DocumentStore<typeof ProjectRoster>;

  constructor(deps: RosterDependencies) {
    this.#deps = deps;
    this.#documents = new DocumentStore(deps.store, ProjectRoster, deps.ids);
  }

  /**
   * How many hold a runner, and when one last got it; a project that never ran anything has 0 and 0. At `bound`, whom a crash
   * left on the list is not counted.
   */
  async read(projectId: string, bound = MAX_ROSTER): Promise<{ running: number; servedAtMs: number }> {
    const { running = [], servedAtMs = 0 } = (await this.#documents.read(KEYS.roster(projectId)))?.document ?? {};
    const counted = running.length < bound ? running : await this.#alive(running);
    return { running: counted.length, servedAtMs };
  }

  /** Puts a leased job on the list. False when `bound` others of its project hold a runner: it must be given back. */
  async enter({ job, lease }: Holder, bound: number): Promise<boolean> {
    const limit = Math.min(bound, MAX_ROSTER);
    await this.#create(job.projectId);
    let isIn = false;
    await this.#documents.update(KEYS.roster(job.projectId), async (roster) => {
      // A runner that paused since it leased the job has lost it, as its first write will tell: the later lease stays listed.
      isIn = roster.running.some(({ jobId, epoch }) => jobId === job.id && epoch > lease.epoch);
      if (isIn) return undefined;
      const others = roster.running.filter(({ jobId }) => jobId !== job.id);
      const running = others.length < limit ? others : await this.#alive(others);
      isIn = running.length < limit;
      if (!isIn) return running.length === roster.running.length ? undefined : { ...roster, running };
      const entry = { jobId: job.id, epoch: lease.epoch };
      return { ...roster, running: [...running, entry], servedAtMs: this.#deps.clock.nowMs() };
    });
    return isIn;
  }

  /** Takes a job off the list, unless a later lease of it is on there. */
  async leave({ job, lease }: Holder): Promise<void> {
    await this.#documents.update(KEYS.roster(job.projectId), (roster) => {
      const running = roster.running.filter(({ jobId, epoch }) => jobId !== job.id || epoch > lease.epoch);
      return running.length === roster.running.length ? undefined : { ...roster, running };
    });
  }

  async #create(projectId: string): Promise<void> {
    const key = KEYS.roster(projectId);
    if (await this.#documents.read(key)) return;
    const writeId = this.#documents.nextWriteId();
    await this.#documents.create(key, { schemaVersion: 1, writeId, running: [], servedAtMs: 0 });
  }

  async #alive(running: ProjectRoster['running']): Promise<ProjectRoster['running']> {
    const leases = await Promise.all(running.map(async ({ jobId }) => (await this.#deps.jobs.read(jobId))?.document));
    return running.filter(({ epoch }, i) => leases[i]?.lease?.epoch === epoch);
  }
}
