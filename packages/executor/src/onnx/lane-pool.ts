// The lanes of an executor, started when first needed. A run takes the first lane that is free, preferring one that has
// compiled its program; runs that find none wait in the order they came.

import { OutOfMemoryError } from '../out-of-memory.js';
import type { Lane, LaneRun } from './lane.js';
import { PooledLane } from './pooled-lane.js';
import type { AttachedState, PooledLaneOptions } from './pooled-lane.js';
import type { ProgramForm, ProgramForms } from './program-form.js';
import { openLane } from './open-lane.js';
import type { LaneKind } from './open-lane.js';

export interface LanePoolOptions extends PooledLaneOptions {
  /** How lanes are made; the default makes real ones. */
  readonly open?: (kind: LaneKind) => Promise<Lane>;
}

export interface PooledRun {
  readonly form: ProgramForm;
  /** Worker threads that may take the run; 0 for this thread. */
  readonly workers: number;
  readonly state?: AttachedState;
  readonly request: Omit<LaneRun, 'program'>;
}

interface Waiting {
  readonly workers: number;
  readonly form: ProgramForm;
  readonly take: (lane: PooledLane) => void;
}

export class LanePool {
  readonly #options: PooledLaneOptions;
  readonly #openLane: (kind: LaneKind) => Promise<Lane>;
  readonly #workers: (PooledLane | undefined)[] = [];
  #local: PooledLane | undefined;
  readonly #waiting: Waiting[] = [];

  constructor({ open = openLane, ...options }: LanePoolOptions) {
    this.#options = options;
    this.#openLane = open;
  }

  async run({ form, workers, state, request }: PooledRun): Promise<Record<string, Float32Array>> {
    const lane = await this.#take(form, workers);
    try {
      return await lane.run(form, request, state);
    } catch (error) {
      // Every session holds an arena as large as its activations: idle ones are what can be given back.
      if (error instanceof OutOfMemoryError) await this.#releaseIdle(lane);
      throw error;
    } finally {
      this.#giveBack(lane);
    }
  }

  /** Makes the session of a program in every lane that may run it, while lanes are idle. Never rejects. */
  async prepare(form: ProgramForm, workers: number): Promise<void> {
    const lanes =
      workers === 0 ? [this.#openLocal()] : Array.from({ length: workers }, (_, index) => this.#openWorker(index));
    const prepare = (lane: PooledLane) =>
      new Promise<void>((over) => {
        lane.planAhead(form, over);
        this.#prepareNext(lane);
      });
    await Promise.all(lanes.filter((lane) => !lane.has(form)).map(prepare));
  }

  /** Starts a thread ahead of its first run. */
  warm(workers: number): void {
    if (workers > 0) this.#openWorker(0);
  }

  /** Frees what lanes hold of these programs and of a training state. */
  async forget(owner: ProgramForms, state?: number): Promise<void> {
    for (const lane of this.#lanes()) {
      await lane.cancelAhead(owner);
      await lane.releaseAll(owner);
      if (state !== undefined) await lane.detach(state);
    }
  }

  async dispose(): Promise<void> {
    for (const lane of this.#lanes()) await lane.cancelAhead();
    await Promise.all(this.#lanes().map((lane) => lane.close()));
    this.#workers.length = 0;
    this.#local = undefined;
  }

  /** Frees the sessions of a lane that is done, and of those that wait for work. */
  async #releaseIdle(done: PooledLane): Promise<void> {
    for (const lane of this.#lanes()) if (lane === done || !lane.isBusy) await lane.releaseAll();
  }

  #lanes(): PooledLane[] {
    return [this.#local, ...this.#workers].filter(isOpen);
  }

  async #take(form: ProgramForm, workers: number): Promise<PooledLane> {
    const lane = this.#free(form, workers);
    if (!lane) return new Promise((take) => this.#waiting.push({ workers, form, take }));
    lane.isBusy = true;
    return lane;
  }

  #giveBack(lane: PooledLane): void {
    lane.isBusy = false;
    // Whoever waited longest for a lane that is free now; a lane that broke makes room for a new one.
    for (const [index, { workers, form, take }] of this.#waiting.entries()) {
      const free = this.#free(form, workers);
      if (!free) continue;
      this.#waiting.splice(index, 1);
      free.isBusy = true;
      take(free);
      break;
    }
    this.#prepareNext(lane);
  }

  #prepareNext(lane: PooledLane): void {
    if (lane.isBusy) return;
    if (lane.isUsable) lane.prepareNext(() => this.#giveBack(lane));
    // Nobody may wait for what a lost lane was to make.
    else void lane.cancelAhead();
  }

  #free(form: ProgramForm, workers: number): PooledLane | undefined {
    if (workers === 0) return this.#freeLocal();
    const started = this.#workers.slice(0, workers).filter(isOpen);
    const idle = started.filter(({ isBusy }) => !isBusy);
    const ready = idle.find((lane) => lane.has(form)) ?? idle[0];
    if (ready || started.length === workers) return ready;
    const indices = Array.from({ length: workers }, (_, index) => index);
    return this.#start(indices.find((index) => !isOpen(this.#workers[index])) ?? 0);
  }

  #freeLocal(): PooledLane | undefined {
    const local = this.#openLocal();
    return local.isBusy ? undefined : local;
  }

  #openLocal(): PooledLane {
    this.#local ??= new PooledLane(this.#openLane('here'), this.#options);
    return this.#local;
  }

  #openWorker(index: number): PooledLane {
    const known = this.#workers[index];
    return isOpen(known) ? known : this.#start(index);
  }

  #start(index: number): PooledLane {
    const lane = new PooledLane(this.#openLane('worker'), this.#options);
    this.#workers[index] = lane;
    return lane;
  }
}

function isOpen(lane: PooledLane | undefined): lane is PooledLane {
  return lane?.isUsable === true;
}
