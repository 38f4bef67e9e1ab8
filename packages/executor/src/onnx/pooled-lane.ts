// A lane of a pool with the record of what is in it: which programs are compiled (bounded, the least recently used is
// released), which are to be compiled when there is nothing to run, and which training states are attached.

import { freemem } from 'node:os';
import { recogniseOutOfMemory } from '../out-of-memory.js';
import type { Lane, LaneRun, SharedParameters } from './lane.js';
import type { ProgramForm, ProgramForms } from './program-form.js';

/** A training state as lanes know it. */
export interface AttachedState {
  readonly id: number;
  readonly parameters: SharedParameters;
}

/** When a session was made. */
export type SessionMoment = 'ahead' | 'while a run waited';

export interface PooledLaneOptions {
  readonly maxSessions: number;
  /** Of the arenas of all sessions of a lane but the last used; no limit by default. */
  readonly maxSessionBytes?: number | undefined;
  readonly onSession?: ((moment: SessionMoment) => void) | undefined;
}

interface Preparation {
  readonly form: ProgramForm;
  readonly over: () => void;
}

export class PooledLane {
  isBusy = false;
  readonly #lane: Promise<Lane>;
  #opened: Lane | undefined;
  #couldNotOpen = false;
  readonly #options: PooledLaneOptions;
  /** In order of last use, oldest first. */
  readonly #programs = new Set<ProgramForm>();
  readonly #states = new Set<number>();
  #ahead: Preparation[] = [];
  #preparing: Promise<void> = Promise.resolve();

  constructor(lane: Promise<Lane>, options: PooledLaneOptions) {
    this.#lane = lane;
    this.#options = options;
    lane.then(
      (opened) => (this.#opened = opened),
      // Runs that wait for the lane reject with the reason.
      () => (this.#couldNotOpen = true),
    );
  }

  /** False once it cannot answer any more; a new one should take its place. */
  get isUsable(): boolean {
    return !this.#couldNotOpen && (this.#opened?.isUsable ?? true);
  }

  has(form: ProgramForm): boolean {
    return this.#programs.has(form);
  }

  /** Rejects with an OutOfMemoryError when memory ran out. */
  async run(form: ProgramForm, request: Omit<LaneRun, 'program'>, state?: AttachedState) {
    try {
      await this.#compile(form, 'while a run waited');
      const lane = await this.#lane;
      if (state && !this.#states.has(state.id)) {
        await lane.attach(state.id, state.parameters);
        this.#states.add(state.id);
      }
      return await lane.run({ ...request, program: form.id });
    } catch (error) {
      throw recogniseOutOfMemory(error, { device: 'CPU', bytesFree: freemem() });
    }
  }

  /** Asks for the session of a program; `over` is called when it is there, or will not be. */
  planAhead(form: ProgramForm, over: () => void): void {
    this.#ahead.push({ form, over });
  }

  /** Makes the next session that was asked for, if any, and then calls `done`. The lane must be idle. */
  prepareNext(done: () => void): void {
    const next = this.#ahead.shift();
    if (!next) return;
    this.isBusy = true;
    // What fails here fails in the run too, where it has somebody to tell.
    const made = this.#compile(next.form, 'ahead').catch(() => undefined);
    this.#preparing = made.then(() => {
      this.isBusy = false;
      next.over();
      done();
    });
  }

  /** Gives up the sessions that one user, or all, asked for; over when none of them is being made. */
  async cancelAhead(owner?: ProgramForms): Promise<void> {
    const isCancelled = ({ form }: Preparation) => owner === undefined || form.owner === owner;
    for (const { over } of this.#ahead.filter(isCancelled)) over();
    this.#ahead = this.#ahead.filter((preparation) => !isCancelled(preparation));
    await this.#preparing;
  }

  /** Makes the session of a program unless it is there. */
  async #compile(form: ProgramForm, moment: SessionMoment): Promise<void> {
    if (!this.#programs.delete(form)) {
      const lane = await this.#lane;
      await lane.compile(form.id, form.model, form.options);
      this.#options.onSession?.(moment);
    }
    this.#programs.add(form);
    await this.#evict();
  }

  /** Releases what was not used for longest, until the rest is within bounds. */
  async #evict(): Promise<void> {
    const { maxSessions, maxSessionBytes = Number.POSITIVE_INFINITY } = this.#options;
    let bytes = 0;
    for (const { arenaBytes } of this.#programs) bytes += arenaBytes;
    for (const oldest of [...this.#programs].slice(0, -1)) {
      if (this.#programs.size <= maxSessions && bytes <= maxSessionBytes) return;
      bytes -= oldest.arenaBytes;
      await this.#release(oldest);
    }
  }

  /** Frees the sessions of one user, or of all. */
  async releaseAll(owner?: ProgramForms): Promise<void> {
    for (const form of [...this.#programs]) if (!owner || form.owner === owner) await this.#release(form);
  }

  async detach(state: number): Promise<void> {
    if (this.#states.delete(state) && this.isUsable) await (await this.#lane).detach(state);
  }

  async #release(form: ProgramForm): Promise<void> {
    if (this.#programs.delete(form) && this.isUsable) await (await this.#lane).release(form.id);
  }

  async close(): Promise<void> {
    await (await this.#lane).close();
  }
}
