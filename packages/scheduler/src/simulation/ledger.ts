/** What a simulated run cost and how long its jobs waited, by the day on which it was caused. */
export type StartKind =
  /** The runner had the model in memory. */
  | 'warm'
  /** The runner was there and loaded the model. */
  | 'swap'
  /** The job waited for a runner that was woken. */
  | 'cold';

export interface Costs {
  idleMs: number;
  startupMs: number;
  delayMs: number;
}

export interface RunnerLife {
  /** Boot and loads. */
  readonly startupMs: number;
  /** From its birth to the end of its last job; 0 when it had none. */
  readonly usefulMs: number;
}

const DAY_MS = 86_400_000;

export class Ledger {
  readonly days = new Map<number, Costs>();
  readonly delaysMs: Float64Array;
  readonly kinds: (StartKind | undefined)[];
  readonly lives: RunnerLife[] = [];
  busyMs = 0;
  wakes = 0;
  evictions = 0;
  interruptions = 0;
  lostMs = 0;
  refusedClaims = 0;

  constructor(jobs: number) {
    this.delaysMs = new Float64Array(jobs);
    this.kinds = new Array<StartKind | undefined>(jobs).fill(undefined);
  }

  add(cost: keyof Costs, atMs: number, ms: number): void {
    this.#day(atMs)[cost] += ms;
  }

  started(job: { readonly id: number; readonly arriveMs: number }, kind: StartKind, delayMs: number): void {
    // An interrupted job starts twice and waits twice; what kind of start it was, the first one says.
    this.kinds[job.id] ??= kind;
    this.delaysMs[job.id] = (this.delaysMs[job.id] as number) + delayMs;
    this.add('delayMs', job.arriveMs, delayMs);
  }

  total(): Costs {
    const sum: Costs = { idleMs: 0, startupMs: 0, delayMs: 0 };
    for (const day of this.days.values()) {
      sum.idleMs += day.idleMs;
      sum.startupMs += day.startupMs;
      sum.delayMs += day.delayMs;
    }
    return sum;
  }

  #day(atMs: number): Costs {
    const day = Math.floor(atMs / DAY_MS);
    let costs = this.days.get(day);
    if (!costs) this.days.set(day, (costs = { idleMs: 0, startupMs: 0, delayMs: 0 }));
    return costs;
  }
}
