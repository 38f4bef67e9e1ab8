/**
 * A whole platform under one seed: store and queue with faults, API machines, runners and sweepers from the production
 * factories on simulated processes that crash, pause and disagree about the time, and users who submit and change their
 * minds. It keeps the evidence that the properties are judged by.
 */
import { MemoryObjectStore, MemoryWorkQueue } from '@preheat/adapters/memory';
import { DeadLetters, JobStore, type JobStoreDependencies } from '@preheat/jobs';
import type { Clock, JsonValue, Log, ObjectStore } from '@preheat/ports';
import { FaultyQueue, FaultyStore, SimulatedProcess, type Simulation, WatchedStore } from '@preheat/simulator';
import type { FaultPlan } from './fault-plan.js';
import { drawFaults } from './fault-plan.js';
import { type Commit, LedgerHistory } from './ledger-history.js';
import type { ProcessPorts } from './process-ports.js';
import type { Attempt, Endpoint } from './sim-client.js';
import { drawJobs, type PlannedJob } from './work-plan.js';

export const LEASE_TTL_MS = 10_000;

export interface WorldJudge {
  written(commit: Commit, world: World): void;
  deleted(key: string, world: World): void;
}

export class World {
  readonly simulation: Simulation;
  readonly startMs: number;
  readonly faults: FaultPlan;
  readonly plan: readonly PlannedJob[];
  readonly history: LedgerHistory;
  /** Every request of every user. */
  readonly attempts: Attempt[] = [];
  /** Job ids by index of the plan, once acknowledged. */
  readonly submitted = new Map<number, string>();
  readonly log: Log;
  endpoints: readonly Endpoint[] = [];
  /** The store as it is. */
  readonly truth: ObjectStore;
  readonly store: FaultyStore;
  readonly jobQueue: FaultyQueue<JsonValue>;
  readonly evaluationQueue: FaultyQueue<JsonValue>;
  readonly #processes = new Set<SimulatedProcess>();
  #isCalm = false;
  #isOver = false;

  constructor(simulation: Simulation, log: Log, judge: WorldJudge) {
    const { clock, random } = simulation;
    this.simulation = simulation;
    this.startMs = clock.nowMs();
    this.log = log;
    this.faults = drawFaults(random.fork('faults'), LEASE_TTL_MS);
    this.plan = drawJobs(random.fork('plan'));
    this.history = new LedgerHistory(() => clock.nowMs(), {
      written: (commit) => judge.written(commit, this),
      deleted: (key) => judge.deleted(key, this),
    });
    this.truth = new WatchedStore(new MemoryObjectStore({ clock }), this.history);
    this.store = new FaultyStore(this.truth, { clock, random: random.fork('store'), faults: this.faults.store, log });
    const queue = (name: string) =>
      new FaultyQueue<JsonValue>(new MemoryWorkQueue<JsonValue>({ clock }), {
        random: random.fork(name),
        faults: this.faults.queue,
        log,
      });
    this.jobQueue = queue('job queue');
    this.evaluationQueue = queue('evaluation queue');
  }

  get areClocksUseless(): boolean {
    return 2 * this.faults.skewMaxMs > LEASE_TTL_MS / 2;
  }

  get isCalm(): boolean {
    return this.#isCalm;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** When the last process wakes that is suspended; in the past when all run. */
  get awakeAtMs(): number {
    return Math.max(...[...this.#processes].map(({ pausedUntilMs }) => pausedUntilMs));
  }

  /** Every process stops, and none starts again. */
  end(): void {
    this.#isOver = true;
    for (const process of this.#processes) process.crash();
  }

  /** From now on nothing fails any more; what failed stays as it is, and clocks stay wrong. */
  calm(): void {
    this.#isCalm = true;
    this.log.info('faults stop');
    for (const part of [this.store, this.jobQueue, this.evaluationQueue, ...this.#processes]) part.heal();
  }

  /** A new process. Those of one machine have one clock. */
  startProcess(name: string, machine: string, kind: 'runner' | 'api' | 'sweeper'): SimulatedProcess {
    const { clock, random } = this.simulation;
    const { skewMaxMs } = this.faults;
    const skewMs = random.fork(`clock of ${machine}`).int(2 * skewMaxMs + 1) - skewMaxMs;
    const faults = this.#isCalm ? {} : this.faults[kind];
    const process = new SimulatedProcess({ name, clock, random: random.fork(name), faults, skewMs, log: this.log });
    this.#processes.add(process);
    void process.crashed.then(() => this.#processes.delete(process));
    return process;
  }

  portsOf(process: SimulatedProcess): ProcessPorts {
    return {
      store: process.reach(this.store),
      jobQueue: process.reach(this.jobQueue),
      evaluationQueue: process.reach(this.evaluationQueue),
      clock: process.clock,
      ids: this.simulation.ids,
      log: this.log.child({ process: process.name }),
    };
  }

  /** Jobs as they are, without faults. */
  trueJobs(): JobStore {
    return new JobStore(this.#trueDependencies());
  }

  /** What an operator works on. */
  deadLetters(): DeadLetters {
    return new DeadLetters(this.trueJobs(), this.#trueDependencies());
  }

  #trueDependencies(): JobStoreDependencies {
    const { clock, ids } = this.simulation;
    // Whole milliseconds, as a system's clock counts.
    const wholeMs: Clock = {
      nowMs: () => Math.floor(clock.nowMs()),
      sleep: (ms, signal) => clock.sleep(ms, signal),
    };
    return { store: this.truth, queue: this.jobQueue, clock: wholeMs, ids, log: this.log };
  }
}
