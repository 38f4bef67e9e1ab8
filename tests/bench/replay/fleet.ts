/**
 * What a deployment's scaling does, for runner processes of this machine: starts one when the scheduling policy says that a
 * submitted job is worth it, up to a bound, and none otherwise. When to leave, each runner decides by itself.
 */
import { type Action, INTERACTIVE_PRICES, type Lease, sharedPoolPolicy } from '@preheat/scheduler';
import type { LoggedProcess } from './process-log.js';

interface Member {
  readonly id: number;
  readonly process: LoggedProcess;
  state: Lease['state'];
  /** When that began. */
  sinceMs: number;
  /** The last one it took. */
  jobId: string | null;
}

export interface RunnerLife {
  readonly startedMs: number;
  /** It looks for work from then on. */
  readyMs: number;
  endedMs: number;
  busyMs: number;
}

export interface FleetOptions {
  readonly cap: number;
  /** As the policy is told: starting a runner, and what a model that is loaded saves. */
  readonly bootMs: number;
  readonly loadMs: number;
  /** Starts a runner on one of `cap` places. */
  start(place: number): LoggedProcess;
  /** What is known of a job; undefined until its id is. */
  describe(jobId: string): { readonly model: string; readonly estimateMs: number } | undefined;
}

export class Fleet {
  readonly lives: RunnerLife[] = [];
  readonly #options: FleetOptions;
  readonly #places: (Member | undefined)[];
  /** A runner may take a job before whoever submitted it hears its id. */
  readonly #taken = new Set<string>();
  readonly #waiting = new Set<string>();
  #isClosed = false;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#places = new Array<Member | undefined>(options.cap).fill(undefined);
  }

  /** What the policy says of a job that is about to be submitted. The view of the pool is the one before it. */
  decide(model: string): readonly Action[] {
    const event = { type: 'submitted' as const, model, estimateMs: 0 };
    const memory = { own: sharedPoolPolicy.nothing, pooled: sharedPoolPolicy.nothing };
    return sharedPoolPolicy.decide(this.#view(), event, memory).actions;
  }

  /** The job is there, and waits. */
  submitted(jobId: string, actions: readonly Action[]): void {
    if (!this.#taken.has(jobId)) this.#waiting.add(jobId);
    for (const { type } of actions) if (type === 'wake') this.#wake();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#members().map(({ process }) => process.stop()));
  }

  #view() {
    const { bootMs, loadMs } = this.#options;
    const leases = this.#members().map((member) => this.#lease(member));
    return {
      ...{ nowMs: performance.now(), prices: INTERACTIVE_PRICES, leases, bootMs, loadMs },
      ...{ queued: this.#waiting.size, backlogMs: 0, evictedPriority: 0 },
    };
  }

  #lease({ id, state, sinceMs, jobId }: Member): Lease {
    const { bootMs, describe } = this.#options;
    const job = jobId === null ? undefined : describe(jobId);
    const lastsMs = state === 'starting' ? bootMs : state === 'busy' ? (job?.estimateMs ?? 0) : 0;
    return { id, state, model: job?.model ?? null, freeAtMs: sinceMs + lastsMs };
  }

  #members(): Member[] {
    return this.#places.filter((member) => member !== undefined);
  }

  #wake(): void {
    const place = this.#places.indexOf(undefined);
    if (place < 0 || this.#isClosed) return;
    const process = this.#options.start(place);
    const life = { startedMs: process.startedMs, readyMs: NaN, endedMs: NaN, busyMs: 0 };
    const id = this.lives.push(life);
    const member: Member = { id, process, state: 'starting', sinceMs: process.startedMs, jobId: null };
    this.#places[place] = member;
    this.#follow(member, life);
    void process.ended.then(() => {
      life.endedMs = performance.now();
      // One that was stopped before it was ready never waited.
      if (Number.isNaN(life.readyMs)) life.readyMs = life.endedMs;
      this.#places[place] = undefined;
      // One that waits for room gets it.
      if (this.#waiting.size > this.#members().length) this.#wake();
    });
  }

  #follow(member: Member, life: RunnerLife): void {
    member.process.onLine(({ message, fields, atMs }) => {
      if (message === 'ready') life.readyMs = atMs;
      if (message === 'running a job') {
        const jobId = String(fields['jobId']);
        this.#taken.add(jobId);
        this.#waiting.delete(jobId);
        Object.assign(member, { state: 'busy', sinceMs: atMs, jobId });
      }
      if (message === 'left the job') life.busyMs += atMs - member.sinceMs;
      const isNew = message === 'waiting for work' && member.state === 'starting';
      if (isNew || message === 'left the job') Object.assign(member, { state: 'idle', sinceMs: atMs });
    });
  }
}
