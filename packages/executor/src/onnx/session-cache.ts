// Sessions by program, bounded: making one costs 20 to 120 ms and holds its own memory arena. A session in use is never
// released; the bound may be exceeded while more are in use at once.

import './no-telemetry.js';
import type { Program } from '@preheat/graph';
import { programToOnnx } from '@preheat/graph';
import { freemem } from 'node:os';
import { InferenceSession } from 'onnxruntime-node';
import { OutOfMemoryError, recogniseOutOfMemory } from '../out-of-memory.js';
import { toSessionOptions } from './session-options.js';
import type { ResolvedOnnxOptions } from './session-options.js';

interface Entry {
  readonly session: Promise<InferenceSession>;
  users: number;
}

export class SessionCache {
  /** In order of last use, oldest first. */
  readonly #entries = new Map<Program, Entry>();
  readonly #options: ResolvedOnnxOptions;

  constructor(options: ResolvedOnnxOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Runs `work` with the session of a program, made if necessary. The session must not be kept. */
  async use<T>(program: Program, work: (session: InferenceSession) => Promise<T>): Promise<T> {
    const entry = this.#entries.get(program) ?? { session: this.#create(program), users: 0 };
    this.#entries.delete(program);
    this.#entries.set(program, entry);
    entry.users++;
    let isShort = false;
    try {
      return await work(await entry.session);
    } catch (caught) {
      await this.#forgetIfBroken(program, entry);
      const error = recogniseOutOfMemory(caught, { device: 'CPU', bytesFree: freemem() });
      isShort = error instanceof OutOfMemoryError;
      throw error;
    } finally {
      entry.users--;
      // Every session holds an arena as large as its activations: idle ones are what can be given back.
      await (isShort ? this.dispose() : this.#shrink());
    }
  }

  /** Releases a program's session, unless it is in use or does not exist. */
  async release(program: Program): Promise<void> {
    const entry = this.#entries.get(program);
    if (!entry || entry.users > 0) return;
    this.#entries.delete(program);
    await (await entry.session).release();
  }

  async dispose(): Promise<void> {
    for (const program of [...this.#entries.keys()]) await this.release(program);
  }

  #create(program: Program): Promise<InferenceSession> {
    return InferenceSession.create(programToOnnx(program), toSessionOptions(this.#options));
  }

  /** A session that could not be made must not be remembered as one that exists. */
  async #forgetIfBroken(program: Program, entry: Entry): Promise<void> {
    const [outcome] = await Promise.allSettled([entry.session]);
    if (outcome.status === 'rejected') this.#entries.delete(program);
  }

  async #shrink(): Promise<void> {
    for (const [program, { users }] of [...this.#entries]) {
      if (this.#entries.size <= this.#options.maxSessions) return;
      if (users === 0) await this.release(program);
    }
  }
}
