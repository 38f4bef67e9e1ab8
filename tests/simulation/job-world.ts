/** A small world for the job machine: memory store and queue on a virtual clock, with predictable ids. */
import { MemoryObjectStore, MemoryWorkQueue } from '@preheat/adapters/memory';
import { JobStore, type JobStoreDependencies, LeasedJob, type NewJob, type RequestIdentity } from '@preheat/jobs';
import { type Ids, type JsonValue, type Log, type ObjectStore, VirtualClock } from '@preheat/ports';

export const LEASE_TTL_MS = 10_000;

export const quietLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => quietLog,
};

export class CountingIds implements Ids {
  #count = 0;
  next(prefix: string): string {
    return `${prefix}${String(this.#count++).padStart(6, '0')}`;
  }
}

export const newJob: NewJob = {
  model: 'preheat-1m',
  trainingFile: 'file-a',
  validationFile: null,
  suffix: null,
  seed: 1,
  metadata: null,
  method: null,
  phases: [
    { type: 'supervised', algorithm: 'sft', trainingFile: 'file-a', validationFile: null, grader: null, config: {} },
  ],
};

export function identity(over: Partial<RequestIdentity> = {}): RequestIdentity {
  return { projectId: 'proj-a', keyDigest: null, bodyDigest: 'abc', isRetry: false, ...over };
}

export class JobWorld {
  readonly clock = new VirtualClock();
  readonly ids = new CountingIds();
  readonly queue = new MemoryWorkQueue<JsonValue>({ clock: this.clock });
  readonly store: ObjectStore;
  readonly deps: JobStoreDependencies;
  readonly jobs: JobStore;

  constructor(wrap: (store: ObjectStore) => ObjectStore = (store) => store) {
    this.store = wrap(new MemoryObjectStore({ clock: this.clock }));
    this.deps = { store: this.store, queue: this.queue, clock: this.clock, ids: this.ids, log: quietLog };
    this.jobs = new JobStore(this.deps);
  }

  async created(over: Partial<RequestIdentity> = {}) {
    const outcome = await this.jobs.create(newJob, identity(over));
    if (!outcome.ok) throw new Error(outcome.reason);
    return outcome.job;
  }

  acquire(jobId: string, runnerId: string): Promise<LeasedJob | undefined> {
    return LeasedJob.acquire({ jobs: this.jobs, store: this.store, clock: this.clock }, jobId, runnerId, LEASE_TTL_MS);
  }

  async state(jobId: string): Promise<string | undefined> {
    return (await this.jobs.read(jobId))?.document.state;
  }
}

export const checkpointAt = (step: number, endsPhase = false) => ({
  id: `ftckpt_${step}`,
  createdAtMs: 0,
  phaseIndex: 0,
  phaseStep: step,
  step,
  prefix: `jobs/x/attempts/1/${step}`,
  model: `ft:m:ckpt-step-${step}`,
  endsPhase,
  trainedTokens: step * 100,
  metrics: {},
});
